/** The outside of a file and its signature data, before anything is hashed. */

import { damaged, problem } from '../../errors/raise.js'
import { Reader } from '../../format/reader.js'
import { decodeSignature, type SignatureSet } from '../../format/signature.js'
import {
  checkLayer,
  isDelimiterSection,
  isSignatureSection,
  type Layer,
  PREAMBLE_LENGTH,
  readSections,
  type Section,
} from '../../format/wasm.js'

/** What was read of a file before anything is hashed. */
export interface FramedFile {
  sections: readonly Section[]
  /** Offset of the first covered byte. */
  start: number
  /** Ends of the parts: every delimiter and the end of the file, ascending. See {@link MAX_BOUNDARIES}. */
  boundaries: number[]
  /** How many boundaries the file has, which may be more than were kept. */
  boundaryCount: number
  /** Signature data to be judged, each alone: embedded, detached. */
  signatures: SignatureSet[][]
}

/** A set holds at most 64 hashes, so no set matches a file with more parts boundary by boundary. */
const MAX_BOUNDARIES = 64

/**
 * Reads the outside of a file and its signature data.
 * @throws Diagnostic `WASM_MALFORMED`, `LAYER_MISMATCH`, `SIGNATURE_INVALID`
 */
export function frame(
  bytes: Uint8Array,
  { layer, detached }: { layer?: Layer | undefined; detached?: Uint8Array | undefined },
): FramedFile {
  const wasm = readSections(bytes)
  checkLayer(bytes, wasm)
  if (layer !== undefined && layer !== wasm.layer)
    throw problem('LAYER_MISMATCH', { found: `a ${wasm.layer}`, wanted: layer })
  const section = findSignature(bytes, wasm.sections)
  const signatures = [section && bytes.subarray(section.contentStart, section.end), detached]
  return {
    sections: wasm.sections,
    start: section?.end ?? PREAMBLE_LENGTH,
    ...findBoundaries(bytes, wasm.sections),
    signatures: signatures.flatMap((payload) => (payload ? [decodeSignature(payload, damaged)] : [])),
  }
}

/** @throws Diagnostic `SIGNATURE_INVALID` when there are two, one stands elsewhere, or its framing is padded */
function findSignature(bytes: Uint8Array, sections: readonly Section[]): Section | undefined {
  const [first, ...others] = sections
  const misplaced = others.find(isSignatureSection)
  if (misplaced) throw damaged('misplaced', misplaced.start)
  if (!first || !isSignatureSection(first)) return undefined
  // Nothing covers these few bytes, so only the one shortest encoding is accepted.
  const framing = new Reader(bytes, damaged, { start: first.start + 1, end: first.end })
  framing.shortestVaruint32()
  framing.shortestVaruint32()
  return first
}

function findBoundaries(
  bytes: Uint8Array,
  sections: readonly Section[],
): Pick<FramedFile, 'boundaries' | 'boundaryCount'> {
  const ends = sections.filter(isDelimiterSection).map(({ end }) => end)
  if (ends.at(-1) !== bytes.length) ends.push(bytes.length)
  const kept = ends.length > MAX_BOUNDARIES ? [...ends.slice(0, MAX_BOUNDARIES), bytes.length] : ends
  return { boundaries: kept, boundaryCount: ends.length }
}
