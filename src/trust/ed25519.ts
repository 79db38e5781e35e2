/**
 * SHA-256 and Ed25519. The only file that names a crypto backend: node:crypto where there is one,
 * WebCrypto for asynchronous callers, noble everywhere else.
 *
 * All of them follow one rule (RFC 8032 made strict): the key is canonical, of prime order and not
 * the identity; S < L; R is canonical, of prime order and not the identity; the equation without
 * cofactor, [S]B = R + [k]A, holds.
 */

import * as noble from '@noble/ed25519'
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes } from '../format/bytes.js'

/** What one signature check needs. `publicKey` has passed {@link publicKeyDefect}. */
export interface SignatureCheck {
  publicKey: Uint8Array
  message: Uint8Array
  signature: Uint8Array
}

/** Hashing and checking without waiting. */
export interface SyncBackend {
  name: 'node' | 'noble'
  /**
   * SHA-256 of every prefix `bytes[start..end)`, reading the bytes once.
   * @param ends ascending offsets
   */
  rollingSha256(bytes: Uint8Array, start: number, ends: readonly number[]): Uint8Array[]
  verify(check: SignatureCheck): boolean
}

// The part of node:crypto used here, declared by hand: this file also compiles where Node's types are absent.
interface NodeHash {
  update(data: Uint8Array): NodeHash
  copy(): NodeHash
  digest(): Uint8Array
}
interface NodeCrypto {
  createHash(algorithm: 'sha256'): NodeHash
  createPublicKey(options: { key: unknown; format: 'der'; type: 'spki' }): object
  createPrivateKey(options: { key: unknown; format: 'der'; type: 'pkcs8' }): object
  verify(algorithm: null, message: Uint8Array, key: object, signature: Uint8Array): boolean
  sign(algorithm: null, message: Uint8Array, key: object): Uint8Array
}
interface Host {
  process?: { getBuiltinModule?: (id: string) => unknown; versions?: { node?: string } }
  Buffer?: { from(bytes: Uint8Array): unknown }
}

const host = globalThis as Host
const nodeCrypto = host.process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined

/** SPKI and PKCS#8 of Ed25519 up to the 32 key bytes. @see RFC 8410, sections 4 and 7 */
export const SPKI_PREFIX = Uint8Array.of(
  0x30,
  0x2a,
  0x30,
  0x05,
  0x06,
  0x03,
  0x2b,
  0x65,
  0x70,
  0x03,
  0x21,
  0x00,
)
/** See {@link SPKI_PREFIX}; a PKCS#8 file of version 1, without attributes. */
export const PKCS8_PREFIX = Uint8Array.of(
  0x30,
  0x2e,
  0x02,
  0x01,
  0x00,
  0x30,
  0x05,
  0x06,
  0x03,
  0x2b,
  0x65,
  0x70,
  0x04,
  0x22,
  0x04,
  0x20,
)

/** Encoding of the point (0, 1): with it as R, any key of small order would do. */
const IDENTITY = Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 1 : 0))

noble.hashes.sha512 = nobleSha512

const nativeKeys = new WeakMap<Uint8Array, object>()

function nativeKey(crypto: NodeCrypto, publicKey: Uint8Array): object {
  let key = nativeKeys.get(publicKey)
  if (key === undefined) {
    const der = host.Buffer!.from(concatBytes(SPKI_PREFIX, publicKey))
    key = crypto.createPublicKey({ key: der, format: 'der', type: 'spki' })
    nativeKeys.set(publicKey, key)
  }
  return key
}

/** The backend of Node; `undefined` elsewhere. */
export const nodeBackend: SyncBackend | undefined = nodeCrypto && {
  name: 'node',
  rollingSha256: (bytes, start, ends) => rolling(nodeCrypto.createHash('sha256'), bytes, start, ends),
  // OpenSSL compares R with the encoding of [S]B - [k]A. With a key of prime order that is canonical
  // and of prime order, so the identity is all that is left to refuse.
  verify: ({ publicKey, message, signature }) =>
    hasUsableR(signature) && nodeCrypto.verify(null, message, nativeKey(nodeCrypto, publicKey), signature),
}

/** The backend that runs in every JavaScript realm. */
export const nobleBackend: SyncBackend = {
  name: 'noble',
  rollingSha256: (bytes, start, ends) => {
    const hash = nobleSha256.create()
    const wrapped = {
      update: (data: Uint8Array) => hash.update(data),
      copy: () => hash.clone(),
      digest: () => hash.digest(),
    }
    return rolling(wrapped, bytes, start, ends)
  },
  verify: ({ publicKey, message, signature }) => {
    if (!hasUsableR(signature)) return false
    try {
      // noble's default rule is ZIP 215, which accepts small-order and non-canonical points.
      return (
        noble.verify(signature, message, publicKey, { zip215: false }) &&
        noble.Point.fromBytes(signature.slice(0, 32), false).isTorsionFree()
      )
    } catch {
      return false // noble throws on points that do not decode, which here means "not valid"
    }
  },
}

