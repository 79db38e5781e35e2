/** The one class of error that this package raises. Its words come from the catalogue. */

import { CATALOGUE, type Code, type Door, type Entry, type ExitClass, type Place } from './catalogue.js'
import { escapeControls } from './text.js'

/** Names of files, keys and options stand in hints as well, so every text is escaped before it becomes words. */
function escapeAll(value: unknown): unknown {
  if (typeof value === 'string') return escapeControls(value)
  if (Array.isArray(value)) return value.map(escapeAll)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, escapeAll(item)]))
}

/**
 * An error with a stable code, what happened, and what to type next.
 *
 * The code and the hint stand in `message` too, because bundlers move or drop own properties.
 */
export class Diagnostic extends Error {
  override readonly name = 'Diagnostic'
  readonly code: Code
  /** What it means for whoever called; the command line ends with a code for each. */
  declare readonly exit: ExitClass
  /** What happened, in one sentence, without code or file. */
  declare readonly what: string
  /** What to do next. */
  declare readonly hint: string
  /** The display path of the file concerned, when there is one. */
  declare readonly file: string | undefined
  /** Where in a policy or lock it comes from, when that is known. */
  declare readonly place: Place | undefined
  // Private, because consoles print own properties below a message that says the same.
  readonly #values: Record<string, unknown>
  readonly #door: Door

  constructor(
    code: Code,
    values: Record<string, unknown>,
    { door = 'options', ...options }: ErrorOptions & { door?: Door } = {},
  ) {
    const shown = escapeAll(values) as Record<string, unknown>
    const { exit, words } = CATALOGUE[code] as Entry<unknown>
    const { what, hint } = words(shown, door)
    const file = typeof shown['file'] === 'string' ? shown['file'] : undefined
    super(`[signed-wasm] ${code}${file === undefined ? '' : ` ${file}`}: ${what}\n  hint: ${hint}`, options)
    this.code = code
    this.#values = values
    this.#door = door
    // Hidden from consoles as well, but writable: Astro sets `hint` on every error that it shows.
    for (const [name, value] of Object.entries({ exit, what, hint, file, place: shown['place'] }))
      Object.defineProperty(this, name, { value, writable: true, configurable: true })
  }

  /** The same error, about that file. */
  at(file: string): Diagnostic {
    return this.#again({ ...this.#values, file }, this.#door)
  }

  /** The same error, with a hint for whoever reads it there. */
  through(door: Door): Diagnostic {
    return this.#again(this.#values, door)
  }

  #again(values: Record<string, unknown>, door: Door): Diagnostic {
    const { cause } = this
    const again = new Diagnostic(this.code, values, { door, ...(cause === undefined ? {} : { cause }) })
    // Where it was raised is of use, not where it was said anew.
    if (this.stack !== undefined) again.stack = this.stack.replace(this.message, () => again.message)
    return again
  }
}
