/** Checks of options: what each value "must be". */

import { nearest } from './nearest.js'
import { problem } from './raise.js'

/** A check of one value: what it "must be", or nothing when it is that. */
export type Check = (value: unknown) => string | undefined

/** One of these values. */
export const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value) ? undefined : `one of ${allowed.map((item) => JSON.stringify(item)).join(', ')}`

/** A text, or a list of texts, none of them empty. */
export const isStringList: Check = (value) =>
  [value].flat().every((item) => typeof item === 'string' && item !== '')
    ? undefined
    : 'a string or a list of strings'

/** A path. */
export const isPath: Check = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'the path of a file'

/** A list of texts. */
export const isNameList: Check = (value) =>
  Array.isArray(value) && isStringList(value) === undefined ? undefined : 'a list of strings'

/** A whole number, 0 or more. */
export const isCount: Check = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? undefined
    : 'a whole number, 0 or more'

/** Whether a value is an object with members, and no list or bytes. */
export const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)

/** `true` or `false`. */
export const flag = oneOf(true, false)

/** Anything: whoever takes it checks it. */
export const anything: Check = () => undefined

/** Without members that are `undefined`. */
export type Own<T> = { [Name in keyof T]: Exclude<T[Name], undefined> }

/**
 * What somebody has written into an object: its own members, each read once, without those that are `undefined`. The copy
 * has no prototype, so that a member which nobody wrote cannot come from there.
 */
export function ownMembers<T extends object>(object: T): Own<T> {
  const written = Object.entries(object).filter(([, value]) => value !== undefined)
  return Object.assign(Object.create(null) as Own<T>, Object.fromEntries(written))
}

/**
 * Checks every member of an object that people write.
 * @param prefix stands before the names in errors, such as `jco.`
 * @returns what was checked: see {@link ownMembers}
 * @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID`
 */
export function check<T extends object>(
  options: T,
  checks: Readonly<Record<string, Check>>,
  prefix: string,
): Own<T> {
  if (!isPlainObject(options))
    throw problem('OPTION_INVALID', { option: prefix.slice(0, -1) || 'options', must: 'an object' })
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(checks, name))
  if (unknown !== undefined)
    throw problem('OPTION_UNKNOWN', {
      option: prefix + unknown,
      nearest: nearest(unknown, Object.keys(checks)),
      known: Object.keys(checks).map((name) => prefix + name),
    })
  const own = ownMembers(options)
  for (const [name, value] of Object.entries(own)) {
    const must = checks[name]!(value)
    if (must !== undefined) throw problem('OPTION_INVALID', { option: prefix + name, must })
  }
  return own
}

/** The same value, in which nothing can be changed any more but the bytes it has. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  Object.values(value).forEach(deepFreeze)
  return Object.freeze(value)
}

/** Whether an object has a member of its own, of those that a union may have; what stands on `Object.prototype` is none. */
export function has<T extends object, K extends string>(
  object: T,
  key: K,
): object is Extract<T, { readonly [P in K]: unknown }> {
  return Object.hasOwn(object, key)
}
