/** Keys: text or bytes of every format we read to a key and back. Weak keys never get past here. */

import { type Diagnostic, problem } from '../errors.js'
import {
  concatBytes,
  encodeUtf8,
  equalBytes,
  fromBase64,
  fromHex,
  type Hex,
  Reader,
  startsWith,
  toBase64,
  toHex,
  toLatin1,
} from '../format/bytes.js'
import { hmacSha256, publicKeyDefect, publicKeyOf, randomSeed, sha256 } from './ed25519.js'
import { PKCS8_PREFIX, SPKI_PREFIX } from './native.js'

/** A public key that may sign. */
export interface TrustedKey {
  /** How the person who configured it knows it: a path, a variable, a position. */
  name: string
  /** 32 bytes, checked by the rule of `ed25519.ts`. */
  publicKey: Uint8Array
  /** The id that other tools write into signatures of this key by default, 12 bytes. A hint, never an identity. */
  keyId: Hex
  /** SHA-256 of the public key. */
  fingerprint: Hex
}

/** A key that signs. */
export interface SecretKey {
  /** 32 bytes. */
  seed: Uint8Array
  /** 32 bytes, derived from the seed. */
  publicKey: Uint8Array
}

type Found =
  | { kind: 'public'; publicKey: Uint8Array }
  | { kind: 'secret'; seed: Uint8Array; publicKey?: Uint8Array }

/** The first byte of the raw formats. @see wasmsign2's key files; FORMAT "Public key file" */
const RAW_PUBLIC = 0x01
const RAW_SECRET = 0x81

const OPENSSH_MAGIC = 'openssh-key-v1\0'

/** PKCS#8 with the public key added, up to the seed and between the two. @see RFC 5958, section 2 */
const PKCS8_V2_PREFIX = fromHex('3051020101300506032b657004220420')!
const PKCS8_V2_MIDDLE = fromHex('812100')!

/**
 * Reads every public key in a file, a variable or a literal.
 * @param data PEM (one or more blocks), DER, JWK or JWK set, OpenSSH lines (other key types are
 *   skipped), the raw format, or hex or base64 of a raw key
 * @param source names the key in verdicts and errors
 * @returns one key at least
 * @throws Diagnostic `KEY_UNREADABLE`, `KEY_WEAK`, `KEY_SECRET` or `KEY_ENCRYPTED`; never with key material
 */
export function parsePublicKeys(data: Uint8Array | string, source: string): TrustedKey[] {
  const found = readKeys(data, source)
  if (found.some(({ kind }) => kind === 'secret')) throw problem('KEY_SECRET', { source })
  return found.map(({ publicKey }, index) =>
    trustedKey(publicKey!, found.length === 1 ? source : `${source}#${index + 1}`),
  )
}

/**
 * Makes a trusted key from 32 bytes.
 * @throws Diagnostic `KEY_WEAK` when the bytes are not a safe public key
 */
export function trustedKey(publicKey: Uint8Array, name: string): TrustedKey {
  const reason = publicKeyDefect(publicKey)
  if (reason !== undefined) throw problem('KEY_WEAK', { source: name, reason })
  const copy = Uint8Array.from(publicKey)
  return { name, publicKey: copy, keyId: toHex(defaultKeyId(copy)), fingerprint: toHex(sha256(copy)) }
}

/** The id that signers give a key by default: 12 bytes of HMAC-SHA256 with the public key as the HMAC key. */
export function defaultKeyId(publicKey: Uint8Array): Uint8Array {
  return hmacSha256(publicKey, encodeUtf8('key_id')).slice(0, 12)
}

/**
 * Reads the one secret key in a file or text; public keys beside it are ignored.
 * @throws Diagnostic `KEY_UNREADABLE`, `KEY_NOT_SECRET`, `KEY_MISMATCH` or `KEY_ENCRYPTED`
 */
export function parseSecretKey(data: Uint8Array | string, source: string): SecretKey {
  const secrets = readKeys(data, source).filter((found) => found.kind === 'secret')
  const [secret, ...others] = secrets
  if (secret === undefined) throw problem('KEY_NOT_SECRET', { source })
  if (others.length > 0) throw unreadable(source, 'it holds several secret keys')
  const publicKey = publicKeyOf(secret.seed)
  if (secret.publicKey && !equalBytes(secret.publicKey, publicKey)) throw problem('KEY_MISMATCH', { source })
  return { seed: secret.seed, publicKey }
}

