/**
 * SHA-256 and Ed25519: node:crypto where there is one, noble everywhere else. Only this file and `webcrypto.ts`,
 * for asynchronous callers, name a crypto backend.
 *
 * All of them follow one rule (RFC 8032 made strict): the key is canonical, of prime order and not
 * the identity; S < L; R is canonical, of prime order and not the identity; the equation without
 * cofactor, [S]B = R + [k]A, holds.
 */

import * as noble from '@noble/ed25519'
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js'
import { concatBytes } from '../format/bytes.js'
import { hasUsableR } from '../format/signature.js'
import type { SignatureCheck } from './evidence.js'

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
