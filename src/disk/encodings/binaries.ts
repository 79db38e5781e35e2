/// <reference types="node" />
/** The wasm binaries in a stretch of bytes. */

import { endOfSections } from '../../format/extent.js'
import { PREAMBLE_LENGTH, readLayer } from '../../format/wasm.js'

/** `\0asm`. @see WebAssembly core specification 5.5.16 */
const MAGIC = Uint8Array.of(0x00, 0x61, 0x73, 0x6d)

/**
 * Every binary, none of those within another. Each byte is in one at most.
 * @param bytes not copied
 * @param options.isPack whether each binary ends with its last section, because what follows is another file. Otherwise all up
 *   to the next preamble belongs to it, so that what has been appended is judged as well.
 */
export function* binariesIn(bytes: Uint8Array, { isPack = false } = {}): Generator<Uint8Array> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let start = nextPreamble(buffer, 0); start !== undefined;) {
    const end = endOfSections(bytes, start)
    const next = nextPreamble(buffer, end)
    const stop = (isPack ? end : next) ?? bytes.length
    yield new Uint8Array(bytes.buffer, bytes.byteOffset + start, stop - start)
    start = next
  }
}

/** Whether bytes are one binary from the first to the last, as far as its sections tell. */
export function isOneBinary(bytes: Uint8Array): boolean {
  return readLayer(bytes) !== undefined && endOfSections(bytes, 0) === bytes.length
}

function nextPreamble(buffer: Buffer, from: number): number | undefined {
  let at = buffer.indexOf(MAGIC, from)
  while (at !== -1 && !isPreamble(buffer, at)) at = buffer.indexOf(MAGIC, at + MAGIC.length)
  return at === -1 ? undefined : at
}

/** Looks at one byte first: text of nothing but magics is common among what attackers write. */
function isPreamble(buffer: Buffer, at: number): boolean {
  const version = buffer[at + MAGIC.length]
  return (
    (version === 0x01 || version === 0x0d) &&
    readLayer(buffer.subarray(at, at + PREAMBLE_LENGTH)) !== undefined
  )
}