/** What {@link SyncBackend} calls use when nothing else is asked for. */
export const defaultBackend: SyncBackend = nodeBackend ?? nobleBackend

/** A hash that can be copied part way. */
interface Hash {
  update(data: Uint8Array): unknown
  copy(): { digest(): Uint8Array }
}

function rolling(hash: Hash, bytes: Uint8Array, start: number, ends: readonly number[]): Uint8Array[] {
  let from = start
  return ends.map((end) => {
    hash.update(bytes.subarray(from, end))
    from = end
    return new Uint8Array(hash.copy().digest())
  })
}

function hasUsableR(signature: Uint8Array): boolean {
  return signature.length === 64 && !equalBytes(signature.subarray(0, 32), IDENTITY)
}

/** SHA-256 of the bytes, 32 bytes. */
export function sha256(bytes: Uint8Array, backend: SyncBackend = defaultBackend): Uint8Array {
  return backend.rollingSha256(bytes, 0, [bytes.length])[0]!
}

const HMAC_BLOCK_LENGTH = 64

/**
 * HMAC-SHA256, 32 bytes. Written out here: for key ids it need not be fast, and a module less is loaded.
 * @param key at most 64 bytes
 * @see RFC 2104, section 2
 */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const pad = (byte: number) =>
    Uint8Array.from({ length: HMAC_BLOCK_LENGTH }, (_, index) => (key[index] ?? 0) ^ byte)
  return sha256(concatBytes(pad(0x5c), sha256(concatBytes(pad(0x36), message))))
}

let webCryptoWorks: Promise<boolean> | undefined

/**
 * Checks one signature with WebCrypto where it knows Ed25519 (secure contexts of current browsers),
 * with {@link defaultBackend} otherwise. Same rule, same answer.
 */
export async function verifyAsync(check: SignatureCheck): Promise<boolean> {
  if (nodeBackend !== undefined) return nodeBackend.verify(check)
  webCryptoWorks ??= knowsEd25519()
  if (!(await webCryptoWorks)) return nobleBackend.verify(check)
  if (!hasUsableR(check.signature)) return false
  const key = await crypto.subtle.importKey('raw', copy(check.publicKey), 'Ed25519', false, ['verify'])
  return crypto.subtle.verify('Ed25519', key, copy(check.signature), copy(check.message))
}

/** SHA-256 of every prefix, with WebCrypto where one hash is asked for: it cannot go on from a prefix. */
export async function rollingSha256Async(
  bytes: Uint8Array,
  start: number,
  ends: readonly number[],
): Promise<Uint8Array[]> {
  const subtle = nodeBackend === undefined && ends.length === 1 ? globalThis.crypto?.subtle : undefined
  if (subtle === undefined) return defaultBackend.rollingSha256(bytes, start, ends)
  const range = bytes.subarray(start, ends[0]) as Uint8Array<ArrayBuffer>
  return [new Uint8Array(await subtle.digest('SHA-256', range))]
}

async function knowsEd25519(): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey(
      'raw',
      noble.Point.BASE.toBytes() as Uint8Array<ArrayBuffer>,
      'Ed25519',
      false,
      ['verify'],
    )
    return key.type === 'public'
  } catch {
    return false // no WebCrypto here, no secure context, or one that does not know Ed25519: noble serves
  }
}

const copy = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes)

/**
 * What is wrong with a public key, or `undefined` when it may be trusted: 32 bytes, canonical, on the
 * curve, of prime order, not the identity.
 */
export function publicKeyDefect(publicKey: Uint8Array): string | undefined {
  if (publicKey.length !== 32) return `it has ${publicKey.length} bytes instead of 32`
  let point: noble.Point
  try {
    point = noble.Point.fromBytes(publicKey, false)
  } catch {
    return 'it is not the canonical encoding of a point on the curve'
  }
  if (point.is0() || point.isSmallOrder()) return 'it is of small order, so anyone can sign for it'
  if (!point.isTorsionFree()) return 'it is not of prime order'
  return undefined
}

/** The 32-byte public key of a 32-byte seed. @see RFC 8032, 5.1.5 */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  return noble.getPublicKey(seed)
}

/** Signs a message with a 32-byte seed; 64 bytes, deterministic. @see RFC 8032, 5.1.6 */
export function signMessage(message: Uint8Array, seed: Uint8Array): Uint8Array {
  if (nodeCrypto === undefined) return noble.sign(message, seed)
  const der = host.Buffer!.from(concatBytes(PKCS8_PREFIX, seed))
  return new Uint8Array(
    nodeCrypto.sign(null, message, nodeCrypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })),
  )
}

/** Bytes from the platform's random source. */
export function randomBytes(length: number): Uint8Array {
  return noble.etc.randomBytes(length)
}

/** A new 32-byte seed from the platform's random source. */
export function randomSeed(): Uint8Array {
  return noble.utils.randomSecretKey()
}
