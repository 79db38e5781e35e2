/**
 * verify(bytes, keys, options) gives a Verdict. Hostile bytes never throw; a wrong call does.
 *
 * One procedure, two drivers: `verifySync` (node:crypto or noble) and `verify` (WebCrypto first).
 */

import { Diagnostic, problem } from '../errors.js'
import { encodeVaruint32, equalBytes, type Hex, toHex } from '../format/bytes.js'
import {
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
import {
  defaultBackend,
  rollingSha256Async,
  type SignatureCheck,
  type SyncBackend,
  verifyAsync,
} from './ed25519.js'
import type { TrustedKey } from './keys.js'
import { isSelected, type SectionSelector } from './parts.js'

/** A trusted key under which a signature verified. */
export type Signer = Pick<TrustedKey, 'name' | 'keyId' | 'fingerprint'>

/** The bytes between two boundaries, from `start` to `end` (exclusive), and whether a trusted key signed them. */
export interface Part {
  start: number
  end: number
  signed: boolean
  /** Whether it holds a section that was asked for; `false` when nothing was. */
  selected: boolean
}

/** What bytes and keys say. Nothing here is a decision: see `policy.ts`. */
export type Verdict =
  /** `digest` is SHA-256 of what the signatures cover: all that follows the signature section. */
  | { status: 'verified'; signers: Signer[]; digest: Hex }
  /** Never a full signature. `sufficient` says whether parts were asked for and every one of them is signed. */
  | { status: 'partial'; signers: Signer[]; parts: Part[]; sufficient: boolean }
  | { status: 'unsigned' }
  /** Signed by nobody we know. `keyIds` are what the file claims; `unknownAlgorithms` were skipped. */
  | { status: 'untrusted'; keyIds: Hex[]; unknownAlgorithms: number[] }
  | { status: 'modified'; signers: Signer[] }
  | { status: 'invalid'; problem: Diagnostic }
  | { status: 'malformed'; problem: Diagnostic }
  | { status: 'denied'; problem: Diagnostic }

export interface VerifyOptions {
  /** The layer the file must have; any layer when absent. */
  layer?: Layer
  /** The content of a detached signature file. When the file carries a signature as well, both must hold. */
  detached?: Uint8Array
  /**
   * Asks for a partial check: parts that hold a selected section must be signed, others need not be.
   * A file that is not signed whole is `partial` then as well, and `sufficient` tells.
   */
  sections?: SectionSelector
  /** Fingerprints of keys and digests of contents that are refused, whoever signed. */
  revoked?: ReadonlySet<Hex>
}

export interface VerifySyncOptions extends VerifyOptions {
  /** The crypto backend; node:crypto or else noble by default. */
  backend?: SyncBackend
}

/**
 * Verifies a wasm file against the keys, any of which may have signed it.
 * @param bytes the whole file, read only; verify the very bytes that you go on to use
 * @throws TypeError when the call is wrong; never because of what the bytes hold
 * @see tool-conventions, Signatures.md
 */
export function verifySync(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  { backend = defaultBackend, ...options }: VerifySyncOptions = {},
): Verdict {
  assertCall(bytes, keys, options)
  const file = frame(bytes, options)
  if ('status' in file) return file
  const hashes = backend.rollingSha256(bytes, file.start, file.boundaries)
  const run = judge(file, { hashes, keys, options })
  let step = run.next()
  while (!step.done) step = run.next(backend.verify(step.value))
  return step.value
}

/** Like {@link verifySync}, with WebCrypto where that is the fast way. */
export async function verify(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  options: VerifyOptions = {},
): Promise<Verdict> {
  assertCall(bytes, keys, options)
  const file = frame(bytes, options)
  if ('status' in file) return file
  const hashes = await rollingSha256Async(bytes, file.start, file.boundaries)
  const run = judge(file, { hashes, keys, options })
  let step = run.next()
  while (!step.done) step = run.next(await verifyAsync(step.value))
  return step.value
}

function assertCall(bytes: unknown, keys: unknown, { detached }: VerifyOptions): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes must be a Uint8Array')
  if (!Array.isArray(keys)) throw new TypeError('keys must be an array of trusted keys')
  if (detached !== undefined && !(detached instanceof Uint8Array))
    throw new TypeError('detached must be a Uint8Array')
}

/** What was read of a file before anything is hashed. */
interface FramedFile {
  /** Offset of the first covered byte. */
  start: number
  /** Ends of the parts: every delimiter and the end of the file, ascending. See {@link MAX_BOUNDARIES}. */
  boundaries: number[]
  /** How many boundaries the file has, which may be more than were kept. */
  boundaryCount: number
  /** Signature data to be judged, each alone. */
  signatures: SignatureSet[][]
  /** Offsets of the sections that a partial check asks for. */
  selected: number[] | undefined
}

