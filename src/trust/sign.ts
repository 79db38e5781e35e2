/** Makes signatures: embedded, or detached in a file of their own. */

import { check, type Check, flag, oneOf } from '../errors/check.js'
import { damaged, problem } from '../errors/raise.js'
import { concatBytes, equalBytes, joinBytes } from '../format/encoding.js'
import {
  decodeSignature,
  ED25519,
  encodeSignature,
  type SignatureRecord,
  type SignatureSet,
  signedMessage,
} from '../format/signature.js'
import {
  encodeSignatureSection,
  isDelimiterSection,
  isSignatureSection,
  PREAMBLE_LENGTH,
  readSections,
  sectionBytes,
} from '../format/wasm.js'
import { defaultBackend, signMessage } from './crypto/rule.js'
import { defaultKeyId, type SecretKey, trustedKey } from './keys/trusted-key.js'

/** How to sign. */
export interface SignOptions {
  /** What the signature calls its key: the default id, none, or up to 255 bytes of one's own. */
  keyId?: 'default' | 'none' | Uint8Array | undefined
  /**
   * What becomes of the certificate lists that some signers write, empty ones included: `keep` each
   * record as it is and write none, write one on `every` record (as wsc does), or on `no` record (as
   * wasmsign2 does).
   * @default 'keep'
   */
  certificateLists?: 'keep' | 'every' | 'no' | undefined
  /** Drop the signatures that are there instead of adding to them. @default false */
  replace?: boolean | undefined
  /** A detached signature of the file, to add to instead of to what the file carries. */
  detached?: Uint8Array | undefined
}

const CHECKS: Record<keyof SignOptions, Check> = {
  keyId: (value) =>
    value === 'default' || value === 'none' || (value instanceof Uint8Array && value.length <= 255)
      ? undefined
      : "'default', 'none' or up to 255 bytes",
  certificateLists: oneOf('keep', 'every', 'no'),
  replace: flag,
  detached: (value) => (value instanceof Uint8Array ? undefined : 'bytes'),
}

/** What signing gives. */
export interface Signed {
  /** The file with the signature embedded. */
  bytes: Uint8Array
  /** The signature data alone, as a detached signature file holds it. */
  signature: Uint8Array
  /** The file as it was given, in canonical framing: what a detached signature goes with. */
  original: Uint8Array
}

/**
 * Signs a core module or component, adding to the signatures that are there.
 *
 * The framing of every section is written again in its shortest form and signature sections
 * elsewhere than first are dropped, so `bytes` is canonical whatever came in.
 * @param bytes the whole file; not changed
 * @throws Diagnostic `WASM_MALFORMED`, `SIGNATURE_INVALID` when the existing data cannot be read,
 *   `SIGNATURE_DUPLICATE` when this key has signed this content already, `SIGNATURE_STALE` when a detached signature is
 *   that of other content
 */
export function sign(bytes: Uint8Array, key: SecretKey, options: SignOptions = {}): Signed {
  const { message, finish } = prepareSignature(bytes, key.publicKey, options)
  return finish(signMessage(message, key.seed))
}

/** A signature that waits for somebody who holds the key. */
export interface PreparedSignature {
  /** What the key has to sign, as it is: Ed25519 does its own hashing. */
  message: Uint8Array
  /**
   * Puts the signature in its place.
   * @param signature 64 bytes
   * @throws Diagnostic `SIGNATURE_UNUSABLE` when it does not verify, `SIGNATURE_DUPLICATE`
   */
  finish(signature: Uint8Array): Signed
}

/**
 * The first half of {@link sign}, for keys that live in an agent or a hardware module.
 * @param publicKey 32 bytes, of the key that will sign
 * @throws Diagnostic `WASM_MALFORMED`, `SIGNATURE_INVALID`, `SIGNATURE_STALE`, `KEY_WEAK`
 */
export function prepareSignature(
  bytes: Uint8Array,
  publicKey: Uint8Array,
  options: SignOptions = {},
): PreparedSignature {
  const {
    keyId = 'default',
    certificateLists = 'keep',
    replace = false,
    detached,
  } = check(options, CHECKS, '')
  const { publicKey: signer } = trustedKey(publicKey, 'the public key')
  const { payload, content, ends } = canonicalize(bytes)
  // What is to be replaced need not be readable.
  const added = replace ? undefined : (detached ?? payload)
  const existing = added === undefined ? [] : decodeSignature(added, damaged)
  const hashes = defaultBackend.rollingSha256(content, 0, ends)
  if (added !== undefined && added === detached) assertOfContent(existing, hashes)
  const message = signedMessage(hashes)
  const finish = (signature: Uint8Array): Signed => {
    if (signature.length !== 64)
      throw problem('SIGNATURE_UNUSABLE', { reason: `it has ${signature.length} bytes, not 64` })
    if (!defaultBackend.verify({ publicKey: signer, message, signature })) {
      throw problem('SIGNATURE_UNUSABLE', { reason: 'it does not verify under the public key' })
    }
    const record: SignatureRecord = { keyId: encodeKeyId(keyId, signer), algorithm: ED25519, signature }
    const sets = addRecord(existing, hashes, record)
    const data = encodeSignature(withCertificateLists(sets, certificateLists))
    const preamble = bytes.subarray(0, PREAMBLE_LENGTH)
    return {
      bytes: concatBytes(preamble, encodeSignatureSection(data), content),
      signature: data,
      original: concatBytes(preamble, payload ? encodeSignatureSection(payload) : new Uint8Array(), content),
    }
  }
  return { message, finish }
}

