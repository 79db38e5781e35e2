/**
 * The payload of a `signature` section: decode, encode, and the message that is signed.
 *
 * @see tool-conventions, Signatures.md. Its tables omit the length in front of each set and each
 *   record; the files that exist have it, and so has this code.
 */

import { ascii, concatBytes, encodeVaruint32, equalBytes } from './encoding.js'
import { type Fail, Reader } from './reader.js'

/** spec_version, content_type (of components, too) and hash_fn (SHA-256). */
const HEADER = Uint8Array.of(0x01, 0x01, 0x01)

/**
 * The version that wsc gives to a section of another format, with a certificate and an entry of a log in the place of a
 * key. Nobody but wsc reads it.
 */
const KEYLESS_VERSION = 0x02

const MESSAGE_PREFIX = ascii('wasmsig')

/** The only signature algorithm there is. */
export const ED25519 = 0x01

/** The limits of the format's other implementations; data beyond them is refused. */
const LIMITS = { sets: 64, hashes: 64, records: 256, certificates: 16, bytes: 16 * 1024 * 1024 }

const HASH_LENGTH = 32

const SIGNATURE_LENGTH = 64

/** One signature over the hashes of its set. */
export interface SignatureRecord {
  /** A hint which key signed; not signed itself, may be empty. */
  keyId: Uint8Array
  algorithm: number
  /** 64 bytes for {@link ED25519}. */
  signature: Uint8Array
  /** DER certificates; absent and empty are two different encodings. */
  certificates?: Uint8Array[]
}

/** Hashes of consecutive boundaries, and the signatures over all of them together. */
export interface SignatureSet {
  /** 32 bytes each. */
  hashes: Uint8Array[]
  records: SignatureRecord[]
}

/**
 * Decodes the payload of a signature section, or the whole of a detached signature file.
 * @param payload not copied; the result aliases it
 * @param fail makes the error that is thrown on anything that an honest writer would not write
 */
export function decodeSignature(payload: Uint8Array, fail: Fail): SignatureSet[] {
  const reader = new Reader(payload, fail)
  const header = reader.take(HEADER.length)
  if (header[0] === KEYLESS_VERSION) throw fail('keyless')
  if (!equalBytes(header, HEADER)) throw fail('header', ...header)
  const sets = readList(reader, LIMITS.sets, readSet)
  reader.finish()
  return sets
}

function readSet(outer: Reader): SignatureSet {
  const reader = readNested(outer)
  const hashes = readList(reader, LIMITS.hashes, () => reader.take(HASH_LENGTH))
  const records = readList(reader, LIMITS.records, readRecord)
  reader.finish()
  return { hashes, records }
}

function readRecord(outer: Reader): SignatureRecord {
  const reader = readNested(outer)
  const keyId = readBytes(reader)
  const algorithm = reader.byte()
  const signature = readBytes(reader)
  if (algorithm === ED25519 && signature.length !== SIGNATURE_LENGTH)
    throw reader.fail('signature length', signature.length)
  if (reader.remaining === 0) return { keyId, algorithm, signature }
  const certificates = readList(reader, LIMITS.certificates, readBytes)
  reader.finish()
  return { keyId, algorithm, signature, certificates }
}

/** Reads a count and that many items; every item takes a byte at least, so the count is checked first. */
function readList<T>(reader: Reader, max: number, read: (reader: Reader) => T): T[] {
  const count = reader.shortestVaruint32()
  const possible = Math.min(max, reader.remaining)
  if (count > possible) throw reader.fail('count', count, possible, reader.offset)
  return Array.from({ length: count }, () => read(reader))
}

function readBytes(reader: Reader): Uint8Array {
  const length = reader.shortestVaruint32()
  if (length > LIMITS.bytes) throw reader.fail('count', length, LIMITS.bytes, reader.offset)
  return reader.take(length)
}

function readNested(outer: Reader): Reader {
  return new Reader(readBytes(outer), outer.fail)
}

/**
 * Whether an Ed25519 signature has its 64 bytes and the first half, R, is not the identity, the point (0, 1): with that
 * as R, any key of small order would do.
 */
export function hasUsableR(signature: Uint8Array): boolean {
  const isIdentity = signature.subarray(0, 32).every((byte, index) => byte === (index === 0 ? 1 : 0))
  return signature.length === SIGNATURE_LENGTH && !isIdentity
}

/** Encodes signature data; the inverse of {@link decodeSignature}, byte for byte. */
export function encodeSignature(sets: readonly SignatureSet[]): Uint8Array {
  return concatBytes(HEADER, ...counted(sets, (set) => prefixed(encodeSet(set))))
}

function encodeSet({ hashes, records }: SignatureSet): Uint8Array {
  return concatBytes(
    ...counted(hashes, (hash) => hash),
    ...counted(records, (record) => prefixed(encodeRecord(record))),
  )
}

function encodeRecord(record: SignatureRecord): Uint8Array {
  const { keyId, algorithm, signature } = record
  // Whether there is a list is part of the encoding, so that it is the record's own.
  const certificates = Object.hasOwn(record, 'certificates') ? record.certificates : undefined
  const fields = [prefixed(keyId), Uint8Array.of(algorithm), prefixed(signature)]
  return concatBytes(...fields, ...(certificates === undefined ? [] : counted(certificates, prefixed)))
}

function counted<T>(items: readonly T[], encode: (item: T) => Uint8Array): Uint8Array[] {
  return [encodeVaruint32(items.length), ...items.map(encode)]
}

function prefixed(bytes: Uint8Array): Uint8Array {
  return concatBytes(encodeVaruint32(bytes.length), bytes)
}

/** The bytes that a signature of a set with these hashes signs. The only place that makes them. */
export function signedMessage(hashes: readonly Uint8Array[]): Uint8Array {
  return concatBytes(MESSAGE_PREFIX, HEADER, ...hashes)
}
