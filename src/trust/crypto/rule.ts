/**
 * SHA-256 and Ed25519: node:crypto where there is one, noble everywhere else, WebCrypto for callers who can wait.
 *
 * All of them follow one rule (RFC 8032 made strict): the key is canonical, of prime order and not
 * the identity; S < L; R is canonical, of prime order and not the identity; the equation without
 * cofactor, [S]B = R + [k]A, holds.
 */

import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js'
import { noble, nobleBackend } from './noble.js'
import { nodeBackend, sha512Natively, signNatively, type SyncBackend } from './node.js'

export { nodeBackend, type SyncBackend } from './node.js'

/** What {@link SyncBackend} calls use when nothing else is asked for. */
export const defaultBackend: SyncBackend = nodeBackend ?? nobleBackend

/** SHA-256 of the bytes, 32 bytes. */
export function sha256(bytes: Uint8Array, backend: SyncBackend = defaultBackend): Uint8Array {
  return backend.rollingSha256(bytes, 0, [bytes.length])[0]!
}

/** SHA-512 of the bytes, 64 bytes. */
export function sha512(bytes: Uint8Array): Uint8Array {
  return sha512Natively?.(bytes) ?? nobleSha512(bytes)
}

/** HMAC-SHA256, 32 bytes. For what is short, so it need not be fast. @see RFC 2104, section 2 */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, message)
}

/** Whether two codes are the same, in a time that does not tell where they differ. */
export function isSameCode(a: Uint8Array, b: Uint8Array): boolean {
  return (
    a.length === b.length && a.reduce((differing, byte, index) => differing | (byte ^ b[index]!), 0) === 0
  )
}

/**
 * What is wrong with a public key, or `undefined` when it may be trusted: 32 bytes, canonical, on the
 * curve, of prime order, not the identity.
 */
export function publicKeyDefect(publicKey: Uint8Array): string | undefined {
  if (publicKey.length !== 32) return `it has ${publicKey.length} bytes instead of 32`
  let point: InstanceType<typeof noble.Point>
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
