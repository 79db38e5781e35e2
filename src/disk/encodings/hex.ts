/// <reference types="node" />
/** Wasm as hexadecimal digits. @see RFC 4648, section 8 */

import { endOfRun, type OutputText, placesOf } from './text.js'

/** `asm`: zeros are everywhere, and engines search by the first character. */
const MAGICS = [{ text: '61736d' }, { text: '61736D' }]

const RUN = /[\da-f]*/iy

/** Each run in which the magic stands, from there on; once for each half of a byte at which it does. */
export function* decodeHex({ text }: OutputText): Generator<Uint8Array> {
  let end = 0
  let seen = new Set<number>()
  for (const place of placesOf(text, MAGICS)) {
    const at = place.at - 2
    if (!text.startsWith('00', at)) continue
    if (at >= end) {
      end = endOfRun(text, at, RUN)
      seen = new Set()
    }
    if (seen.has(at % 2)) continue
    seen.add(at % 2)
    yield Buffer.from(text.slice(at, end), 'hex')
  }
}
