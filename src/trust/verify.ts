/**
 * verify(bytes, keys, options) gives a Verdict. Hostile bytes never throw; a wrong call does.
 *
 * `evidence.ts` finds who signed what, here that becomes a verdict. One procedure, two drivers: `verifySync`
 * (node:crypto or noble) and `verify` (WebCrypto first).
 */

import { Diagnostic, problem } from '../errors.js'
import { equalBytes, type Hex, toHex } from '../format/bytes.js'
import { ED25519, type SignatureSet } from '../format/signature.js'
import { isSelected, type Layer, type SectionSelector } from '../format/wasm.js'
import { defaultBackend, type SyncBackend } from './ed25519.js'
import {
  type Claim,
  type Evidence,
  frame,
  type FramedFile,
  gather,
  isVerified,
  signersOfAll,
} from './evidence.js'
import type { TrustedKey } from './keys.js'
import { rollingSha256, verifySignature } from './webcrypto.js'

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

/** What a caller may ask for. */
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

/** {@link VerifyOptions} and who computes. */
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
  try {
    return conclude(gatherSync(bytes, keys, { ...options, backend }), keys, options)
  } catch (error) {
    return verdictOf(error)
  }
}

/** Like {@link verifySync}, with WebCrypto where that is the fast way. */
export async function verify(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  options: VerifyOptions = {},
): Promise<Verdict> {
  assertCall(bytes, keys, options)
  try {
    return conclude(await gatherAsync(bytes, keys, options), keys, options)
  } catch (error) {
    return verdictOf(error)
  }
}

function assertCall(bytes: unknown, keys: unknown, { detached }: VerifyOptions): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes must be a Uint8Array')
  if (!Array.isArray(keys)) throw new TypeError('keys must be an array of trusted keys')
  if (detached !== undefined && !(detached instanceof Uint8Array))
    throw new TypeError('detached must be a Uint8Array')
}

function gatherSync(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  { backend, ...options }: VerifyOptions & { backend: SyncBackend },
): Evidence {
  const file = frame(bytes, options)
  const hashes = backend.rollingSha256(bytes, file.start, file.boundaries)
  const run = gather(file, hashes, keys)
  let step = run.next()
  while (!step.done) step = run.next(backend.verify(step.value))
  return step.value
}

async function gatherAsync(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  options: VerifyOptions,
): Promise<Evidence> {
  const loadBackend = async () => defaultBackend
  const file = frame(bytes, options)
  const hashes = await rollingSha256(bytes, file, loadBackend)
  const run = gather(file, hashes, keys)
  let step = run.next()
  while (!step.done) step = run.next(await verifySignature(step.value, loadBackend))
  return step.value
}

/** What could not be framed has a verdict as well. */
function verdictOf(error: unknown): Verdict {
  if (!(error instanceof Diagnostic)) throw error
  return { status: error.code === 'SIGNATURE_INVALID' ? 'invalid' : 'malformed', problem: error }
}

/**
 * Draws the conclusion. An embedded and a detached signature must both hold.
 * @param asked see {@link VerifyOptions}
 */
function conclude(
  evidence: Evidence,
  keys: readonly TrustedKey[],
  asked: { revoked?: ReadonlySet<Hex> | undefined; sections?: SectionSelector | undefined },
): Verdict {
  const { revoked } = asked
  const digest = toHex(evidence.hashes.at(-1)!)
  if (isVerified(evidence, revoked)) {
    const signers = evidence.claims.flatMap((claims) => signersOfAll(claims, evidence, revoked))
    return { status: 'verified', signers: unique(signers), digest }
  }
  if (revoked?.has(digest)) return { status: 'denied', problem: problem('FILE_REVOKED', { digest }) }
  const failures = evidence.claims.flatMap((claims) => {
    if (signersOfAll(claims, evidence, revoked).length > 0) return []
    return [explainFailure(claims, { evidence, keys, ...asked })]
  })
  const isSufficient = (verdict: Verdict) => verdict.status === 'partial' && verdict.sufficient
  return failures.find((verdict) => !isSufficient(verdict)) ?? failures[0] ?? { status: 'unsigned' }
}

