/// <reference types="node" />
/** Wasm as hexadecimal digits. @see RFC 4648, section 8 */

import { endOfRun, type OutputText, placesOf } from './text.js'

const MAGICS = [{ text: '0061736d' }, { text: '0061736D' }]

const RUN = /[\da-f]*/iy

/** Each run in which the magic stands, from there on; once for each half of a byte at which it does. */
export function* decodeHex({ text }: OutputText): Generator<Uint8Array> {
  let end = 0
  let seen = new Set<number>()
  for (const { at } of placesOf(text, MAGICS)) {
    if (at >= end) {
      end = endOfRun(text, at, RUN)
      seen = new Set()
    }
    if (seen.has(at % 2)) continue
    seen.add(at % 2)
    yield Buffer.from(text.slice(at, end), 'hex')
  }
}
