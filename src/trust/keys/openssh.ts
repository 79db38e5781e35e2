/** Keys of OpenSSH: public lines, lists of them, and private keys without a passphrase. */

import { problem } from '../../errors/raise.js'
import {
  concatBytes,
  encodeUtf8,
  equalBytes,
  fromBase64,
  startsWith,
  toLatin1,
} from '../../format/encoding.js'
import { Reader } from '../../format/reader.js'
import { type Found, unreadable } from './raw.js'
import type { SecretKey } from './trusted-key.js'

const OPENSSH_MAGIC = 'openssh-key-v1\0'

/** @see RFC 8709, section 4 */
export function sshPublicKey(publicKey: Uint8Array): Uint8Array {
  return concatBytes(sshString(encodeUtf8('ssh-ed25519')), sshString(publicKey))
}

/** @see OpenSSH, PROTOCOL.key; the two equal check numbers only matter for encrypted keys */
export function sshSecretKey({ seed, publicKey }: SecretKey): Uint8Array {
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

/** How a line is read: the type of its key, the fields before that, and the key. */
interface Line {
  type: string
  before: readonly string[]
  blob: string
}

/** Options, names and a marker may stand before the type of a key. */
const MAX_FIELDS_BEFORE = 3

/**
 * The fields of a line, as far as one of the first is the type of a key.
 * @see OpenSSH, sshd(8), "AUTHORIZED_KEYS FILE FORMAT"
 */
function parseLine(line: string): Line | undefined {
  const fields = splitOutsideQuotes(line, /\s/, MAX_FIELDS_BEFORE + 2)
  const index = fields
    .slice(0, MAX_FIELDS_BEFORE + 1)
    .findIndex((field) => /^(?:ssh|ecdsa|sk)-[\w.@-]+$/.test(field))
  if (index === -1) return undefined
  return { type: fields[index]!, before: fields.slice(0, index), blob: fields[index + 1] ?? '' }
}

/** The first pieces of a text that are not empty. In options, separators may stand between quotes. */
function splitOutsideQuotes(text: string, separator: RegExp, max = Infinity): string[] {
  const pieces: string[] = []
  let [piece, isQuoted, isEscaped] = ['', false, false]
  for (const character of text) {
    if (character === '"' && !isEscaped) isQuoted = !isQuoted
    isEscaped = character === '\\' && !isEscaped
    if (isQuoted || !separator.test(character)) piece += character
    else if (piece !== '') {
      if (pieces.push(piece) === max) return pieces
      piece = ''
    }
  }
  return piece === '' ? pieces : [...pieces, piece]
}

/** Whether the first line that is no comment is one of OpenSSH. */
export function isOpenSsh(text: string): boolean {
  return parseLine(/^(?![ \t\r]*(?:#|$)).*/m.exec(text)?.[0] ?? '') !== undefined
}

/** Lines of `.pub`, `authorized_keys`, `allowed_signers`, and hosting services' `.keys` lists. */
export function readOpenSshLines(text: string, source: string): Found[] {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const parsed = parseLine(line)
      if (parsed === undefined) throw unreadable(source, 'an OpenSSH line has no type of a key')
      return parsed
    })
  const wanted = lines.filter(({ type }) => type === 'ssh-ed25519')
  if (wanted.length === 0) {
    const types = [...new Set(lines.map(({ type }) => type))].slice(0, 5)
    throw unreadable(source, `it holds OpenSSH keys of another type: ${types.join(', ')}`)
  }
  return wanted.map((line) => readLine(line, source))
}

/** A line that revokes a key, or is for certificates that it has signed, is no word that the key itself may sign. */
function readLine({ before, blob }: Line, source: string): Found {
  const words = before.flatMap((field) => splitOutsideQuotes(field, /,/))
  const other = words.find((word) => /^@|^cert-authority$/i.test(word))
  if (other !== undefined)
    throw unreadable(source, `an OpenSSH line says ${other}, and is for something else`)
  return readOpenSshBlob(fromBase64(blob), source)
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
export function readOpenSshSecret(bytes: Uint8Array, source: string): Found {
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
