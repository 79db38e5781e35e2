/** How far a wasm binary reaches in bytes that go on after it. Decodes no section's content, and throws nothing. */

import { PREAMBLE_LENGTH } from './wasm.js'

/** No layer has given an id beyond 13 to a section; text and the magic numbers of other files begin higher than this. */
const MAX_SECTION_ID = 0x1f

/**
 * The offset behind the last section that can be framed.
 * @param start of the preamble
 * @see WebAssembly core specification 5.5.2
 */
export function endOfSections(bytes: Uint8Array, start: number): number {
  let end = start + PREAMBLE_LENGTH
  for (let next = endOfSection(bytes, end); next !== undefined; next = endOfSection(bytes, end)) end = next
  return end
}

function endOfSection(bytes: Uint8Array, start: number): number | undefined {
  const id = bytes[start]
  const size = readSize(bytes, start + 1)
  if (id === undefined || id > MAX_SECTION_ID || size === undefined) return undefined
  const end = size.end + size.value
  return end <= bytes.length && (id !== 0 || hasName(bytes, size.end, end)) ? end : undefined
}

/** Whether the name of a custom section fits into it. That of what looks like one where another preamble begins never does. */
function hasName(bytes: Uint8Array, start: number, end: number): boolean {
  const length = readSize(bytes, start)
  return length !== undefined && length.end + length.value <= end
}

/** An unsigned LEB128 number of at most five bytes. @see WebAssembly core specification 5.2.2 */
function readSize(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0
  for (let index = 0; index < 5; index++) {
    const byte = bytes[start + index]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { value, end: start + index + 1 }
  }
  return undefined
}
