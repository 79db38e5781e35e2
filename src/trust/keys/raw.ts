/** Keys as few bytes: the raw formats, and DER, where each encoding of Ed25519 has one length and one prefix. */

import type { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import { fromHex, startsWith } from '../../format/encoding.js'
import { PKCS8_PREFIX, SPKI_PREFIX } from '../crypto/node.js'

export type Found =
  | { kind: 'public'; publicKey: Uint8Array }
  | { kind: 'secret'; seed: Uint8Array; publicKey?: Uint8Array }

/** The first byte of the raw formats. @see wasmsign2's key files; FORMAT "Public key file" */
export const RAW_PUBLIC = 0x01

export const RAW_SECRET = 0x81

/** PKCS#8 with the public key added, up to the seed and between the two. @see RFC 5958, section 2 */
const PKCS8_V2_PREFIX = fromHex('3051020101300506032b657004220420')!

const PKCS8_V2_MIDDLE = fromHex('812100')!

export function readBinary(bytes: Uint8Array): Found | undefined {
  if (bytes.length === 33 && bytes[0] === RAW_PUBLIC) return { kind: 'public', publicKey: bytes.slice(1) }
  if (bytes.length === 65 && bytes[0] === RAW_SECRET) {
    return { kind: 'secret', seed: bytes.slice(1, 33), publicKey: bytes.slice(33) }
  }
  return readDer(bytes)
}

/** Each of the three encodings has one length and one prefix, so there is nothing to parse. */
export function readDer(bytes: Uint8Array): Found | undefined {
  if (bytes.length === 44 && startsWith(bytes, SPKI_PREFIX))
    return { kind: 'public', publicKey: bytes.slice(12) }
  if (bytes.length === 48 && startsWith(bytes, PKCS8_PREFIX)) return { kind: 'secret', seed: bytes.slice(16) }
  const isV2 = bytes.length === 83 && startsWith(bytes, PKCS8_V2_PREFIX)
  if (isV2 && startsWith(bytes.subarray(48), PKCS8_V2_MIDDLE)) {
    return { kind: 'secret', seed: bytes.slice(16, 48), publicKey: bytes.slice(51) }
  }
  return undefined
}

export function unreadable(source: string, reason: string): Diagnostic {
  return problem('KEY_UNREADABLE', { source, reason })
}
