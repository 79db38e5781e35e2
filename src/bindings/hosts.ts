/** Which module answers each import of a component: one that the user configured, a WASI shim, or none. Pure. */

import { camelCase, hostNames, parseFullName } from '../format/interface-name.js'

/** Where a host comes from: the whole namespace of a module, or one of its exports. */
export interface Host {
  /** Module specifier, as it will stand in generated code. */
  module: string
  /** The export that is the host; the namespace itself when absent. */
  member?: string
}

/** What {@link planImports} found out. */
export interface ImportPlan {
  /** By full name of the import; names that nobody answers are absent. */
  hosts: ReadonlyMap<string, Host>
  /** Specifiers of the WASI shim modules among the hosts, each once. */
  shims: string[]
}

/**
 * The WASI shims, as jco maps them outside its instantiation mode, which is the one we use.
 * @see jco-transpile 0.15.0, transpile.js, `shims` and `SUPPORTED_P3_VERSIONS`; patch releases of 0.3.0 are ours
 */
const WASI_SHIMS = [
  {
    version: /^0\.2\./,
    shim: '@bytecodealliance/preview2-shim',
    packages: ['cli', 'clocks', 'filesystem', 'http', 'io', 'random', 'sockets'],
  },
  {
    version: /^0\.3\.(?:\d+|0-rc-2026-03-15)$/,
    shim: '@bytecodealliance/preview3-shim',
    packages: ['cli', 'clocks', 'filesystem', 'http', 'random', 'sockets'],
  },
]

/** An interface without a version is preview 2, as for jco. */
const UNVERSIONED = '0.2.0'

/**
 * Finds a host for every import of a component.
 * @param names full names of imports, such as `wasi:cli/stdout@0.2.3`, `log` or `a (wasi:random/random@0.2.0)`
 * @param configured module specifiers by one of the {@link hostNames} of an import; they win over WASI shims
 */
export function planImports(
  names: readonly string[],
  configured: Readonly<Record<string, string>>,
): ImportPlan {
  const hosts = new Map<string, Host>()
  for (const name of names) {
    const host = configuredHost(name, configured) ?? shimHost(name)
    if (host !== undefined) hosts.set(name, host)
  }
  const shims = names
    .filter((name) => configuredHost(name, configured) === undefined)
    .map((name) => shimHost(name)?.module)
  return {
    hosts,
    shims: [...new Set(shims)].filter((shim) => shim !== undefined),
  }
}

function configuredHost(name: string, configured: Readonly<Record<string, string>>): Host | undefined {
  const key = hostNames(name).find((candidate) => Object.hasOwn(configured, candidate))
  return key === undefined ? undefined : { module: configured[key]! }
}

function shimHost(full: string): Host | undefined {
  const { name, implements: implemented = name } = parseFullName(full)
  const [, wasiPackage, interfaceName, version = UNVERSIONED] =
    /^wasi:([a-z0-9-]+)\/([a-z0-9-]+)(?:@(.+))?$/.exec(implemented) ?? []
  if (wasiPackage === undefined || interfaceName === undefined) return undefined
  const row = WASI_SHIMS.find((shims) => shims.version.test(version) && shims.packages.includes(wasiPackage))
  return row && { module: `${row.shim}/${wasiPackage}`, member: camelCase(interfaceName) }
}
