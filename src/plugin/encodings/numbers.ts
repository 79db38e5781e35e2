/** Wasm as a list of numbers: `[0, 97, 115, 109, …]`, in decimal or hexadecimal, between whatever brackets or quotes. */

import { endOfRun, type OutputText } from './text.js'

/** `asm`; the zero before it is looked for from here, because expressions do not look back far. */
const MAGIC = /\b(?:97|0x61)\s*,\s*(?:115|0x73)\s*,\s*(?:109|0x6d)\b/gi

const ZERO_BEFORE = /\b0(?:x0+)?\s*,\s*$/i

/** How far back the zero is looked for: over a break of the line and its indentation. */
const LOOK_BACK = 64

const RUN = /[\s\da-fx,-]*/iy

/** Comments between numbers have words, and limits, so that none that is left open is read again for every list. */
const COMMENT = /\/\/.{0,512}|\/\*[^]{0,512}?\*\//y

/** Each list in which the magic stands, from there on. A negative number is one of an `Int8Array`. */
export function* decodeNumbers({ text }: OutputText): Generator<Uint8Array> {
  const magic = new RegExp(MAGIC) // with a place of its own
  for (let found = magic.exec(text); found !== null; found = magic.exec(text)) {
    const zero = ZERO_BEFORE.exec(text.slice(Math.max(0, found.index - LOOK_BACK), found.index))
    if (zero === null) continue
    const parts: string[] = []
    let end = found.index
    for (let next: number | undefined = end; next !== undefined; next = endOfComment(text, end)) {
      end = endOfRun(text, next, RUN)
      parts.push(text.slice(next, end))
    }
    magic.lastIndex = end
    yield Uint8Array.from([0, ...numbersIn(parts.join(''))])
  }
}

function endOfComment(text: string, start: number): number | undefined {
  const end = endOfRun(text, start, COMMENT)
  return end === start ? undefined : end
}

/** All numbers up to what is none, such as a comma at the end. */
function numbersIn(run: string): number[] {
  const parts = run.split(',')
  const end = parts.findIndex((part) => !/^\s*-?(?:\d+|0x[\da-f]+)\s*$/i.test(part))
  return (end === -1 ? parts : parts.slice(0, end)).map(Number)
}
