/** From what people write to what code reads. */

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
import { checkAsset, resolveAsset, type ResolvedAsset } from './handover.js'
import { refuseReplaced } from './replaced.js'
import type { IdentitySource, Limits, Options } from './written-options.js'

export type { JcoOptions } from '../bindings/jco/options.js'
export type { KeySource } from '../disk/keyring.js'
export type { Asset } from './handover.js'
export type { IdentitySource, Limits, Options } from './written-options.js'

/** {@link Options} with every default filled in; deeply frozen. */
export interface ResolvedOptions {
  mode: { build: Mode; serve: Mode }
  /** What of it was written. */
  writtenMode: { build?: Mode | undefined; serve?: Mode | undefined }
  policy: string | undefined
  /** Names of all that was written. */
  written: readonly string[]
  keys: readonly KeySource[]
  identities: readonly IdentitySource[]
  trustedRoot: string | undefined
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
  identities: (value) =>
    Array.isArray(value) && value.every(isPlainObject)
      ? undefined
      : 'a list of { issuer, identity, repository }',
  trustedRoot: isPath,
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
    identities: (options.identities ?? []).map((one, index) => readIdentity(one, index)),
    trustedRoot: options.trustedRoot,
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

/** What is wrong with it is said when it is used: see `trustedIdentity`. */
const readIdentity = (written: IdentitySource, index: number): IdentitySource =>
  check(written, IDENTITY_CHECKS, `identities[${index}].`) as IdentitySource

const isText: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'a text')
const IDENTITY_CHECKS: Record<keyof IdentitySource, Check> = {
  issuer: isText,
  identity: isText,
  repository: isText,
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