/** Makes a new key pair from the platform's random source. */
export function generateKey(): SecretKey {
  const seed = randomSeed()
  return { seed, publicKey: publicKeyOf(seed) }
}

/** The formats keys are written in. */
export type KeyFormat = 'pem' | 'raw' | 'jwk' | 'openssh'

/** Every {@link KeyFormat}. */
export const KEY_FORMATS: readonly KeyFormat[] = ['pem', 'raw', 'jwk', 'openssh']

const PUBLIC_WRITERS: Record<KeyFormat, (publicKey: Uint8Array) => Uint8Array> = {
  raw: (publicKey) => concatBytes(Uint8Array.of(RAW_PUBLIC), publicKey),
  pem: (publicKey) => pem('PUBLIC KEY', concatBytes(SPKI_PREFIX, publicKey)),
  jwk: (publicKey) => jwk({ x: publicKey }),
  openssh: (publicKey) => encodeUtf8(`ssh-ed25519 ${toBase64(sshPublicKey(publicKey))}\n`),
}

const SECRET_WRITERS: Record<KeyFormat, (key: SecretKey) => Uint8Array> = {
  raw: ({ seed, publicKey }) => concatBytes(Uint8Array.of(RAW_SECRET), seed, publicKey),
  pem: ({ seed }) => pem('PRIVATE KEY', concatBytes(PKCS8_PREFIX, seed)),
  jwk: ({ seed, publicKey }) => jwk({ x: publicKey, d: seed }),
  openssh: (key) => pem('OPENSSH PRIVATE KEY', sshSecretKey(key)),
}

/** A public key as the content of a file. */
export function formatPublicKey({ publicKey }: Pick<SecretKey, 'publicKey'>, format: KeyFormat): Uint8Array {
  return PUBLIC_WRITERS[format](publicKey)
}

/** A secret key as the content of a file. */
export function formatSecretKey(key: SecretKey, format: KeyFormat): Uint8Array {
  return SECRET_WRITERS[format](key)
}

