/** What people write, what code reads, and the one function between them. */

import { problem } from '../errors.js'
import type { Mode } from '../trust/policy.js'
import { nearest } from './nearest.js'

/** Where trusted public keys come from; relative paths count from the project root. */
export type KeySource =
  /** A file, a folder, a glob, or the key itself: PEM, JWK, an OpenSSH line, hex or base64. */
  | string
  /** The key itself in any format, PEM to raw bytes. */
  | Uint8Array
  /** An environment variable that holds a key; with `fingerprint` only that key is accepted from it. */
  | { env: string; fingerprint?: string }

/** The options of jco that leave core modules and the shape of its output alone. */
export interface JcoOptions {
  /** How async functions of the component are called. @default 'sync' */
  asyncMode?: 'sync' | 'jspi'
  /** Imports that may suspend, with `asyncMode: 'jspi'`. @default [] */
  asyncImports?: readonly string[]
  /** Exports that return promises, with `asyncMode: 'jspi'`. @default [] */
  asyncExports?: readonly string[]
  /** Minify the bindings; bundlers do it as well. @default false */
  minify?: boolean
  /** Leave out checks of what the component returns. @default false */
  validLiftingOptimization?: boolean
  /** Log every call across the boundary. @default false */
  tracing?: boolean
  /** Stricter checks of what is passed to the component. @default false */
  strict?: boolean
  /** WIT flags as bigint instead of objects of booleans. @default false */
  flagsAsBigInt?: boolean
  /** WIT variant cases in place instead of a named interface each. @default false */
  variantsInlineCases?: boolean
  /** Namespace objects for WIT flags, enums and variants. @default false */
  useNamespaceObjects?: boolean
  /** WIT enum values in SCREAMING_SNAKE_CASE. @default false */
  enumValuesScreamingSnakeCase?: boolean
}

/** Bounds on what one file may cost. */
export interface Limits {
  /** The largest file that is read. @default 67108864 (64 MiB) */
  maxFileBytes?: number
  /** How long transpiling one component may take. @default 30000 */
  timeoutMs?: number
  /** How large the generated code and core modules of one component may be. @default 52428800 (50 MiB) */
  maxOutputBytes?: number
  /** How much memory transpiling one component may add to the process. @default 1073741824 (1 GiB) */
  maxMemoryBytes?: number
}

/** The options of the plugin. */
export interface Options {
  /**
   * `strict` fails the build on a file that no trusted key has signed as it is, `lenient` warns,
   * `off` verifies nothing. `serve` is Vite's dev server and Vitest; everything else is `build`.
   * @default 'strict'
   */
  mode?: Mode | { build?: Mode; serve?: Mode }
  /**
   * Trusted public keys; any one of them may sign. A folder gives its `*.pub *.pk *.pem *.der *.jwk
   * *.keys` files.
   * @default []
   */
  keys?: KeySource | readonly KeySource[]
  /** Globs of the `.wasm` files to handle, relative to the project root. @default every `.wasm` */
  include?: string | readonly string[]
  /** Globs of `.wasm` files that are left to the bundler, unverified. @default [] */
  exclude?: string | readonly string[]
  /**
   * Accept a detached signature in `<file>.sig`. A file that carries a signature as well must pass
   * both.
   * @default false
   */
  detached?: boolean
  /**
   * Core `.wasm` modules: `verify` by the same rule, then leave them to the bundler; `ignore` leaves
   * them alone.
   * @default 'verify'
   */
  coreModules?: 'verify' | 'ignore'
  /**
   * What a component's imports are bound to: import name to module, e.g.
   * `{ 'acme:app/log': './src/log.ts' }`. WASI needs no entry.
   * @default {}
   */
  imports?: Readonly<Record<string, string>>
  /**
   * `file` ships the signed component as one asset, `inline` as base64 in the bundle; a number
   * inlines files of at most that many bytes.
   * @default 'file'
   */
  asset?: 'file' | 'inline' | number
  /**
   * What emitted code checks of a file before it compiles it: that it is the very one of the build (`digest`), or that
   * a trusted key has signed it and its core modules are those of the build (`signature`). For wasm and JavaScript
   * that travel different ways.
   * @default 'off'
   */
  recheck?: 'off' | 'digest' | 'signature'
  /**
   * Where exact declarations of imported components are written: a folder, relative to the project root and
   * named in `rootDirs` of the tsconfig; `'sibling'` beside each `.wasm` file; `true` is `.signed-wasm/types`.
   * @default true in a project with a `tsconfig.json`, else false
   */
  types?: boolean | string
  /**
   * Keep what jco makes of each component on disk, for later builds: `true` in
   * `node_modules/.cache/unplugin-signed-wasm`, or a folder, relative to the project root. Verdicts are never kept:
   * every file is verified in every build. Entries are checked, but not signed, so the folder must be as trusted as
   * `node_modules`: never restore it from where strangers can write, such as the cache of a CI that builds pull
   * requests.
   * @default false
   */
  cache?: boolean | string
  /** Options of jco. */
  jco?: JcoOptions
  /** Bounds on what one file may cost. */
  limits?: Limits
}

