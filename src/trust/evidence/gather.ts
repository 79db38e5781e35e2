/** Evidence: which trusted key signed what, before anyone draws a conclusion. `verdict.ts` concludes. */

import { equalBytes, type Hex, toHex } from '../../format/encoding.js'
import { ED25519, type SignatureRecord, type SignatureSet, signedMessage } from '../../format/signature.js'
import type { SignatureCheck } from '../crypto/node.js'
import { signerOf, type TrustedKey } from '../keys/trusted-key.js'
import type { Statement } from '../statement.js'
import type { FramedFile } from './frame.js'

/** What one signature, embedded or detached, comes to. */
export interface Evidence {
  /** Of signatures that hold. */
  statements: readonly Statement[]
  /** What the other records say of themselves. */
  claims: readonly Claim[]
}

/** A record that verifies under no trusted key. */
export interface Claim {
  /** Empty when it names none. */
  keyId: Hex
  algorithm: number
}

/** A file and its rolling hashes, one for each of its boundaries. */
export interface HashedFile {
  file: FramedFile
  hashes: readonly Uint8Array[]
}

/** Asks for signature checks one by one and ends with the evidence of each signature, embedded first. */
export function* gather(
  hashed: HashedFile,
  keys: readonly TrustedKey[],
): Generator<SignatureCheck, Evidence[], boolean> {
  const found: Evidence[] = []
  for (const sets of hashed.file.signatures) found.push(yield* gatherOne(sets, hashed, keys))
  return found
}

function* gatherOne(
  sets: readonly SignatureSet[],
  hashed: HashedFile,
  keys: readonly TrustedKey[],
): Generator<SignatureCheck, Evidence, boolean> {
  const statements: Statement[] = []
  const claims: Claim[] = []
  for (const set of sets) {
    const message = signedMessage(set.hashes)
    for (const record of set.records) {
      const key = yield* findKey(record, message, keys)
      if (key === undefined) claims.push({ keyId: toHex(record.keyId), algorithm: record.algorithm })
      else statements.push({ signer: signerOf(key), covers: coverageOf(set, hashed) })
    }
  }
  return { statements, claims }
}

/** Tries every key, the one that the id names first: ids are hints. */
function* findKey(
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

function coverageOf(set: SignatureSet, hashed: HashedFile): Statement['covers'] {
  if (isComplete(set, hashed)) return 'whole'
  return partsOf(hashed.file).slice(0, coveredParts(set, hashed))
}

/**
 * The acceptance rule: the last hash of the set is that of the end of the file, and either it stands alone or there
 * is one hash for each boundary and all match in order. Every set is judged alone: hashes of different sets never mix.
 */
export function isComplete({ hashes: signed }: SignatureSet, { file, hashes }: HashedFile): boolean {
  if (signed.length === 1) return equalBytes(signed[0]!, hashes.at(-1)!)
  return (
    signed.length === file.boundaryCount && signed.every((hash, index) => equalBytes(hash, hashes[index]!))
  )
}

/**
 * How many parts of the file, from the first on, a set speaks for: as many as hashes match in order, or, where there
 * is only one, up to the boundary that it matches. Rolling hashes start at the first byte.
 */
function coveredParts({ hashes: signed }: SignatureSet, { hashes }: HashedFile): number {
  const matches = (index: number, boundary: number) => equalBytes(signed[index]!, hashes[boundary]!)
  const mismatch = signed.findIndex((_, index) => index >= hashes.length || !matches(index, index))
  const inOrder = mismatch === -1 ? signed.length : mismatch
  const only = signed.length === 1 ? hashes.findLastIndex((_, boundary) => matches(0, boundary)) : -1
  return Math.max(inOrder, only + 1)
}

/** The parts of a file: the bytes between its boundaries. */
export function partsOf({ start, boundaries }: FramedFile): { start: number; end: number }[] {
  return boundaries.map((end, index) => ({ start: boundaries[index - 1] ?? start, end }))
}
