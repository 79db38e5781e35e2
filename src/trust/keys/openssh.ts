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

/** Lines of `.pub`, `authorized_keys` without options, and hosting services' `.keys` lists. */
export function readOpenSshLines(text: string, source: string): Found[] {
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