/** {@link Options} with every default filled in; deeply frozen. */
export interface ResolvedOptions {
  mode: { build: Mode; serve: Mode }
  keys: readonly KeySource[]
  /** Empty means every file. */
  include: readonly string[]
  exclude: readonly string[]
  detached: boolean
  coreModules: 'verify' | 'ignore'
  imports: Readonly<Record<string, string>>
  asset: 'file' | 'inline' | number
  recheck: 'off' | 'digest' | 'signature'
  types: TypesPlace
  /** A folder, relative to the project root. */
  cache: string | false
  jco: JcoOptions
  limits: Required<Limits>
}

/** Where declarations go. */
export type TypesPlace =
  | { kind: 'nowhere' }
  | { kind: 'sibling' }
  /** @property needsTsconfig whether they are of use only where there is a tsconfig.json */
  | { kind: 'folder'; folder: string; needsTsconfig: boolean }

/** Where declarations go when nothing else is said, relative to the project root. */
export const TYPES_FOLDER = '.signed-wasm/types'

/** Where outputs of jco are kept when no folder is named, relative to the project root. */
export const CACHE_FOLDER = 'node_modules/.cache/unplugin-signed-wasm'

const MODES = ['strict', 'lenient', 'off'] as const
const MIB = 1024 * 1024

const DEFAULT_LIMITS: Required<Limits> = {
  maxFileBytes: 64 * MIB,
  timeoutMs: 30_000,
  maxOutputBytes: 50 * MIB,
  maxMemoryBytes: 1024 * MIB,
}

/** A check of one value: what it "must be", or nothing when it is that. */
type Check = (value: unknown) => string | undefined

const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value) ? undefined : `one of ${allowed.map((item) => JSON.stringify(item)).join(', ')}`

const isStringList: Check = (value) =>
  [value].flat().every((item) => typeof item === 'string' && item !== '')
    ? undefined
    : 'a string or a list of strings'

const isNameList: Check = (value) =>
  Array.isArray(value) && isStringList(value) === undefined ? undefined : 'a list of strings'

const isCount: Check = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? undefined
    : 'a whole number, 0 or more'

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)

const flag = oneOf(true, false)

const CHECKS: Record<keyof Options, Check> = {
  mode: (value) => (isPlainObject(value) ? undefined : oneOf(...MODES)(value)),
  keys: (value) => ([value].flat().every(isKeySource) ? undefined : 'paths, globs, keys or { env: NAME }'),
  include: isStringList,
  exclude: isStringList,
  detached: flag,
  coreModules: oneOf('verify', 'ignore'),
  imports: (value) =>
    isPlainObject(value) && Object.values(value).every((item) => typeof item === 'string' && item !== '')
      ? undefined
      : 'an object of import name to module',
  asset: (value) =>
    isCount(value) === undefined || value === 'file' || value === 'inline'
      ? undefined
      : "'file', 'inline' or a byte limit",
  recheck: oneOf('off', 'digest', 'signature'),
  types: (value) =>
    typeof value === 'boolean' || (typeof value === 'string' && value.trim() !== '')
      ? undefined
      : "true, false, 'sibling' or a folder",
  cache: (value) =>
    typeof value === 'boolean' || (typeof value === 'string' && value.trim() !== '')
      ? undefined
      : 'true, false or a folder',
  jco: (value) => (isPlainObject(value) ? undefined : 'an object of jco options'),
  limits: (value) => (isPlainObject(value) ? undefined : 'an object of limits'),
}

const MODE_CHECKS = { build: oneOf(...MODES), serve: oneOf(...MODES) }

const LIMIT_CHECKS: Record<keyof Limits, Check> = {
  maxFileBytes: isCount,
  timeoutMs: isCount,
  maxOutputBytes: isCount,
  maxMemoryBytes: isCount,
}

const JCO_CHECKS: Record<keyof JcoOptions, Check> = {
  asyncMode: oneOf('sync', 'jspi'),
  asyncImports: isNameList,
  asyncExports: isNameList,
  minify: flag,
  validLiftingOptimization: flag,
  tracing: flag,
  strict: flag,
  flagsAsBigInt: flag,
  variantsInlineCases: flag,
  useNamespaceObjects: flag,
  enumValuesScreamingSnakeCase: flag,
}

