/** Keys as values. A weak key never becomes a trusted one. */

import { isPlainObject, ownMembers } from '../../errors/check.js'
import { problem } from '../../errors/raise.js'
import { encodeUtf8, toHex } from '../../format/encoding.js'
import { hmacSha256, publicKeyDefect, publicKeyOf, randomSeed, sha256 } from '../crypto/rule.js'
import type { KeySigner } from '../statement.js'

/** A public key that may sign. */
export interface TrustedKey extends KeySigner {
  /** 32 bytes, checked by the rule of `crypto/rule.ts`. */
  publicKey: Uint8Array
}

/** A key that signs. */
export interface SecretKey {
  /** 32 bytes. */
  seed: Uint8Array
  /** 32 bytes, derived from the seed. */
  publicKey: Uint8Array
}

/** Keys that were made here, of which nothing has to be checked again. */
const MADE = new WeakSet<TrustedKey>()

/**
 * Makes a trusted key from 32 bytes, which are copied.
 * @throws Diagnostic `KEY_WEAK` when the bytes are not a safe public key
 */
export function trustedKey(publicKey: Uint8Array, name: string): TrustedKey {
  const copy = Uint8Array.from(publicKey)
  const reason = publicKeyDefect(copy)
  if (reason !== undefined) throw problem('KEY_WEAK', { source: name, reason })
  const key = Object.freeze({
    kind: 'key',
    name,
    publicKey: copy,
    keyId: toHex(defaultKeyId(copy)),
    fingerprint: toHex(sha256(copy)),
  } as const)
  MADE.add(key)
  return key
}

/** The same key under another name; what was checked is not checked again. */
export function renamedKey(key: TrustedKey, name: string): TrustedKey {
  if (!MADE.has(key)) return trustedKey(key.publicKey, name)
  const renamed = Object.freeze({ ...key, name })
  MADE.add(renamed)
  return renamed
}

/**
 * The same keys, each of which is safe: what was put together elsewhere is made again of its bytes.
 * @throws Diagnostic `KEY_WEAK`, `KEY_UNREADABLE`
 */
export function adoptKeys(keys: readonly TrustedKey[]): TrustedKey[] {
  return Array.from(keys, (key, index) => (MADE.has(key) ? key : adoptKey(key, `key ${index}`)))
}

function adoptKey(value: unknown, position: string): TrustedKey {
  const { name = position, publicKey }: Partial<TrustedKey> = isPlainObject(value) ? ownMembers(value) : {}
  if (!(publicKey instanceof Uint8Array) || typeof name !== 'string')
    throw problem('KEY_UNREADABLE', {
      source: position,
      reason: 'it is no object with a name and a public key in bytes',
    })
  return trustedKey(publicKey, name)
}

/** The key without what only verifying needs. */
export function signerOf({ kind, name, keyId, fingerprint }: TrustedKey): KeySigner {
  return { kind, name, keyId, fingerprint }
}

/** How many bytes there are in the default id of a key. @see wasmsign2, `PublicKey::attach_default_key_id` */
export const KEY_ID_LENGTH = 12

/** The id that signers give a key by default: 12 bytes of HMAC-SHA256 with the public key as the HMAC key. */
export function defaultKeyId(publicKey: Uint8Array): Uint8Array {
  return hmacSha256(publicKey, encodeUtf8('key_id')).slice(0, KEY_ID_LENGTH)
}

/** Makes a new key pair from the platform's random source. */
export function generateKey(): SecretKey {
  const seed = randomSeed()
  return { seed, publicKey: publicKeyOf(seed) }
}
