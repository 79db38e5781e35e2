/** Evidence: which trusted key signed what, before anyone draws a conclusion. `verdict.ts` concludes. */

import { equalBytes, type Hex, toHex } from '../../format/encoding.js'
import { ED25519, type SignatureRecord, type SignatureSet, signedMessage } from '../../format/signature.js'
import type { SignatureCheck } from '../crypto/node.js'
import { KEY_ID_LENGTH, signerOf, type TrustedKey } from '../keys/trusted-key.js'
import type { Statement } from '../statement.js'
import type { FramedFile } from './frame.js'

/** What one signature, embedded or detached, comes to. */
export interface Evidence {
  /** Of signatures that hold. */
  statements: readonly Statement[]
  /** What the other records say of themselves. */
  claims: readonly Claim[]
  /** Whether a record was left alone, since there would have been too many checks. */
  hasUntried: boolean
}

/** A record that verifies under no trusted key. */
export interface Claim {
  /** Empty when it names none; cut where it is longer than any that an honest writer would choose. */
  keyId: Hex
  algorithm: number
}

/** A file and its rolling hashes, one for each of its boundaries. */
export interface HashedFile {
  file: FramedFile
  hashes: readonly Uint8Array[]
}

/**
 * How many signatures are checked for one file, whoever computes. Real files have a few records; the limits of the format
 * allow 16,384 in each signature, to be tried under every key.
 */
export const MAX_CHECKS = 1024

/** A record, and what it would say if it held. */
interface Candidate {
  record: SignatureRecord
  message: Uint8Array
  covers: Statement['covers']
  /** The keys that its id names. */
  named: readonly TrustedKey[]
  signer: TrustedKey | undefined
  isUntried: boolean
}

/**
 * Asks for signature checks one by one and ends with the evidence of each signature, embedded first.
 *
 * What is most likely to hold comes first: records over all of this file, then over parts of it, then over something else,
 * and in each group the keys that ids name before the others. A record is tried under all keys of a round or under none,
 * so that nothing depends on the order of the keys.
 */
export function* gather(
  hashed: HashedFile,
  keys: readonly TrustedKey[],
): Generator<SignatureCheck, Evidence[], boolean> {
  const byId = indexById(keys)
  const signatures = hashed.file.signatures.map((sets) => listCandidates(sets, hashed, byId))
  let left = MAX_CHECKS
  for (const group of rank(signatures.flat())) {
    for (const isNamed of [true, false]) {
      for (const candidate of group.filter(({ signer }) => signer === undefined)) {
        const { named } = candidate
        const cost = isNamed ? named.length : keys.length - named.length
        if (cost > left) candidate.isUntried = true
        else {
          left -= cost
          yield* findSigner(candidate, isNamed ? named : keys.filter((key) => !named.includes(key)))
        }
      }
    }
  }
  return signatures.map(toEvidence)
}

function listCandidates(sets: readonly SignatureSet[], hashed: HashedFile, byId: KeysById): Candidate[] {
  return sets.flatMap((set) => {
    const of = {
      message: signedMessage(set.hashes),
      covers: coverageOf(set, hashed),
      signer: undefined,
      isUntried: false,
    }
    return set.records.map((record) => ({ record, ...of, named: namedKeys(record, byId) }))
  })
}

type KeysById = ReadonlyMap<Hex, readonly TrustedKey[]>

function indexById(keys: readonly TrustedKey[]): KeysById {
  const byId = new Map<Hex, TrustedKey[]>()
  for (const key of keys) byId.set(key.keyId, [...(byId.get(key.keyId) ?? []), key])
  return byId
}

/** Ids are hints. One of another length names no key, and is not written out to find that. */
function namedKeys({ keyId }: SignatureRecord, byId: KeysById): readonly TrustedKey[] {
  return (keyId.length === KEY_ID_LENGTH && byId.get(toHex(keyId))) || []
}

/** What can be tried, in groups. */
function rank(candidates: readonly Candidate[]): Candidate[][] {
  const tryable = candidates.filter(({ record }) => record.algorithm === ED25519)
  const [whole, other] = partition(tryable, ({ covers }) => covers === 'whole')
  return [whole, ...partition(other, ({ covers }) => covers.length > 0)]
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))]
}

function* findSigner(
  candidate: Candidate,
  keys: readonly TrustedKey[],
): Generator<SignatureCheck, void, boolean> {
  const { message, record } = candidate
  for (const key of keys) {
    if (yield { publicKey: key.publicKey, message, signature: record.signature }) {
      candidate.signer = key
      return
    }
  }
}

function toEvidence(candidates: readonly Candidate[]): Evidence {
  const unknown = candidates.filter(({ signer }) => signer === undefined)
  return {
    statements: candidates.flatMap(({ signer, covers }) =>
      signer ? [{ signer: signerOf(signer), covers }] : [],
    ),
    claims: unknown.map(({ record: { keyId, algorithm } }) => ({
      keyId: toHex(keyId.subarray(0, MAX_CLAIMED_BYTES)),
      algorithm,
    })),
    hasUntried: unknown.some(({ isUntried }) => isUntried),
  }
}

/** What a claim holds of a key id: as much as signers here may write. See `SignOptions`. */
const MAX_CLAIMED_BYTES = 255

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
