/** What people write, what code reads, and the one function between them. */

import { DEFAULT_TRANSPILE_LIMITS } from '../bindings/jco/job.js'
import { checkJcoOptions, type JcoOptions } from '../bindings/jco/options.js'
import { resolveTypes, type TypesPlace } from '../bindings/declarations/place.js'
import { isKeySource, type KeySource } from '../disk/keyring.js'
import { DEFAULT_MAX_FILE_BYTES } from '../disk/read-file.js'
import {
  anything,
  check,
  type Check,
  deepFreeze,
  flag,
  isCount,
  isPath,
  isPlainObject,
  isStringList,
  oneOf,
  ownMembers,
} from '../errors/check.js'
import type { Mode } from '../policy/policy.js'
import { type Asset, checkAsset, resolveAsset, type ResolvedAsset } from './handover.js'
import { refuseReplaced } from './replaced.js'

export type { JcoOptions } from '../bindings/jco/options.js'
export type { KeySource } from '../disk/keyring.js'
export type { Asset } from './handover.js'

/** Bounds on what one file may cost. */
export interface Limits {
  /** The largest file that is read. @default 67108864 (64 MiB) */
  maxFileBytes?: number | undefined
  /** How long transpiling one component may take. @default 30000 */
  timeoutMs?: number | undefined
  /** How large the generated code and core modules of one component may be. @default 52428800 (50 MiB) */
  maxOutputBytes?: number | undefined
  /** How much memory transpiling one component may add to the process. @default 1073741824 (1 GiB) */
  maxMemoryBytes?: number | undefined
}

/** The options of the plugin. */
export interface Options {
  /**
   * `strict` fails the build on a file that no trusted key has signed as it is, `lenient` warns,
   * `off` verifies nothing. `serve` is Vite's dev server and Vitest; everything else is `build`.
   * @default 'strict'
   */
  mode?: Mode | { build?: Mode | undefined; serve?: Mode | undefined } | undefined
  /**
   * The policy file, relative to the root. It stands in place of `keys`, `detached`, `packages`, `include`, `exclude`.
   * @default the nearest `signed-wasm.json`, from the root up to that of the repository or workspace, if there is one
   */
  policy?: string | undefined
  /**
   * Trusted public keys; any one of them may sign. A folder gives its `*.pub *.pk *.pem *.der *.jwk *.keys` files.
   * @default []
   */
  keys?: KeySource | readonly KeySource[] | undefined
  /**
   * Globs of the `.wasm` files to handle, relative to the project root. Later ones win, and one that begins with `!` takes
   * out what it matches, as in `.gitignore`.
   * @default every `.wasm`
   */
  include?: string | readonly string[] | undefined
  /**
   * Globs of `.wasm` files that are left to the bundler, unverified; `npm:<package>` for what a package brings, in files
   * or in scripts, and `npm:<package>/<glob>` for some of it; `!` as in `include`.
   * @default []
   */
  exclude?: string | readonly string[] | undefined
  /**
   * Accept a detached signature in `<file>.sig`. A file that carries a signature as well must pass both.
   * @default false
   */
  detached?: boolean | undefined
  /**
   * Core modules that installed packages bring for themselves, which are as trusted as the JavaScript beside them:
   * `report` lists them at the end of a build, `verify` refuses all of them that no trusted key has signed. Components,
   * and whatever is the project's own, are verified always.
   * @default 'report'
   */
  packages?: 'report' | 'verify' | undefined
  /**
   * A file to which each refusal and each warning appends one line of JSON, relative to the project root: for audits.
   * @default none
   */
  log?: string | undefined
  /** A file, from the project root, for what a build that passed let in and its output holds. @default none */
  report?: string | undefined
  /**
   * What a component's imports are bound to: import name to module, e.g.
   * `{ 'acme:app/log': './src/log.ts' }`. WASI needs no entry. A label that implements an interface goes by either.
   * @default {}
   */
  imports?: Readonly<Record<string, string>> | undefined
  /**
   * `file` ships the signed component as one asset, `inline` as base64 in the bundle; a number
   * inlines files of at most that many bytes. `modules` ships its core modules as files of their own, which what the build
   * is for gets as it needs them; an object says how where a bundler does not tell for what it builds.
   * @default 'file'; `modules` where the bundler's conditions name a runtime that compiles nothing
   */
  asset?: Asset | undefined
  /**
   * What emitted code checks of a file before it compiles it: that it is the very one of the build (`digest`), or that
   * a trusted key has signed it and its core modules are those of the build (`signature`). For wasm and JavaScript
   * that travel different ways.
   * @default 'off'
   */
  recheck?: 'off' | 'digest' | 'signature' | undefined
  /**
   * Where exact declarations of imported components are written: a folder, relative to that of the `tsconfig.json`, with a
   * file `signed-wasm.d.ts` where that includes it; `'sibling'` beside each `.wasm` file; `true` is `.signed-wasm/types`.
   * @default true in a project with a `tsconfig.json`, else false
   */
  types?: boolean | string | undefined
  /**
   * Keep what jco makes of each component on disk, for later builds: `true` in `node_modules/.cache/unplugin-signed-wasm`, or
   * a folder, relative to the project root. Verdicts are never kept: every file is verified in every build. What somebody else
   * has put into the folder is made anew: entries are known by a key of the user's own, outside of the project.
   * @default true in a project with a folder `node_modules` of its own, else false
   */
  cache?: boolean | string | undefined
  /** Options of jco. */
  jco?: JcoOptions | undefined
  /** Bounds on what one file may cost. */
  limits?: Limits | undefined
}