const CHANGES_CORE_MODULES = 'would ship core modules that nobody signed'
const OWNS_THE_SEAM = 'is how this plugin takes over the output of jco'

/** jco options that cannot be had here, and why. */
const REFUSED_JCO: Readonly<Record<string, string>> = {
  optimize: CHANGES_CORE_MODULES,
  optimizeOptions: CHANGES_CORE_MODULES,
  js: CHANGES_CORE_MODULES,
  stub: CHANGES_CORE_MODULES,
  instantiation: `${OWNS_THE_SEAM}; import the component with \`?instantiate\` instead`,
  tlaCompat: `${OWNS_THE_SEAM}; import the component with \`?instantiate\` instead`,
  map: 'is replaced by the plugin option `imports`',
  wasiShim: 'is replaced by the plugin option `imports`',
  base64Cutoff: 'is replaced by the plugin option `asset`',
  importBindings: OWNS_THE_SEAM,
  nodejsCompat: OWNS_THE_SEAM,
  namespacedExports: OWNS_THE_SEAM,
  multiMemory: OWNS_THE_SEAM,
  experimentalIdlImports: OWNS_THE_SEAM,
  emitTypescriptDeclarations: OWNS_THE_SEAM,
  noComponentErrorWrapping: 'is fixed, so that errors look as they do with jco itself',
  name: OWNS_THE_SEAM,
  outDir: OWNS_THE_SEAM,
}

function isKeySource(value: unknown): value is KeySource {
  if (typeof value === 'string') return value !== ''
  if (value instanceof Uint8Array) return true
  if (!isPlainObject(value) || typeof value['env'] !== 'string' || value['env'] === '') return false
  const extra = Object.keys(value).filter((name) => name !== 'env' && name !== 'fingerprint')
  const { fingerprint } = value
  return extra.length === 0 && (fingerprint === undefined || /^[0-9a-f]{64}$/i.test(String(fingerprint)))
}

/**
 * Checks options and fills in defaults. The result shares nothing with the input and cannot be changed.
 * @throws Diagnostic `OPTION_UNKNOWN` or `OPTION_INVALID`
 */
export function resolveOptions(options: Options = {}): ResolvedOptions {
  check(options, CHECKS, '')
  const modes = isPlainObject(options.mode) ? options.mode : { build: options.mode, serve: options.mode }
  check(modes, MODE_CHECKS, 'mode.')
  check(options.limits ?? {}, LIMIT_CHECKS, 'limits.')
  for (const [name, reason] of Object.entries(REFUSED_JCO)) {
    if (options.jco && Object.hasOwn(options.jco, name)) {
      throw problem('OPTION_INVALID', { option: `jco.${name}`, must: `left out: it ${reason}` })
    }
  }
  check(options.jco ?? {}, JCO_CHECKS, 'jco.')
  return deepFreeze({
    mode: { build: modes.build ?? 'strict', serve: modes.serve ?? 'strict' },
    keys: [options.keys ?? []].flat().map((key) => structuredClone(key)),
    include: [options.include ?? []].flat(),
    exclude: [options.exclude ?? []].flat(),
    detached: options.detached ?? false,
    coreModules: options.coreModules ?? 'verify',
    imports: { ...options.imports },
    asset: options.asset ?? 'file',
    recheck: options.recheck ?? 'off',
    types: resolveTypes(options.types),
    cache: options.cache === true ? CACHE_FOLDER : (options.cache ?? false),
    jco: structuredClone(options.jco ?? {}),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  })
}

/** What an option `types` says. */
export function resolveTypes(types: boolean | string | undefined): TypesPlace {
  if (types === false) return { kind: 'nowhere' }
  if (types === 'sibling') return { kind: 'sibling' }
  if (typeof types === 'string') return { kind: 'folder', folder: types, needsTsconfig: false }
  return { kind: 'folder', folder: TYPES_FOLDER, needsTsconfig: types === undefined }
}

function check(options: object, checks: Readonly<Record<string, Check>>, prefix: string): void {
  if (!isPlainObject(options))
    throw problem('OPTION_INVALID', { option: prefix.slice(0, -1) || 'options', must: 'an object' })
  for (const [name, value] of Object.entries(options)) {
    const test = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (test === undefined)
      throw problem('OPTION_UNKNOWN', { option: prefix + name, nearest: nearest(name, Object.keys(checks)) })
    const must = value === undefined ? undefined : test(value)
    if (must !== undefined) throw problem('OPTION_INVALID', { option: prefix + name, must })
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  Object.values(value).forEach(deepFreeze)
  return Object.freeze(value)
}
