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

/**
 * Checks every member of an object that people write.
 * @param prefix stands before the names in errors, such as `jco.`
 * @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID`
 */
export function check(options: object, checks: Readonly<Record<string, Check>>, prefix: string): void {
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