/** A set holds at most 64 hashes, so no set matches a file with more parts boundary by boundary. */
const MAX_BOUNDARIES = 64

function frame(bytes: Uint8Array, { layer, detached, sections }: VerifyOptions): FramedFile | Verdict {
  try {
    const wasm = readSections(bytes)
    checkLayer(bytes, wasm)
    if (layer !== undefined && layer !== wasm.layer) {
      throw problem('LAYER_MISMATCH', { found: `a ${wasm.layer}`, wanted: layer })
    }
    const section = findSignature(wasm.sections)
    const signatures = [section && bytes.subarray(section.contentStart, section.end), detached]
    return {
      start: section?.end ?? PREAMBLE_LENGTH,
      ...findBoundaries(bytes, wasm.sections),
      signatures: signatures.filter((payload) => payload !== undefined).map(decodeSignature),
      selected:
        sections && wasm.sections.filter((item) => isSelected(item, sections)).map((item) => item.start),
    }
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
    return { status: error.code === 'SIGNATURE_INVALID' ? 'invalid' : 'malformed', problem: error }
  }
}

/** @throws Diagnostic `SIGNATURE_INVALID` when there are two, one stands elsewhere, or its framing is padded */
function findSignature(sections: readonly Section[]): Section | undefined {
  const misplaced = sections.findIndex((section, index) => index > 0 && isSignatureSection(section))
  if (misplaced !== -1) {
    throw invalid(
      `a signature section at offset ${sections[misplaced]!.start}, where only the first section may be one`,
    )
  }
  const first = sections[0]
  if (first === undefined || !isSignatureSection(first)) return undefined
  // Nothing covers these few bytes, so only the one shortest encoding is accepted.
  const sizeLength = first.payloadStart - first.start - 1
  const nameLengthLength = first.contentStart - first.payloadStart - first.name!.length
  if (nameLengthLength !== 1 || sizeLength !== encodeVaruint32(first.end - first.payloadStart).length) {
    throw invalid('the lengths of the signature section are not written in their shortest form')
  }
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

interface Evidence {
  /** Rolling hashes, one for each of the file's boundaries. */
  hashes: Uint8Array[]
  keys: readonly TrustedKey[]
  options: VerifyOptions
}

/** Asks for signature checks one by one and ends with the verdict. */
function* judge(file: FramedFile, evidence: Evidence): Generator<SignatureCheck, Verdict, boolean> {
  const digest = toHex(evidence.hashes.at(-1)!)
  if (evidence.options.revoked?.has(digest))
    return { status: 'denied', problem: problem('FILE_REVOKED', { digest }) }
  const verdicts: Verdict[] = []
  for (const sets of file.signatures)
    verdicts.push(conclude(yield* findClaims(sets, file, evidence), file, evidence))
  return verdicts.length === 0 ? { status: 'unsigned' } : weakest(verdicts)
}

/** An embedded and a detached signature must both hold. */
function weakest(verdicts: readonly Verdict[]): Verdict {
  const isSufficient = (verdict: Verdict) => verdict.status === 'partial' && verdict.sufficient
  const failed = verdicts.filter(({ status }) => status !== 'verified')
  const [first] = verdicts as [Verdict]
  if (failed.length > 0) return failed.find((verdict) => !isSufficient(verdict)) ?? failed[0]!
  const signers = verdicts.flatMap((verdict) => (verdict.status === 'verified' ? verdict.signers : []))
  return { ...first, signers: unique(signers) } as Verdict
}

/** Every set is judged alone: hashes of different sets never mix. */
function* findClaims(
  sets: readonly SignatureSet[],
  file: FramedFile,
  { hashes, keys }: Evidence,
): Generator<SignatureCheck, Claim[], boolean> {
  const claims: Claim[] = []
  for (const set of sets) {
    const coverage = cover(set, file, hashes)
    const message = signedMessage(set.hashes)
    for (const record of set.records)
      claims.push({ coverage, record, ...(yield* findSigner(record, message, keys)) })
  }
  return claims
}

/** Which of the file's boundaries a set of hashes speaks for. */
type Coverage = { kind: 'complete' | 'partial' | 'none'; end: number }

/**
 * The acceptance rule: the last hash is that of the end of the file, and either it stands alone or
 * there is one hash for each boundary and all match in order. Failing that, the hashes that match in
 * order, or the only one, cover a part: rolling hashes start at the first byte.
 */
function cover({ hashes: signed }: SignatureSet, file: FramedFile, hashes: readonly Uint8Array[]): Coverage {
  const matches = (index: number, boundary: number) => equalBytes(signed[index]!, hashes[boundary]!)
  const last = hashes.length - 1
  const mismatch = signed.findIndex((_, index) => index > last || !matches(index, index))
  const inOrder = mismatch === -1 ? signed.length : mismatch
  const isEachPart = inOrder === signed.length && inOrder === file.boundaryCount
  const only = signed.length === 1 ? hashes.findLastIndex((_, boundary) => matches(0, boundary)) : -1
  if (isEachPart || only === last) return { kind: 'complete', end: file.boundaries[last]! }
  const boundary = Math.max(inOrder - 1, only)
  return boundary === -1 ? { kind: 'none', end: 0 } : { kind: 'partial', end: file.boundaries[boundary]! }
}

/** What came of one signature record. */
interface Claim {
  record: SignatureRecord
  coverage: Coverage
  /** The trusted key under which it verifies. */
  signer?: TrustedKey
  /** The trusted key it names by its id. */
  named?: TrustedKey
}

/** Tries every key, the one that the id names first: ids are hints. */
function* findSigner(
  record: SignatureRecord,
  message: Uint8Array,
  keys: readonly TrustedKey[],
): Generator<SignatureCheck, Pick<Claim, 'signer' | 'named'>, boolean> {
  if (record.algorithm !== ED25519) return {}
  const keyId = toHex(record.keyId)
  const named = keys.find((key) => key.keyId === keyId)
  const hint = named === undefined ? {} : { named }
  for (const key of named === undefined ? keys : [named, ...keys.filter((other) => other !== named)]) {
    if (yield { publicKey: key.publicKey, message, signature: record.signature })
      return { ...hint, signer: key }
  }
  return hint
}

/** Precedence: verified, denied, partial, modified, invalid, untrusted. Revoked keys count for nothing else. */
function conclude(claims: readonly Claim[], file: FramedFile, evidence: Evidence): Verdict {
  const isRevoked = ({ fingerprint }: TrustedKey) => evidence.options.revoked?.has(fingerprint) === true
  const valid = claims.filter(({ signer }) => signer !== undefined && !isRevoked(signer))
  const signersOf = (kind: Coverage['kind']) =>
    unique(valid.filter(({ coverage }) => coverage.kind === kind).map(({ signer }) => signer!))

  const complete = signersOf('complete')
  if (complete.length > 0)
    return { status: 'verified', signers: complete, digest: toHex(evidence.hashes.at(-1)!) }
  const revoked = claims.flatMap(({ signer }) => (signer !== undefined && isRevoked(signer) ? [signer] : []))
  if (revoked.length > 0)
    return {
      status: 'denied',
      problem: problem('SIGNER_REVOKED', { signers: unique(revoked).map(describeSigner) }),
    }
  const partial = signersOf('partial')
  if (partial.length > 0) return { status: 'partial', signers: partial, ...judgeParts(file, valid) }
  const none = signersOf('none')
  if (none.length > 0) return { status: 'modified', signers: none }
  return concludeUnknown(claims)
}

/** No trusted key signed anything. */
function concludeUnknown(claims: readonly Claim[]): Verdict {
  if (claims.length === 0) return { status: 'unsigned' }
  const forged = claims.find(({ named }) => named !== undefined)
  if (forged !== undefined) {
    const reason = `it names the key ${describeSigner(forged.named!)} and does not verify under it`
    return { status: 'invalid', problem: invalid(reason) }
  }
  return {
    status: 'untrusted',
    keyIds: [...new Set(claims.map(({ record }) => toHex(record.keyId)).filter((keyId) => keyId !== ''))],
    unknownAlgorithms: [
      ...new Set(claims.map(({ record }) => record.algorithm).filter((id) => id !== ED25519)),
    ],
  }
}

function judgeParts(
  { start, boundaries, selected }: FramedFile,
  claims: readonly Claim[],
): { parts: Part[]; sufficient: boolean } {
  const covered = Math.max(...claims.map(({ coverage }) => coverage.end))
  const parts = boundaries.map((end, index) => {
    const from = boundaries[index - 1] ?? start
    const holdsSelected = selected?.some((offset) => offset >= from && offset < end) ?? false
    return { start: from, end, signed: end <= covered, selected: holdsSelected }
  })
  return { parts, sufficient: selected !== undefined && parts.every((part) => part.signed || !part.selected) }
}

function unique(keys: readonly (TrustedKey | Signer)[]): Signer[] {
  const byFingerprint = new Map(
    keys.map(({ name, keyId, fingerprint }) => [fingerprint, { name, keyId, fingerprint }]),
  )
  return [...byFingerprint.values()]
}

/** A signer in words: its name and the start of its fingerprint. */
export function describeSigner({ name, fingerprint }: Signer): string {
  return `${name} (${fingerprint.slice(0, 16)})`
}

function invalid(reason: string): Diagnostic {
  return problem('SIGNATURE_INVALID', { reason })
}
