/** Transpiled parts in, the text of an ES module out. Pure: no `node:` import, no clock, no path of its own. */

import { problem } from '../../errors/raise.js'
import type { Host } from '../hosts.js'
import { cutSeams } from '../jco/seams.js'
import type { Transpiled } from '../jco/transpiled.js'
import { generateExports } from './exports.js'
import { generateInstantiate } from './instantiate.js'
import { type ComponentSource, generateLoading, type Recheck } from './loading.js'
import { hostName, literal } from './names.js'
import { generateRuntimeImports, type RuntimeFunction } from './runtime.js'

/** What a module that imports the component gets. */
export type ModuleForm =
  /** The component's exports, as default and as named exports; instantiated by a top-level await. */
  | 'exports'
  /** A function that makes instances, as default export; no top-level await. */
  | 'instantiate'

/** See {@link generateModule}. */
export interface ModuleInput {
  transpiled: Transpiled
  /** The verified file. */
  bytes: Uint8Array
  form: ModuleForm
  source: ComponentSource
  recheck: Recheck
  /** Where our runtime is: a folder, without a slash at the end. */
  runtime: string
  /** Hosts by full name of the import, see {@link planImports}. */
  hosts: ReadonlyMap<string, Host>
}

/**
 * Wraps jco's code into the module that stands for one `.wasm` import.
 *
 * Every local name of ours begins with `$signedWasm`, every value enters as a JSON literal. `default`
 * is the exports object itself, so an export called `default` has no named export of its own.
 * @returns deterministic text; a source map would be empty
 * @throws Diagnostic `SEAM_CHANGED`, `UNSAFE_NAME` for a function export `then`, `IMPORTS_MISSING` for an
 *   import without a host where nobody could pass one
 */
export function generateModule(input: ModuleInput): { code: string } {
  refuseThenable(input.transpiled.exports)
  if (input.form === 'exports') refuseMissingHosts(input)
  const code = cutSeams(input.transpiled.js)
  const loading = generateLoading(input)
  const form = input.form === 'exports' ? generateExports(input) : generateInstantiate(input)
  const functions = new Set([...loading.functions, ...form.functions])
  code.prepend(
    `${[...generateRuntimeImports(input.runtime, functions), ...generateImports(input)].join('\n')}\n`,
  )
  code.append(`\n${loading.code}\n${form.code}\n`)
  return { code: code.toString() }
}

/**
 * A promise that resolves with an object whose `then` is a function never settles, and `import()` of a
 * module that exports one does not either; jco's own bindings hang in that case.
 */
function refuseThenable(exports: Transpiled['exports']): void {
  if (exports.some(([name, kind]) => name === 'then' && kind === 'function')) {
    throw problem('UNSAFE_NAME', {
      name: 'then',
      reason: 'an exported function of that name makes promises wait for ever',
    })
  }
}

function refuseMissingHosts({ transpiled, hosts }: ModuleInput): void {
  const names = transpiled.imports.filter((name) => !hosts.has(name))
  if (names.length > 0) throw problem('IMPORTS_MISSING', { names })
}

/** A piece of the module, and the functions of our runtime that it calls. */
export interface Piece {
  code: string
  functions: ReadonlySet<RuntimeFunction>
}

function generateImports({ source, hosts }: ModuleInput): string[] {
  const lines = source.kind === 'url' && source.prelude ? [source.prelude] : []
  for (const [index, { module, member }] of [...hosts.values()].entries()) {
    const binding = member === undefined ? `* as ${hostName(index)}` : `{ ${member} as ${hostName(index)} }`
    lines.push(`import ${binding} from ${literal(module)};`)
  }
  return lines
}
