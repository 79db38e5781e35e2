/** Text or bytes of every key format to keys. */

import { problem } from '../../errors/raise.js'
import { equalBytes, fromBase64, fromHex, toLatin1 } from '../../format/encoding.js'
import { publicKeyOf } from '../crypto/rule.js'
import { readJwk } from './jwk.js'
import { readOpenSshLines } from './openssh.js'
import { readPem } from './pem.js'
import { type Found, readBinary, unreadable } from './raw.js'
import { type SecretKey, type TrustedKey, trustedKey } from './trusted-key.js'

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

function readText(text: string, source: string): Found[] {
  const trimmed = text.replace(/^\ufeff/, '').trim()
  if (trimmed === '') throw unreadable(source, 'it is empty')
  if (trimmed.includes('-----BEGIN ')) return readPem(trimmed, source)
  if (trimmed.startsWith('{')) return readJwk(trimmed, source)
  if (/^(?:ssh-|ecdsa-|sk-)/.test(skipComments(trimmed))) return readOpenSshLines(trimmed, source)
  return [readEncoded(trimmed, source)].flat()
}

/** What follows the lines that begin with `#`. A loop, since an expression would remember each line. */
function skipComments(text: string): string {
  let at = 0
  while (text[at] === '#') {
    const end = text.indexOf('\n', at)
    at = end === -1 ? text.length : end + 1
    while (at < text.length && text[at]!.trim() === '') at++
  }
  return text.slice(at)
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
