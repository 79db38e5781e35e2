/** Binaries that can do nothing, such as those by which scripts find out what an engine knows. */

import { Diagnostic } from '../errors/diagnostic.js'
import { malformed } from '../errors/raise.js'
import { Reader } from './reader.js'
import { CORE_SECTION } from './section-ids.js'
import { PREAMBLE_LENGTH, readSections, type Section } from './wasm.js'

/** What connects a module with the world. @see WebAssembly core specification 2.5 */
const CONNECTING: readonly number[] = [CORE_SECTION.import, CORE_SECTION.export, CORE_SECTION.start]

/** Feature probes have some dozens of bytes. What is larger is no probe, whatever it says of itself. */
const MAX_PROBE_BYTES = 1024

/**
 * Whether these bytes are a preamble and no more, as readers of wasm have it in their code, or a core module without anything
 * imported, exported or called at the start, so that nobody can make any of its code run. Content is not decoded, so newer types
 * and instructions are no obstacle; memories, tables and data that nobody else sees are none either.
 * @returns false as well for what cannot be framed, has sections of an unknown kind, or holds another binary
 */
export function isInert(bytes: Uint8Array): boolean {
  if (bytes.length > MAX_PROBE_BYTES || holdsBinary(bytes)) return false
  try {
    const { layer, sections } = readSections(bytes)
    if (layer === 'component') return sections.length === 0
    return sections.every((section) => isHarmless(bytes, section))
  } catch (error) {
    if (error instanceof Diagnostic) return false // no engine takes it for a module
    throw error
  }
}

function isHarmless(bytes: Uint8Array, { id, payloadStart, end }: Section): boolean {
  if (id > CORE_SECTION.tag) return false
  if (!CONNECTING.includes(id)) return true
  // A list of nothing is as good as none, and a start function is no list.
  const payload = new Reader(bytes, malformed, payloadStart, end)
  return id !== CORE_SECTION.start && payload.varuint32() === 0 && payload.remaining === 0
}

/** Whether `\0asm` stands in it a second time. */
function holdsBinary(bytes: Uint8Array): boolean {
  return [...bytes.keys()].some(
    (at) =>
      at >= PREAMBLE_LENGTH && [0x00, 0x61, 0x73, 0x6d].every((byte, index) => bytes[at + index] === byte),
  )
}
