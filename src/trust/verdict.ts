/** From evidence to a verdict: what bytes and signatures say together. Nothing here is a decision: see `policy/`. */

import { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import type { Reason } from '../errors/reasons.js'
import { type Hex, toHex } from '../format/encoding.js'
import { ED25519 } from '../format/signature.js'
import { isSelected, type Layer, type SectionSelector } from '../format/wasm.js'
import type { FramedFile } from './evidence/frame.js'
import { type Claim, type Evidence, type HashedFile, MAX_CHECKS, partsOf } from './evidence/gather.js'
import type { TrustedKey } from './keys/trusted-key.js'
import { describeSigner, type Range, type Signer, signerId, type Statement } from './statement.js'

/** The bytes between two boundaries, and whether a trusted key signed them. */
export interface Part extends Range {
  signed: boolean
  /** Whether it holds a section that was asked for; `false` when nothing was. */
  selected: boolean
}

/** What bytes and keys say. */
export type Verdict =
  /**
   * `digest` is SHA-256 of what the signatures cover: all that follows the signature section. `denied` have signed it as well, and
   * that counts for nothing.
   */
  | { status: 'verified'; signers: Signer[]; digest: Hex; denied?: Signer[] }
  /** Never a full signature. `sufficient` says whether parts were asked for and every one of them is signed. */
  | { status: 'partial'; signers: Signer[]; parts: Part[]; sufficient: boolean }
  | { status: 'unsigned'; layer?: Layer }
  /** Signed by nobody we know. `keyIds` are what the file claims, of each 255 bytes at most; `unknownAlgorithms` were skipped. */
  | { status: 'untrusted'; keyIds: Hex[]; unknownAlgorithms: number[] }
  | { status: 'modified'; signers: Signer[] }
  | { status: 'invalid'; problem: Diagnostic }
  | { status: 'malformed'; problem: Diagnostic }
  | { status: 'denied'; problem: Diagnostic }
  /** Nobody looked, because the mode is `off`. */
  | { status: 'unchecked' }

/** What a conclusion depends on beside the evidence. */
export interface Asked {
  keys: readonly TrustedKey[]
  /** Fingerprints of keys and digests of contents that are refused, whoever signed. */
  revoked?: ReadonlySet<Hex> | undefined
  sections?: SectionSelector | undefined
}

/** Draws the conclusion. An embedded and a detached signature must both hold. */
export function conclude(evidence: readonly Evidence[], hashed: HashedFile, asked: Asked): Verdict {
  const digest = toHex(hashed.hashes.at(-1)!)
  if (asked.revoked?.has(digest)) return { status: 'denied', problem: problem('FILE_REVOKED', { digest }) }
  const all = evidence.map(({ statements }) => statements.filter(isWhole))
  const wholes = all.map((statements) => statements.filter(isAllowed(asked)))
  if (evidence.length > 0 && wholes.every(({ length }) => length > 0)) {
    const denied = signersOf(all.flat().filter((statement) => !isAllowed(asked)(statement)))
    return {
      status: 'verified',
      signers: signersOf(wholes.flat()),
      digest,
      ...(denied.length > 0 && { denied }),
    }
  }
  const failures = evidence
    .filter((_, index) => wholes[index]!.length === 0)
    .map((one) => explainFailure(one, hashed.file, asked))
  const isSufficient = (verdict: Verdict) => verdict.status === 'partial' && verdict.sufficient
  return (
    failures.find((verdict) => !isSufficient(verdict)) ??
    failures[0] ?? { status: 'unsigned', layer: hashed.file.layer }
  )
}

/** What could not be framed has a verdict as well. */
export function verdictOfError(error: unknown): Verdict {
  if (!(error instanceof Diagnostic)) throw error
  return { status: error.code.startsWith('SIGNATURE_') ? 'invalid' : 'malformed', problem: error }
}

const isWhole = ({ covers }: Statement) => covers === 'whole'

const isPartial = (statement: Statement): statement is Statement & { covers: readonly Range[] } =>
  statement.covers !== 'whole' && statement.covers.length > 0

/** The signature of a revoked signer counts for nothing. */
function isAllowed({ revoked }: Asked): (statement: Statement) => boolean {
  return ({ signer }) => !revoked?.has(signerId(signer))
}

/** Why one signature is not that of the whole file. Precedence: denied, partial, modified, invalid, untrusted. */
function explainFailure(
  { statements, claims, hasUntried }: Evidence,
  file: FramedFile,
  asked: Asked,
): Verdict {
  const denied = statements.filter((statement) => !isAllowed(asked)(statement))
  if (denied.length > 0) {
    const signers = signersOf(denied).map(describeSigner)
    return { status: 'denied', problem: problem('SIGNER_REVOKED', { signers }) }
  }
  const partial = statements.filter(isPartial)
  if (partial.length > 0) {
    const covered = Math.max(...partial.map(({ covers }) => covers.length))
    return { status: 'partial', signers: signersOf(partial), ...judgeParts(file, covered, asked.sections) }
  }
  if (statements.length > 0) return { status: 'modified', signers: signersOf(statements) }
  if (hasUntried) {
    const reason: Reason = ['too many signatures', MAX_CHECKS]
    return { status: 'invalid', problem: problem('SIGNATURE_INVALID', { reason }) }
  }
  return explainUnknown(claims, asked.keys, file.layer)
}

/** No trusted key signed anything. */
function explainUnknown(claims: readonly Claim[], keys: readonly TrustedKey[], layer: Layer): Verdict {
  if (claims.length === 0) return { status: 'unsigned', layer }
  const forged = keys.find((key) =>
    claims.some(({ keyId, algorithm }) => algorithm === ED25519 && keyId === key.keyId),
  )
  if (forged !== undefined) {
    const reason = `it names the key ${describeSigner(forged)} and does not verify under it`
    return { status: 'invalid', problem: problem('SIGNATURE_INVALID', { reason }) }
  }
  const keyIds = claims.map(({ keyId }) => keyId).filter((keyId) => keyId !== '')
  const algorithms = claims.map(({ algorithm }) => algorithm).filter((algorithm) => algorithm !== ED25519)
  return { status: 'untrusted', keyIds: [...new Set(keyIds)], unknownAlgorithms: [...new Set(algorithms)] }
}

function judgeParts(
  file: FramedFile,
  covered: number,
  selector: SectionSelector | undefined,
): { parts: Part[]; sufficient: boolean } {
  const selected = selector && file.sections.filter((section) => isSelected(section, selector))
  const parts = partsOf(file).map((part, index) => {
    const holdsSelected =
      selected?.some((section) => section.start >= part.start && section.start < part.end) ?? false
    return { ...part, signed: index < covered, selected: holdsSelected }
  })
  return { parts, sufficient: selected !== undefined && parts.every((part) => part.signed || !part.selected) }
}

function signersOf(statements: readonly Statement[]): Signer[] {
  return [...new Map(statements.map(({ signer }) => [signerId(signer), signer])).values()]
}
