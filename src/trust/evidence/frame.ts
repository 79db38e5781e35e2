/** The outside of a file and its signature data, before anything is hashed. */

import { damaged, problem } from '../../errors/raise.js'
import { decodeSignature, type SignatureSet } from '../../format/signature.js'
import {
  checkLayer,
  isDelimiterSection,
  type Layer,
  PREAMBLE_LENGTH,
  readSections,
  type Section,
} from '../../format/wasm.js'
import { findEmbedded } from './embedded.js'

/** What lies beside a file and speaks for it. */
export interface Sidecars {
  /** The content of a detached signature file. */
  signature?: Uint8Array | undefined
  /** The content of a Sigstore bundle. */
  bundle?: Uint8Array | undefined
}

/** The preamble and sections of a file. */
export interface Outside {
  layer: Layer
  sections: readonly Section[]
}

/** What was read of a file before anything is hashed. */
export interface FramedFile extends Outside {
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
 * Reads preamble and sections, and insists that the layer is what they hold.
 * @param wanted the layer that is needed; any when absent
 * @throws Diagnostic `WASM_MALFORMED`, `LAYER_MISMATCH`
 */
export function readOutside(bytes: Uint8Array, wanted?: Layer): Outside {
  const outside = readSections(bytes)
  checkLayer(bytes, outside)
  if (wanted !== undefined && wanted !== outside.layer)
    throw problem('LAYER_MISMATCH', { found: `a ${outside.layer}`, wanted })
  return outside
}

/**
 * Reads the outside of a file and its signature data.
 * @throws Diagnostic `WASM_MALFORMED`, `LAYER_MISMATCH`, `SIGNATURE_INVALID`
 */
export function frame(
  bytes: Uint8Array,
  { layer, sidecars }: { layer?: Layer | undefined; sidecars?: Sidecars | undefined },
): FramedFile {
  const outside = readOutside(bytes, layer)
  const embedded = findEmbedded(bytes, outside.sections)
  const payloads = [embedded?.payload, sidecars?.signature]
  return {
    ...outside,
    start: embedded?.end ?? PREAMBLE_LENGTH,
    ...findBoundaries(bytes, outside.sections),
    signatures: payloads.flatMap((payload) => (payload ? [decodeSignature(payload, damaged)] : [])),
  }
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