/** {@link Options} with every default filled in; deeply frozen. */
export interface ResolvedOptions {
  mode: { build: Mode; serve: Mode }
  /** What of it was written. */
  writtenMode: { build?: Mode | undefined; serve?: Mode | undefined }
  policy: string | undefined
  /** Names of all that was written. */
  written: readonly string[]
  keys: readonly KeySource[]
  /** Empty means every file. */
  include: readonly string[]
  exclude: readonly string[]
  detached: boolean
  packages: 'report' | 'verify'
  log: string | undefined
  report: string | undefined
  imports: Readonly<Record<string, string>>
  asset: ResolvedAsset
  recheck: 'off' | 'digest' | 'signature'
  types: TypesPlace
  cache: CachePlace | false
  jco: JcoOptions
  limits: Record<keyof Limits, number>
}

/** Where outputs of jco are kept. */
export interface CachePlace {
  /** Relative to the project root. */
  folder: string
  /** Whether nobody has asked for it, so that there is none without a folder for packages, where users expect such things. */
  needsPackages: boolean
}

const CACHE_FOLDER = 'node_modules/.cache/unplugin-signed-wasm'

const DEFAULT_LIMITS: Record<keyof Limits, number> = {
  maxFileBytes: DEFAULT_MAX_FILE_BYTES,
  ...DEFAULT_TRANSPILE_LIMITS,
}

/** Whether and where something is written. */
const isPlaceOr =
  (must: string): Check =>
  (value) =>
    typeof value === 'boolean' || (typeof value === 'string' && value.trim() !== '') ? undefined : must
const MODES = ['strict', 'lenient', 'off'] as const

const CHECKS: Record<keyof Options, Check> = {
  mode: (value) => (isPlainObject(value) ? undefined : oneOf(...MODES)(value)),
  policy: isPath,
  keys: (value) => ([value].flat().every(isKeySource) ? undefined : 'paths, globs, keys or { env: NAME }'),
  include: isStringList,
  exclude: isStringList,
  detached: flag,
  packages: oneOf('report', 'verify'),
  log: isPath,
  report: isPath,
  imports: (value) =>
    isPlainObject(value) && Object.values(value).every((item) => typeof item === 'string' && item !== '')
      ? undefined
      : 'an object of import name to module',
  asset: checkAsset,
  recheck: oneOf('off', 'digest', 'signature'),
  types: isPlaceOr("true, false, 'sibling' or a folder"),
  cache: isPlaceOr('true, false or a folder'),
  jco: anything, // all of it is for `checkJcoOptions`
  limits: (value) => (isPlainObject(value) ? undefined : 'an object of limits'),
}

const MODE_CHECKS = { build: oneOf(...MODES), serve: oneOf(...MODES) }
const LIMIT_CHECKS: Record<keyof Limits, Check> = {
  maxFileBytes: isCount,
  timeoutMs: isCount,
  maxOutputBytes: isCount,
  maxMemoryBytes: isCount,
}

/**
 * Checks options and fills in defaults. The result shares nothing with the input and cannot be changed.
 * @throws Diagnostic `OPTION_UNKNOWN` or `OPTION_INVALID`
 */
export function resolveOptions(written: Options = {}): ResolvedOptions {
  refuseReplaced(written)
  const options = check(written, CHECKS, '')
  const { mode } = options
  const modes = check(isPlainObject(mode) ? mode : { build: mode, serve: mode }, MODE_CHECKS, 'mode.')
  return deepFreeze({
    mode: { build: modes.build ?? 'strict', serve: modes.serve ?? 'strict' },
    writtenMode: { ...modes },
    policy: options.policy,
    written: Object.keys(options),
    keys: [options.keys ?? []].flat().map(copyOfSource),
    include: [options.include ?? []].flat(),
    exclude: [options.exclude ?? []].flat(),
    detached: options.detached ?? false,
    packages: options.packages ?? 'report',
    log: options.log,
    report: options.report,
    imports: { ...options.imports },
    asset: resolveAsset(options.asset),
    recheck: options.recheck ?? 'off',
    types: resolveTypes(options.types),
    cache: resolveCache(options.cache),
    jco: ownCopy(checkJcoOptions(options.jco === undefined ? {} : options.jco)),
    limits: { ...DEFAULT_LIMITS, ...check(options.limits ?? {}, LIMIT_CHECKS, 'limits.') },
  })
}

function resolveCache(cache: Options['cache']): CachePlace | false {
  if (cache === false) return false
  return { folder: typeof cache === 'string' ? cache : CACHE_FOLDER, needsPackages: cache === undefined }
}

/** A source of keys, with nothing but what is its own. */
const copyOfSource = (source: KeySource): KeySource =>
  isPlainObject(source) ? ownCopy(source) : structuredClone(source)

/** Lists in it are copied as well. */
const ownCopy = <T extends object>(object: T): T =>
  ownMembers(structuredClone(Object.fromEntries(Object.entries(object))) as T)
