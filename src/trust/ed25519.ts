/**
 * SHA-256 and Ed25519: node:crypto where there is one, noble everywhere else. Only this file, `native.ts` and, for
 * asynchronous callers, `webcrypto.ts` name a crypto backend.
 *
 * All of them follow one rule (RFC 8032 made strict): the key is canonical, of prime order and not
 * the identity; S < L; R is canonical, of prime order and not the identity; the equation without
 * cofactor, [S]B = R + [k]A, holds.
 */

import * as noble from '@noble/ed25519'
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js'
import { concatBytes } from '../format/bytes.js'
import { hasUsableR } from '../format/signature.js'
import { nodeBackend, rolling, signNatively, type SyncBackend } from './native.js'

export { nodeBackend, type SyncBackend } from './native.js'

noble.hashes.sha512 = nobleSha512

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
  return signNatively?.(message, seed) ?? noble.sign(message, seed)
}

/** Bytes from the platform's random source. */
export function randomBytes(length: number): Uint8Array {
  return noble.etc.randomBytes(length)
}

/** A new 32-byte seed from the platform's random source. */
export function randomSeed(): Uint8Array {
  return noble.utils.randomSecretKey()
}
