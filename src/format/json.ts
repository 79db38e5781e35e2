/**
 * JSON with the place of everything in its text, for files that people write. A name that stands twice in one object is refused:
 * of two readers, one may take the first and one the last.
 * @see RFC 8259, sections 4 and 9
 */

/** A value, and where in the text it begins, in UTF-16 code units. */
export type JsonNode =
  | { kind: 'object'; at: number; members: readonly JsonMember[] }
  | { kind: 'list'; at: number; items: readonly JsonNode[] }
  | { kind: 'text'; at: number; value: string }
  | { kind: 'number'; at: number; value: number }
  | { kind: 'boolean'; at: number; value: boolean }
  | { kind: 'null'; at: number }

/** A name and its value; `at` is where the name begins. */
export interface JsonMember {
  name: string
  at: number
  value: JsonNode
}

/** What is thrown about a place in a text. */
export type JsonFault = (at: number, reason: string) => Error

/** Where something stands in a text, both counted from 1. */
export interface TextPlace {
  line: number
  column: number
}

/** How deep lists and objects may nest. */
const MAX_NESTING = 32

/**
 * Reads a text that is one JSON value.
 * @throws what `fault` makes of the first place that is no JSON, a name that stands twice, or nesting beyond 32
 */
export function readJson(text: string, fault: JsonFault): JsonNode {
  return new JsonReader(text, fault).document()
}

/** Line and column of an offset, where lines end as editors end them. */
export function placeOf(text: string, at: number): TextPlace {
  const lines = text.slice(0, at).split(/\r\n|\r|\n/)
  return { line: lines.length, column: lines.at(-1)!.length + 1 }
}

const TOKENS = {
  text: /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y,
  number: /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y,
  word: /true|false|null/y,
}

const [QUOTE, BACKSLASH, SPACE] = [0x22, 0x5c, 0x20]

const isSpace = (code: number) => code === SPACE || code === 0x0a || code === 0x0d || code === 0x09

class JsonReader {
  readonly #text: string
  readonly #fault: JsonFault
  #at = 0
  #depth = 0

  constructor(text: string, fault: JsonFault) {
    this.#text = text
    this.#fault = fault
  }

  document(): JsonNode {
    const node = this.#value()
    if (this.#at < this.#text.length) throw this.#unexpected('the end')
    return node
  }

  /** A value, and the space around it. */
  #value(): JsonNode {
    this.#space()
    const at = this.#at
    const node =
      this.#text[at] === '{' ? this.#object(at) : this.#text[at] === '[' ? this.#list(at) : this.#plain(at)
    this.#space()
    return node
  }

  #plain(at: number): JsonNode {
    if (this.#text[at] === '"') return { kind: 'text', at, value: this.#string('a text') }
    const word = this.#take('word')
    if (word === 'null') return { kind: 'null', at }
    if (word !== '') return { kind: 'boolean', at, value: word === 'true' }
    const number = this.#take('number')
    if (number === '') throw this.#unexpected('a value')
    return { kind: 'number', at, value: Number(number) }
  }

  #object(at: number): JsonNode {
    const members: JsonMember[] = []
    const names = new Set<string>()
    this.#items('}', () => {
      this.#space()
      const start = this.#at
      const name = this.#string('a name in double quotes')
      if (names.has(name))
        throw this.#fault(start, `the name ${JSON.stringify(name)} stands here a second time`)
      names.add(name)
      this.#space()
      this.#expect(':')
      members.push({ name, at: start, value: this.#value() })
    })
    return { kind: 'object', at, members }
  }

  #list(at: number): JsonNode {
    const items: JsonNode[] = []
    this.#items(']', () => void items.push(this.#value()))
    return { kind: 'list', at, items }
  }

  /** Items between brackets, the first of which is next. */
  #items(close: string, readItem: () => void): void {
    if (++this.#depth > MAX_NESTING)
      throw this.#fault(this.#at, `lists and objects nest more than ${MAX_NESTING} deep`)
    this.#at++
    this.#space()
    if (this.#text[this.#at] !== close) {
      for (;;) {
        readItem()
        if (this.#text[this.#at] !== ',') break
        this.#at++
      }
    }
    this.#expect(close, `"," or "${close}"`)
    this.#depth--
  }

  #string(wanted: string): string {
    const plain = this.#plainString()
    if (plain !== undefined) return plain
    const token = this.#take('text')
    if (token === '') throw this.#unexpected(wanted)
    return JSON.parse(token) as string
  }

  /** A string without escapes, as almost all are. A lock has tens of thousands of them, and most runs read one lock. */
  #plainString(): string | undefined {
    const text = this.#text
    if (text[this.#at] !== '"') return undefined
    let end = this.#at + 1
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end)
      if (code === QUOTE) break
      if (code === BACKSLASH || code < SPACE) return undefined
    }
    if (end === text.length) return undefined
    const value = text.slice(this.#at + 1, end)
    this.#at = end + 1
    return value
  }

  #space(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++
  }

  #expect(character: string, wanted = `"${character}"`): void {
    if (this.#text[this.#at] !== character) throw this.#unexpected(wanted)
    this.#at++
  }

  #take(kind: keyof typeof TOKENS): string {
    const token = TOKENS[kind]
    token.lastIndex = this.#at
    const [found = ''] = token.exec(this.#text) ?? []
    this.#at += found.length
    return found
  }

  #unexpected(wanted: string): Error {
    const found = this.#text[this.#at]
    const shown = found === undefined ? 'the end of the file' : JSON.stringify(found)
    return this.#fault(this.#at, `${wanted} is expected here, and not ${shown}`)
  }
}
