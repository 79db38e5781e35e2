/// <reference types="node" />
/** Wasm as base64, in either alphabet. @see RFC 4648, sections 4 and 5 */

import { endOfRun, type OutputText, placesOf } from './text.js'

/**
 * What `\0asm` and the byte after it become: at the beginning of what was encoded, or behind one or two bytes of something
 * else. `back` counts the characters from there to the group of four in which the encoded bytes before it begin.
 */
const MAGICS = [
  { text: 'AGFzbQ', back: 0 },
  { text: 'Bhc20', back: 2 },
  { text: 'AYXNt', back: 3 },
]

const RUN = /[\w+/-]*/y

/** The number of characters that make three bytes. */
const GROUP = 4

/** The length of a preamble: `AGFzbQEAAAA`. */
const MIN_LENGTH = 11

/**
 * Each run in which the magic stands, from there on; once for each place in a group of four at which it does.
 * `=` in the middle does not end a run for decoders that join several, so neither does it here.
 */
export function* decodeBase64({ text }: OutputText): Generator<Uint8Array> {
  let end = 0
  let seen = new Set<number>()
  for (const { at, needle } of placesOf(text, MAGICS)) {
    const start = at - needle.back
    if (start < 0 || endOfRun(text.slice(start, at), 0, RUN) < needle.back) continue
    if (at >= end) {
      end = endOfRun(text, at, RUN)
      seen = new Set()
    }
    if (end - start < MIN_LENGTH || seen.has(start % GROUP)) continue
    seen.add(start % GROUP)
    yield Buffer.from(text.slice(start, end), 'base64')
  }
}
