/** Which trusted key signed what, before anyone draws a conclusion. `verdict.ts` concludes. */

import { equalBytes, type Hex, toHex } from '../../format/encoding.js'
import { ED25519, type SignatureRecord, type SignatureSet, signedMessage } from '../../format/signature.js'
import type { TrustedKey } from '../keys/trusted-key.js'
import type { FramedFile } from './frame.js'

/** What one signature check needs. `publicKey` is that of a {@link TrustedKey}, so it is a good one. */
export interface SignatureCheck {
  publicKey: Uint8Array
  message: Uint8Array
  signature: Uint8Array
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
