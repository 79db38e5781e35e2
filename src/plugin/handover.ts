/** How core modules that are files of their own get to the code of their component: what options ask for, and what runtimes need. */

import { type Check, check, isCount, isPlainObject, oneOf } from '../errors/check.js'

/**
 * How code gets core modules that are files of their own: compiled, by an import, for which some want `?module` behind the
 * name; or by their URL, to compile them itself.
 */
export type Handover = (typeof HANDOVERS)[number]

export const HANDOVERS = ['import', 'import?module', 'url'] as const

/** What an import has behind the name of the file. */
export function suffixOf(how: Handover): string {
  return how === 'import?module' ? '?module' : ''
}

/** By the condition that such runtimes are known by. @see WinterTC, "Runtime Keys"; Cloudflare and Vercel, "WebAssembly" */
const IMPORTING: Readonly<Record<string, Exclude<Handover, 'url'>>> = {
  workerd: 'import',
  'edge-light': 'import?module',
}

/** Such a runtime. */
export interface Edge {
  /** The condition. */
  name: string
  handover: Exclude<Handover, 'url'>
}

/** The one that a bundler builds for, by the conditions under which it looks for files of packages. */
export function edgeAmong(conditions: readonly string[]): Edge | undefined {
  const name = conditions.find((condition) => Object.hasOwn(IMPORTING, condition))
  return name === undefined ? undefined : { name, handover: IMPORTING[name]! }
}

/** The option `asset`. */
export type Asset = 'file' | 'inline' | 'modules' | { modules: Handover } | number

/** That option as code reads it. `modules` without a value asks for what the target needs. */
export type ResolvedAsset = 'file' | 'inline' | { modules: Handover | undefined } | number

const WORDS: readonly unknown[] = ['file', 'inline', 'modules']

/** Whether a value is one that {@link resolveAsset} takes. */
export const checkAsset: Check = (value) =>
  isCount(value) === undefined || WORDS.includes(value) || isNamed(value)
    ? undefined
    : "'file', 'inline', 'modules', { modules: … } or a byte limit"

/** @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID` */
export function resolveAsset(asset: Asset = 'file'): ResolvedAsset {
  if (asset === 'modules') return { modules: undefined }
  if (!isNamed(asset)) return asset
  return { modules: check(asset, { modules: oneOf(...HANDOVERS) }, 'asset.').modules }
}

function isNamed(value: unknown): value is { modules: Handover } {
  return isPlainObject(value) && (value as { modules?: unknown }).modules !== undefined
}
