/** Wasm as a list of numbers: `[0, 97, 115, 109, …]`, in decimal or hexadecimal, between whatever brackets or quotes. */

import { endOfRun, type OutputText, placesOf } from './text.js'

/** The `s` of `asm`, which is the rarest of its numbers. */
const NEEDLES = [{ text: '115' }, { text: '0x73' }, { text: '0X73' }]

const ZERO_AND_A = /\b0(?:x0+)?\s*,\s*(97|0x61)\s*,\s*$/i
const S_AND_M = /^(?:115|0x73)\s*,\s*(?:109|0x6d)\b/i

/** How far to both sides the other numbers are looked for: over a break of the line and its indentation, twice. */
const NEIGHBOURHOOD = 128

const RUN = /[\s\da-fx,-]*/iy

/** Comments between numbers have words, and limits, so that none that is left open is read again for every list. */
const COMMENT = /\/\/.{0,512}|\/\*[^]{0,512}?\*\//y

/** Each list in which the magic stands, from there on. A negative number is one of an `Int8Array`. */
export function* decodeNumbers({ text }: OutputText): Generator<Uint8Array> {
  let done = 0
  for (const { at } of placesOf(text, NEEDLES)) {
    if (at < done || !S_AND_M.test(text.slice(at, at + NEIGHBOURHOOD))) continue
    const before = ZERO_AND_A.exec(text.slice(Math.max(0, at - NEIGHBOURHOOD), at))
    if (before === null) continue
    const parts: string[] = []
    let end = at - (before[0].length - before[0].indexOf(before[1]!, 1))
    for (let next: number | undefined = end; next !== undefined; next = endOfComment(text, end)) {
      end = endOfRun(text, next, RUN)
      parts.push(text.slice(next, end))
    }
    done = end
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
