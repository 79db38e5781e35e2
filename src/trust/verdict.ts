/** From evidence to a verdict: what bytes and signatures say together. Nothing here is a decision: see `policy/`. */

import { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import { equalBytes, type Hex, toHex } from '../format/encoding.js'
import { ED25519, type SignatureSet } from '../format/signature.js'
import { isSelected, type SectionSelector } from '../format/wasm.js'
import type { FramedFile } from './evidence/frame.js'
import { type Claim, type Evidence, isVerified, signersOfAll } from './evidence/gather.js'
import type { TrustedKey } from './keys/trusted-key.js'
import { describeSigner, type Signer } from './statement.js'

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

/**
 * Draws the conclusion. An embedded and a detached signature must both hold.
 * @param asked see {@link VerifyOptions}
 */
export function conclude(
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
