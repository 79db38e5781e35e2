/** Keys as DER: SubjectPublicKeyInfo and PKCS#8. @see RFC 5280, section 4.1; RFC 5958, section 2; RFC 8410 */

import { toHex } from '../../format/encoding.js'
import { Reader } from '../../format/reader.js'
import { type Found, unreadable } from './raw.js'

/** The tags of DER that stand in keys. @see X.690, section 8.1.2 */
const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  identifier: 0x06,
  sequence: 0x30,
  attributes: 0xa0,
  /** The public half: RFC 5958 has it as 0x81, and some makers wrap a bit string in 0xa1. */
  publicKey: 0x81,
  wrappedPublicKey: 0xa1,
} as const

const ED25519 = '2b6570'

/** What a key is that is none of Ed25519, by its object identifier, to which curves and sizes are added. */
const OTHERS: readonly (readonly [string, string])[] = [
  ['2b656e', 'an X25519 key'],
  ['2b656f', 'an X448 key'],
  ['2b6571', 'an Ed448 key'],
  ['2a864886f70d0101', 'an RSA key'],
  ['2a8648ce3d0201', 'a key of an elliptic curve for ECDSA'],
  ['2a8648ce3804', 'a DSA key'],
  ['60864801650304031', 'an ML-DSA key'],
]

/**
 * Reads one key.
 * @returns `undefined` for bytes that are no sequence from their first to their last
 * @throws Diagnostic `KEY_UNREADABLE` for another structure, or a key of another kind
 */
export function readDer(bytes: Uint8Array, source: string): Found | undefined {
  if (bytes[0] !== TAG.sequence || endOfFirst(bytes) !== bytes.length) return undefined
  const damaged = () =>
    unreadable(source, 'it is DER, and neither a public key (SPKI) nor a secret one (PKCS#8)')
  const reader = new Reader(take(new Reader(bytes, damaged), TAG.sequence), damaged)
  return peek(reader) === TAG.integer ? readSecret(reader, source) : readPublic(reader, source)
}

function endOfFirst(bytes: Uint8Array): number | undefined {
  const reader = new Reader(bytes, () => new RangeError())
  try {
    take(reader, TAG.sequence)
    return reader.offset
  } catch {
    return undefined // cut short, or no DER at all
  }
}

function readPublic(reader: Reader, source: string): Found {
  checkAlgorithm(reader, source)
  const publicKey = readBits(take(reader, TAG.bitString), reader)
  reader.finish()
  return { kind: 'public', publicKey }
}

function readSecret(reader: Reader, source: string): Found {
  const version = take(reader, TAG.integer)
  if (version.length !== 1 || version[0]! > 1) throw reader.fail('missing', 0)
  checkAlgorithm(reader, source)
  const inner = new Reader(take(reader, TAG.octetString), reader.fail)
  const seed = take(inner, TAG.octetString).slice()
  inner.finish()
  if (seed.length !== 32) throw reader.fail('missing', 0)
  if (peek(reader) === TAG.attributes) take(reader, TAG.attributes)
  const publicKey = readPublicHalf(reader)
  reader.finish()
  return { kind: 'secret', seed, ...(publicKey !== undefined && { publicKey }) }
}

function readPublicHalf(reader: Reader): Uint8Array | undefined {
  if (peek(reader) === TAG.publicKey) return readBits(take(reader, TAG.publicKey), reader)
  if (peek(reader) !== TAG.wrappedPublicKey) return undefined
  const wrapped = new Reader(take(reader, TAG.wrappedPublicKey), reader.fail)
  const publicKey = readBits(take(wrapped, TAG.bitString), reader)
  wrapped.finish()
  return publicKey
}

/** The bytes of a bit string, all of whose bits count. */
function readBits(content: Uint8Array, { fail }: Reader): Uint8Array {
  if (content.length !== 33 || content[0] !== 0) throw fail('missing', 0)
  return content.slice(1)
}

function checkAlgorithm(reader: Reader, source: string): void {
  const algorithm = new Reader(take(reader, TAG.sequence), reader.fail)
  const identifier = toHex(take(algorithm, TAG.identifier))
  if (identifier !== ED25519) {
    const other = OTHERS.find(([prefix]) => identifier.startsWith(prefix))?.[1] ?? 'a key of another kind'
    throw unreadable(source, `it is ${other}, and only Ed25519 keys sign here`)
  }
  // There should be no parameters. Some makers write NULL, which says the same.
  if (algorithm.remaining > 0 && take(algorithm, TAG.null).length > 0) throw reader.fail('missing', 0)
  algorithm.finish()
}

const peek = ({ bytes, offset, remaining }: Reader) => (remaining > 0 ? bytes[offset] : undefined)

/** The content of the next value, which must have that tag, and its length in the shortest form. */
function take(reader: Reader, tag: number): Uint8Array {
  if (reader.byte() !== tag) throw reader.fail('missing', reader.offset)
  const first = reader.byte()
  if (first < 0x80) return reader.take(first)
  const digits = first & 0x7f
  if (digits === 0 || digits > 3) throw reader.fail('missing', reader.offset)
  const length = reader.take(digits).reduce((value, byte) => value * 256 + byte, 0)
  if (length < 0x80 || length < 256 ** (digits - 1)) throw reader.fail('padded', reader.offset)
  return reader.take(length)
}
