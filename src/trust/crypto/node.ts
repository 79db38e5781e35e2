/** Node's own SHA-256 and Ed25519. See `rule.ts` for the rule. */

import { concatBytes, fromHex } from '../../format/encoding.js'
import { hasUsableR } from '../../format/signature.js'

/** What one signature check needs. `publicKey` is that of a trusted key, so it is a good one: see `rule.ts`. */
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
  createHash(algorithm: 'sha256' | 'sha512'): NodeHash
  createPublicKey(options: { key: unknown; format: 'der'; type: 'spki' }): object
  createPrivateKey(options: { key: unknown; format: 'der'; type: 'pkcs8' }): object
  verify(algorithm: null, message: Uint8Array, key: object, signature: Uint8Array): boolean
  sign(algorithm: null, message: Uint8Array, key: object): Uint8Array
}

interface Platform {
  process?: { getBuiltinModule?: (id: string) => unknown; versions?: { node?: string } }
  Buffer?: { from(bytes: Uint8Array): unknown }
}

const platform = globalThis as Platform

const nodeCrypto = platform.process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined

/** SPKI and PKCS#8 of Ed25519 up to the 32 key bytes. @see RFC 8410, sections 4 and 7 */
export const SPKI_PREFIX: Uint8Array = fromHex('302a300506032b6570032100')!

/** See {@link SPKI_PREFIX}; a PKCS#8 file of version 1, without attributes. */
export const PKCS8_PREFIX: Uint8Array = fromHex('302e020100300506032b657004220420')!

const nativeKeys = new WeakMap<Uint8Array, object>()

function nativeKey(crypto: NodeCrypto, publicKey: Uint8Array): object {
  let key = nativeKeys.get(publicKey)
  if (key === undefined) {
    const der = platform.Buffer!.from(concatBytes(SPKI_PREFIX, publicKey))
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

/** Signs a message with a 32-byte seed; `undefined` outside of Node. @see RFC 8032, 5.1.6 */
export const signNatively: ((message: Uint8Array, seed: Uint8Array) => Uint8Array) | undefined =
  nodeCrypto &&
  ((message, seed) => {
    const der = platform.Buffer!.from(concatBytes(PKCS8_PREFIX, seed))
    const key = nodeCrypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    return new Uint8Array(nodeCrypto.sign(null, message, key))
  })

/** SHA-512; `undefined` outside of Node. */
export const sha512Natively: ((bytes: Uint8Array) => Uint8Array) | undefined =
  nodeCrypto && ((bytes) => new Uint8Array(nodeCrypto.createHash('sha512').update(bytes).digest()))

/** A hash that can be copied part way. */
interface Hash {
  update(data: Uint8Array): unknown
  copy(): { digest(): Uint8Array }
  digest(): Uint8Array
}

/** SHA-256 of every prefix. See {@link SyncBackend}. */
export function rolling(hash: Hash, bytes: Uint8Array, start: number, ends: readonly number[]): Uint8Array[] {
  let from = start
  return ends.map((end, index) => {
    hash.update(bytes.subarray(from, end))
    from = end
    const isLast = index === ends.length - 1
    return new Uint8Array((isLast ? hash : hash.copy()).digest())
  })
}