/**
 * Like {@link sign}, with a key that lives elsewhere.
 * @param signer signs the bytes it is given, unhashed, with Ed25519; 64 bytes
 */
export async function signWith(
  bytes: Uint8Array,
  publicKey: Uint8Array,
  signer: (message: Uint8Array) => Promise<Uint8Array> | Uint8Array,
  options: SignOptions = {},
): Promise<Signed> {
  const { message, finish } = prepareSignature(bytes, publicKey, options)
  return finish(await signer(message))
}

/**
 * Takes the signature off a file.
 * @returns `signature` is the content of a detached signature file, `bytes` the unsigned file it goes with
 * @throws Diagnostic `NOT_SIGNED`, `WASM_MALFORMED`
 */
export function detach(bytes: Uint8Array): { signature: Uint8Array; bytes: Uint8Array } {
  const { payload, content } = canonicalize(bytes)
  if (payload === undefined) throw problem('NOT_SIGNED', {})
  return {
    signature: Uint8Array.from(payload),
    bytes: concatBytes(bytes.subarray(0, PREAMBLE_LENGTH), content),
  }
}

/**
 * Embeds a detached signature; whether it holds is for `verify` to say.
 * @throws Diagnostic `ALREADY_SIGNED`, `SIGNATURE_INVALID`, `WASM_MALFORMED`
 */
export function attach(bytes: Uint8Array, signature: Uint8Array): Uint8Array {
  if (readSections(bytes).sections.some(isSignatureSection)) throw problem('ALREADY_SIGNED', {})
  decodeSignature(signature, damaged)
  const { content } = canonicalize(bytes)
  return concatBytes(bytes.subarray(0, PREAMBLE_LENGTH), encodeSignatureSection(signature), content)
}

/** A signature in a file of its own may be left from an older version of what it lies beside. */
function assertOfContent(existing: readonly SignatureSet[], hashes: readonly Uint8Array[]): void {
  const isOurs = (hash: Uint8Array) => hashes.some((one) => equalBytes(one, hash))
  if (existing.length > 0 && !existing.some((set) => set.hashes.some(isOurs)))
    throw problem('SIGNATURE_STALE', {})
}

function encodeKeyId(keyId: 'default' | 'none' | Uint8Array, publicKey: Uint8Array): Uint8Array {
  if (keyId === 'default') return defaultKeyId(publicKey)
  return keyId === 'none' ? new Uint8Array() : keyId
}

function withCertificateLists(sets: readonly SignatureSet[], lists: 'keep' | 'every' | 'no'): SignatureSet[] {
  const change = (record: SignatureRecord): SignatureRecord => {
    const { keyId, algorithm, signature, certificates } = record
    if (lists === 'every') return { keyId, algorithm, signature, certificates: certificates ?? [] }
    return lists === 'no' ? { keyId, algorithm, signature } : record
  }
  return sets.map(({ hashes, records }) => ({ hashes, records: records.map(change) }))
}

interface Canonical {
  /** The signature data of the first section, when that is one. */
  payload: Uint8Array | undefined
  /** Everything but preamble and signature sections, in shortest-form framing. */
  content: Uint8Array
  /** Boundaries: offsets into `content`, ascending. */
  ends: number[]
}

function canonicalize(bytes: Uint8Array): Canonical {
  const { sections } = readSections(bytes)
  const [first] = sections
  const payload =
    first && isSignatureSection(first) ? bytes.subarray(first.contentStart, first.end) : undefined
  const written: Uint8Array[] = []
  const ends: number[] = []
  let length = 0
  for (const section of sections.filter((item) => !isSignatureSection(item))) {
    written.push(sectionBytes(bytes, section))
    length += written.at(-1)!.length
    if (isDelimiterSection(section)) ends.push(length)
  }
  if (ends.at(-1) !== length) ends.push(length)
  return { payload, content: joinBytes(written), ends }
}

/** Adds to the set over the same hashes, or opens a set of its own at the end. */
function addRecord(
  existing: readonly SignatureSet[],
  hashes: Uint8Array[],
  record: SignatureRecord,
): SignatureSet[] {
  const same = existing.find((set) => sameHashes(set.hashes, hashes))
  if (same === undefined) return [...existing, { hashes, records: [record] }]
  const isKnown = ({ keyId, signature }: SignatureRecord) =>
    equalBytes(keyId, record.keyId) && equalBytes(signature, record.signature)
  if (same.records.some(isKnown)) throw problem('SIGNATURE_DUPLICATE', {})
  return existing.map((set) => (set === same ? { hashes, records: [...set.records, record] } : set))
}

function sameHashes(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((hash, index) => equalBytes(hash, b[index]!))
}
