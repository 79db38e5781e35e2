/** What strangers wrote, member by member: each is looked at when it is asked for, and must be as it is asked for. */

import { fromBase64 } from './encoding.js'

/** What is wrong with a bundle, in kinds that people do different things about. */
export type BundleFaultKind =
  | 'unreadable'
  | 'unsupported'
  | 'unverified'
  | 'unknown service'
  | 'other signer'
  | 'other file'
  | 'other statement'

/** What is thrown about a bundle. */
export type BundleFault = (kind: BundleFaultKind, reason: string) => Error

const isHolder = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === 'object' && value !== null

/** What lies at a place in a value; nothing where there is no such place. */
export const lookUp = (value: unknown, place: readonly (string | number)[]): unknown =>
  place.reduce<unknown>(
    (holder, name) => (isHolder(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined),
    value,
  )

/** With padding, and with nothing in the bits that are left over. */
const CANONICAL =
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:[AEIMQUYcgkosw048]=|[A-Za-z0-9+/]{2})|[A-Za-z0-9+/][AQgw]==)$/

/** The own members of an object. */
export class Fields {
  readonly #members: Record<string | number, unknown>
  readonly #name: string
  readonly #fault: BundleFault

  constructor(value: unknown, name: string, fault: BundleFault) {
    if (!isHolder(value) || Array.isArray(value)) throw fault('unreadable', `${name} is no object`)
    this.#members = value
    this.#name = name
    this.#fault = fault
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#members, name)
  }

  text(name: string): string {
    const value = this.has(name) ? this.#members[name] : undefined
    if (typeof value !== 'string') throw this.#fault('unreadable', `${name} of ${this.#name} is no text`)
    return value
  }

  object(name: string): Fields {
    return new Fields(this.has(name) ? this.#members[name] : undefined, name, this.#fault)
  }

  /** A whole number as protobuf writes it, a text; nothing stands for zero. */
  number(name: string): string {
    if (!this.has(name)) return '0'
    const value = this.text(name)
    if (!/^(?:0|[1-9]\d{0,18})$/.test(value))
      throw this.#fault('unreadable', `${name} of ${this.#name} is no number`)
    return value
  }

  bytes(name: string, max: number): Uint8Array {
    return this.decode(this.text(name), name, max)
  }

  decode(text: string, name: string, max: number): Uint8Array {
    return fromBase64(this.#checked(text, name, max))!
  }

  base64(name: string, max: number): string {
    return this.#checked(this.text(name), name, max)
  }

  /** Base64 as all programs read it, and never empty: nothing is decoded to find that. */
  #checked(text: string, name: string, max: number): string {
    if (text.length > Math.ceil(max / 3) * 4)
      throw this.#fault('unreadable', `${name} of ${this.#name} is longer than ${max} bytes`)
    if (text === '' || !CANONICAL.test(text))
      throw this.#fault('unreadable', `${name} of ${this.#name} is no base64`)
    return text
  }

  count(name: string): number {
    return this.#items(name, Infinity).length
  }

  list(name: string, max: number): Fields[] {
    return this.#items(name, max).map((item) => new Fields(item, `one of ${name}`, this.#fault))
  }

  texts(name: string, max: number): string[] {
    return this.#items(name, max).map((item) => {
      if (typeof item !== 'string') throw this.#fault('unreadable', `one of ${name} is no text`)
      return item
    })
  }

  /** The one item of a list. */
  only(name: string): Fields {
    const items = this.#items(name, 1)
    if (items.length === 0) throw this.#fault('unreadable', `${this.#name} has no ${name}`)
    return new Fields(items[0], `the one of ${name}`, this.#fault)
  }

  #items(name: string, max: number): unknown[] {
    const value = this.has(name) ? this.#members[name] : []
    if (!Array.isArray(value)) throw this.#fault('unreadable', `${name} of ${this.#name} is no list`)
    if (value.length > max)
      throw this.#fault(
        'unreadable',
        `${this.#name} has ${value.length} ${name}, where at most ${max} can be`,
      )
    return value
  }
}