interface Case {
  evidence: Evidence
  keys: readonly TrustedKey[]
  revoked?: ReadonlySet<Hex> | undefined
  sections?: SectionSelector | undefined
}

/** Why one signature is not that of the whole file. Precedence: denied, partial, modified, invalid, untrusted. */
function explainFailure(claims: readonly Claim[], { evidence, keys, revoked, sections }: Case): Verdict {
  const signed = claims.flatMap(({ set, signer }) => (signer === undefined ? [] : [{ set, signer }]))
  const denied = signed.filter(({ signer }) => revoked?.has(signer.fingerprint))
  if (denied.length > 0) {
    const signers = signersOf(denied).map(describeSigner)
    return { status: 'denied', problem: problem('SIGNER_REVOKED', { signers }) }
  }
  const partial = signed.filter(({ set }) => coveredParts(set, evidence) > 0)
  if (partial.length > 0) {
    const covered = Math.max(...partial.map(({ set }) => coveredParts(set, evidence)))
    return { status: 'partial', signers: signersOf(partial), ...judgeParts(evidence.file, covered, sections) }
  }
  if (signed.length > 0) return { status: 'modified', signers: signersOf(signed) }
  return explainUnknown(claims, keys)
}

/**
 * How many parts of the file, from the first on, a set speaks for: as many as hashes match in order, or, where there
 * is only one, up to the boundary that it matches. Rolling hashes start at the first byte.
 */
function coveredParts({ hashes: signed }: SignatureSet, { hashes }: Evidence): number {
  const matches = (index: number, boundary: number) => equalBytes(signed[index]!, hashes[boundary]!)
  const mismatch = signed.findIndex((_, index) => index >= hashes.length || !matches(index, index))
  const inOrder = mismatch === -1 ? signed.length : mismatch
  const only = signed.length === 1 ? hashes.findLastIndex((_, boundary) => matches(0, boundary)) : -1
  return Math.max(inOrder, only + 1)
}

/** No trusted key signed anything. */
function explainUnknown(claims: readonly Claim[], keys: readonly TrustedKey[]): Verdict {
  if (claims.length === 0) return { status: 'unsigned' }
  const records = claims.map(({ record }) => record)
  const keyIds = records.map(({ keyId }) => toHex(keyId))
  const forged = keys.find(({ keyId }) =>
    records.some((record, index) => record.algorithm === ED25519 && keyIds[index] === keyId),
  )
  if (forged !== undefined) {
    const reason = `it names the key ${describeSigner(forged)} and does not verify under it`
    return { status: 'invalid', problem: problem('SIGNATURE_INVALID', { reason }) }
  }
  const algorithms = records.map(({ algorithm }) => algorithm).filter((algorithm) => algorithm !== ED25519)
  return {
    status: 'untrusted',
    keyIds: [...new Set(keyIds.filter((keyId) => keyId !== ''))],
    unknownAlgorithms: [...new Set(algorithms)],
  }
}

function judgeParts(
  { start, boundaries, sections }: FramedFile,
  covered: number,
  selector: SectionSelector | undefined,
): { parts: Part[]; sufficient: boolean } {
  const selected = selector && sections.filter((section) => isSelected(section, selector))
  const parts = boundaries.map((end, index) => {
    const from = boundaries[index - 1] ?? start
    const holdsSelected = selected?.some((section) => section.start >= from && section.start < end) ?? false
    return { start: from, end, signed: index < covered, selected: holdsSelected }
  })
  return { parts, sufficient: selected !== undefined && parts.every((part) => part.signed || !part.selected) }
}

function signersOf(claims: readonly { signer: TrustedKey }[]): Signer[] {
  return unique(claims.map(({ signer }) => signer))
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
