/// <reference types="node" />
/** Wasm that was compressed and then encoded as base64. */

import { readLayer } from '../../format/wasm.js'
import { endOfRun, type OutputText, placesOf } from './text.js'

/** The first three bytes of gzip data, whose compression is always the same. @see RFC 1952, section 2.3.1 */
const MAGICS = [{ text: 'H4sI' }]

const RUN = /[\w+/-]*/y

/** Header, end and the least that deflate makes of a preamble are 25 bytes or more. */
const MIN_LENGTH = 33

/** Each base64 run of gzip data that begins with a preamble, inflated; of what is damaged, the beginning. */
export function* decodeGzip({ text, inflation }: OutputText): Generator<Uint8Array> {
  let end = 0
  for (const { at } of placesOf(text, MAGICS)) {
    if (at < end) continue
    end = endOfRun(text, at, RUN)
    if (end - at < MIN_LENGTH) continue
    const compressed = Buffer.from(text.slice(at, end), 'base64')
    const beginning = inflation.peek(compressed)
    if (beginning === undefined || readLayer(beginning) === undefined) continue
    const bytes = inflation.gzip(compressed)
    if (bytes !== undefined) yield bytes
  }
}
