/**
 * What a file and keys say together, before anyone draws a conclusion: framing, hashes, and which trusted key signed
 * what. `verify.ts` concludes.
 */

import { equalBytes, type Hex, Reader, toHex } from '../format/bytes.js'
import {
  damaged,
  decodeSignature,
  ED25519,
  type SignatureRecord,
  type SignatureSet,
  signedMessage,
} from '../format/signature.js'
import {
  checkLayer,
  isDelimiterSection,
  isSignatureSection,
  type Layer,
  PREAMBLE_LENGTH,
  readSections,
  type Section,
} from '../format/wasm.js'
import { problem } from '../problem.js'
import type { TrustedKey } from './keys.js'

/** What one signature check needs. `publicKey` is that of a {@link TrustedKey}, so it is a good one. */
export interface SignatureCheck {
  publicKey: Uint8Array
  message: Uint8Array
  signature: Uint8Array
}

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
    signatures: signatures.flatMap((payload) => (payload ? [decodeSignature(payload)] : [])),
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

/** Everything that a verdict is made from. */
export interface Evidence {
  file: FramedFile
  /** Rolling hashes, one for each of the file's boundaries. */
  hashes: readonly Uint8Array[]
  /** What came of each record, for the embedded and the detached signature. */
  claims: readonly (readonly Claim[])[]
}

/** What came of one signature record. */
export interface Claim {
  set: SignatureSet
  record: SignatureRecord
  /** The trusted key under which it verifies. */
  signer: TrustedKey | undefined
}

/** Asks for signature checks one by one and ends with the evidence. */
export function* gather(
  file: FramedFile,
  hashes: readonly Uint8Array[],
  keys: readonly TrustedKey[],
): Generator<SignatureCheck, Evidence, boolean> {
  const claims: Claim[][] = []
  for (const sets of file.signatures) {
    const found: Claim[] = []
    for (const set of sets) {
      const message = signedMessage(set.hashes)
      for (const record of set.records)
        found.push({ set, record, signer: yield* findSigner(record, message, keys) })
    }
    claims.push(found)
  }
  return { file, hashes, claims }
}

/** Tries every key, the one that the id names first: ids are hints. */
function* findSigner(
  { algorithm, keyId, signature }: SignatureRecord,
  message: Uint8Array,
  keys: readonly TrustedKey[],
): Generator<SignatureCheck, TrustedKey | undefined, boolean> {
  if (algorithm !== ED25519) return undefined
  const hint = toHex(keyId)
  const named = keys.filter((key) => key.keyId === hint)
  for (const key of new Set([...named, ...keys]))
    if (yield { publicKey: key.publicKey, message, signature }) return key
  return undefined
}

/**
 * The acceptance rule: the last hash of the set is that of the end of the file, and either it stands alone or there
 * is one hash for each boundary and all match in order. Every set is judged alone: hashes of different sets never mix.
 */
export function isComplete({ hashes: signed }: SignatureSet, { file, hashes }: Evidence): boolean {
  if (signed.length === 1) return equalBytes(signed[0]!, hashes.at(-1)!)
  return (
    signed.length === file.boundaryCount && signed.every((hash, index) => equalBytes(hash, hashes[index]!))
  )
}

/** Whether the file is signed whole: each signature it carries is a trusted key's, and nothing is revoked. */
export function isVerified(evidence: Evidence, revoked?: ReadonlySet<Hex>): boolean {
  return (
    evidence.claims.length > 0 &&
    evidence.claims.every((claims) => signersOfAll(claims, evidence, revoked).length > 0) &&
    !revoked?.has(toHex(evidence.hashes.at(-1)!))
  )
}

/** The keys that signed the whole file; revoked keys count for nothing. */
export function signersOfAll(
  claims: readonly Claim[],
  evidence: Evidence,
  revoked?: ReadonlySet<Hex>,
): TrustedKey[] {
  return claims.flatMap(({ set, signer }) =>
    signer && isComplete(set, evidence) && !revoked?.has(signer.fingerprint) ? [signer] : [],
  )
}