function pem(label: string, der: Uint8Array): Uint8Array {
  const lines = toBase64(der).match(/.{1,64}/g)!
  return encodeUtf8([`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n'))
}

/** @see RFC 8037, section 2 */
function jwk(fields: Record<string, Uint8Array>): Uint8Array {
  const encoded = Object.entries(fields).map(([name, bytes]) => [name, toBase64Url(bytes)])
  return encodeUtf8(
    `${JSON.stringify({ kty: 'OKP', crv: 'Ed25519', ...Object.fromEntries(encoded) }, null, 2)}\n`,
  )
}

function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** @see RFC 8709, section 4 */
function sshPublicKey(publicKey: Uint8Array): Uint8Array {
  return concatBytes(sshString(encodeUtf8('ssh-ed25519')), sshString(publicKey))
}

/** @see OpenSSH, PROTOCOL.key; the two equal check numbers only matter for encrypted keys */
function sshSecretKey({ seed, publicKey }: SecretKey): Uint8Array {
  const none = sshString(encodeUtf8('none'))
  const secret = concatBytes(
    new Uint8Array(8),
    sshPublicKey(publicKey),
    sshString(concatBytes(seed, publicKey)),
    sshString(new Uint8Array()),
  )
  const padding = Uint8Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1)
  return concatBytes(
    encodeUtf8(OPENSSH_MAGIC),
    none,
    none,
    sshString(new Uint8Array()),
    uint32(1),
    sshString(sshPublicKey(publicKey)),
    sshString(concatBytes(secret, padding)),
  )
}

function sshString(bytes: Uint8Array): Uint8Array {
  return concatBytes(uint32(bytes.length), bytes)
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}

function readKeys(data: Uint8Array | string, source: string): Found[] {
  if (typeof data === 'string') return readText(data, source)
  // A copy, because `slice` of Node's Buffer is a view of what somebody else may write to.
  const bytes = Uint8Array.from(data)
  const binary = readBinary(bytes)
  if (binary !== undefined) return [binary]
  const text = toLatin1(bytes)
  // A key file in text form is ASCII but for comments, so bytes that no text has mean another kind of file.
  if (/[\x00-\x08\x0e-\x1f]/.test(text)) throw unreadable(source, 'it is in no binary key format known here')
  return readText(text.replace(/^\u00ef\u00bb\u00bf/, ''), source)
}

function readBinary(bytes: Uint8Array): Found | undefined {
  if (bytes.length === 33 && bytes[0] === RAW_PUBLIC) return { kind: 'public', publicKey: bytes.slice(1) }
  if (bytes.length === 65 && bytes[0] === RAW_SECRET) {
    return { kind: 'secret', seed: bytes.slice(1, 33), publicKey: bytes.slice(33) }
  }
  return readDer(bytes)
}

/** Each of the three encodings has one length and one prefix, so there is nothing to parse. */
function readDer(bytes: Uint8Array): Found | undefined {
  if (bytes.length === 44 && startsWith(bytes, SPKI_PREFIX))
    return { kind: 'public', publicKey: bytes.slice(12) }
  if (bytes.length === 48 && startsWith(bytes, PKCS8_PREFIX)) return { kind: 'secret', seed: bytes.slice(16) }
  const isV2 = bytes.length === 83 && startsWith(bytes, PKCS8_V2_PREFIX)
  if (isV2 && startsWith(bytes.subarray(48), PKCS8_V2_MIDDLE)) {
    return { kind: 'secret', seed: bytes.slice(16, 48), publicKey: bytes.slice(51) }
  }
  return undefined
}

function readText(text: string, source: string): Found[] {
  const trimmed = text.replace(/^\ufeff/, '').trim()
  if (trimmed === '') throw unreadable(source, 'it is empty')
  if (trimmed.includes('-----BEGIN ')) return readPem(trimmed, source)
  if (trimmed.startsWith('{')) return readJwk(trimmed, source)
  // Each comment ends at its line end, so that there is one way only to match and no time to lose on backtracking.
  if (/^(?:#[^\n]*\n\s*)*(?:ssh-|ecdsa-|sk-)/.test(trimmed)) return readOpenSshLines(trimmed, source)
  return [readEncoded(trimmed, source)].flat()
}

/** Hex before base64: 64 hex digits are base64, too, and mean a 32-byte key to everyone. */
function readEncoded(text: string, source: string): Found | Found[] {
  const bytes = fromHex(text) ?? fromBase64(text)
  if (bytes === undefined) throw unreadable(source, 'it is in no text format known here')
  if (bytes.length === 32) return { kind: 'public', publicKey: bytes }
  const found = readBinary(bytes)
  if (found !== undefined) return found
  const inner = toLatin1(bytes)
  if (inner.startsWith('-----BEGIN ')) return readPem(inner, source)
  throw unreadable(source, `it holds ${bytes.length} bytes in no key format known here`)
}

function readPem(text: string, source: string): Found[] {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)]
  if (blocks.length !== text.split('-----BEGIN ').length - 1)
    throw unreadable(source, 'a PEM block is not complete')
  return blocks.map(([, label, body]) => readPemBlock(label!, body!.replace(/\s/g, ''), source))
}

function readPemBlock(label: string, body: string, source: string): Found {
  if (label === 'ENCRYPTED PRIVATE KEY') throw problem('KEY_ENCRYPTED', { source })
  const bytes = fromBase64(body)
  if (bytes === undefined) throw unreadable(source, 'a PEM block is not base64')
  if (label === 'OPENSSH PRIVATE KEY') return readOpenSshSecret(bytes, source)
  const found = readDer(bytes)
  const kind = { 'PUBLIC KEY': 'public', 'PRIVATE KEY': 'secret' }[label]
  if (kind === undefined || found?.kind !== kind)
    throw unreadable(source, `its PEM block "${label}" is not an Ed25519 key`)
  return found
}

/** @see RFC 8037, section 2 */
function readJwk(text: string, source: string): Found[] {
  let json: { keys?: unknown }
  try {
    json = JSON.parse(text) as { keys?: unknown }
  } catch {
    throw unreadable(source, 'it is not JSON') // the parser's own message would quote the key
  }
  const keys: unknown[] = Array.isArray(json.keys) ? json.keys : [json]
  const found = keys.flatMap((key) => readJwkMember(key as Record<string, unknown> | null, source))
  if (found.length === 0) throw unreadable(source, 'it holds no Ed25519 key (kty OKP, crv Ed25519)')
  return found
}

function readJwkMember(key: Record<string, unknown> | null, source: string): Found[] {
  if (key?.['kty'] !== 'OKP' || key['crv'] !== 'Ed25519') return []
  const publicKey = readJwkField(key['x'], source)
  return [
    key['d'] === undefined
      ? { kind: 'public', publicKey }
      : { kind: 'secret', seed: readJwkField(key['d'], source), publicKey },
  ]
}

function readJwkField(value: unknown, source: string): Uint8Array {
  const bytes = typeof value === 'string' ? fromBase64(value) : undefined
  if (bytes?.length !== 32) throw unreadable(source, 'a field of the JWK is not 32 bytes of base64url')
  return bytes
}

/** Lines of `.pub`, `authorized_keys` without options, and hosting services' `.keys` lists. */
function readOpenSshLines(text: string, source: string): Found[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  const found = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line): Found[] => {
      const [type, blob] = line.split(/[ \t]+/)
      if (!/^(?:ssh|ecdsa|sk)-/.test(type!))
        throw unreadable(source, 'an OpenSSH line does not start with a key type')
      return type === 'ssh-ed25519' ? [readOpenSshBlob(fromBase64(blob ?? ''), source)] : []
    })
  if (found.length === 0) throw unreadable(source, 'none of its OpenSSH lines is an ssh-ed25519 key')
  return found
}

/** @see RFC 8709, section 4; strings as in RFC 4251, section 5 */
function readOpenSshBlob(blob: Uint8Array | undefined, source: string): Found {
  const reader = sshReader(blob ?? new Uint8Array(), source)
  if (toLatin1(readSshString(reader)) !== 'ssh-ed25519')
    throw unreadable(source, 'an OpenSSH key is of another type than its line says')
  const publicKey = readSshString(reader).slice()
  reader.finish()
  return { kind: 'public', publicKey }
}

/** @see OpenSSH, PROTOCOL.key */
function readOpenSshSecret(bytes: Uint8Array, source: string): Found {
  const magic = encodeUtf8(OPENSSH_MAGIC)
  if (!startsWith(bytes, magic)) throw unreadable(source, 'it is not an OpenSSH key of version 1')
  const outer = sshReader(bytes.subarray(magic.length), source)
  const cipher = toLatin1(readSshString(outer))
  if (cipher !== 'none') throw problem('KEY_ENCRYPTED', { source })
  readSshString(outer) // the name of the key derivation function, "none" like the cipher
  readSshString(outer) // its options, empty
  if (readUint32(outer) !== 1) throw unreadable(source, 'it holds several OpenSSH keys')
  readSshString(outer) // the public key, which stands in the secret part as well
  const inner = sshReader(readSshString(outer), source)
  outer.finish()
  if (readUint32(inner) !== readUint32(inner)) throw unreadable(source, 'the OpenSSH key is damaged')
  if (toLatin1(readSshString(inner)) !== 'ssh-ed25519')
    throw unreadable(source, 'the OpenSSH key is of another type')
  const publicKey = readSshString(inner).slice()
  const pair = readSshString(inner)
  if (pair.length !== 64 || !equalBytes(pair.subarray(32), publicKey))
    throw problem('KEY_MISMATCH', { source })
  return { kind: 'secret', seed: pair.slice(0, 32), publicKey }
}

function sshReader(bytes: Uint8Array, source: string): Reader {
  return new Reader(bytes, () => unreadable(source, 'the OpenSSH key is damaged'))
}

function readSshString(reader: Reader): Uint8Array {
  return reader.take(readUint32(reader))
}

function readUint32(reader: Reader): number {
  return reader.take(4).reduce((value, byte) => value * 256 + byte, 0)
}

function unreadable(source: string, reason: string): Diagnostic {
  return problem('KEY_UNREADABLE', { source, reason })
}
