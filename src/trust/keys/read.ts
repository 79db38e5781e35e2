/** Text or bytes of every key format to keys. */

import { problem } from '../../errors/raise.js'
import { equalBytes, fromBase64, fromHex, toLatin1 } from '../../format/encoding.js'
import { publicKeyOf } from '../crypto/rule.js'
import { readDer } from './der.js'
import { readJwk } from './jwk.js'
import { isOpenSsh, readOpenSshLines } from './openssh.js'
import { PEM_BEGIN, readPem } from './pem.js'
import { type Found, readRaw, unreadable } from './raw.js'
import { type SecretKey, type TrustedKey, trustedKey } from './trusted-key.js'

/**
 * Reads every public key in a file, a variable or a literal.
 * @param data PEM (one or more blocks), DER, JWK or JWK set, OpenSSH lines (other key types are skipped), the raw format or 32
 *   bytes; hex of bytes, base64 of bytes or of a text, wrapped or not; texts also as UTF-16, and with `\\n` for line ends
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
  if (secret === undefined && data.length === 32)
    throw unreadable(
      source,
      'it holds 32 bytes, and not which half of a key they are; a secret key has to say it',
    )
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
  // The raw key of 32 bytes has no mark. That all of them are letters by chance is out of the question.
  const found = (isAscii(bytes) ? undefined : readRaw(bytes)) ?? readDer(bytes, source)
  if (found !== undefined) return [found]
  const text = decodeText(bytes)
  if (text === undefined)
    throw unreadable(source, `it holds ${bytes.length} bytes in no key format known here`)
  return readText(text, source)
}

const isAscii = (bytes: Uint8Array) =>
  bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13))

/**
 * The text of a file, in the encodings that shells and editors write; a key in text form is ASCII but for comments, so bytes
 * that no text has mean another kind of file.
 */
function decodeText(bytes: Uint8Array): string | undefined {
  const [first, second] = [bytes[0], bytes[1]]
  const isLittle = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0 && bytes[3] === 0)
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0 && bytes[2] === 0)
  const units = isLittle || isBig ? bytes.filter((_, index) => index % 2 === (isBig ? 1 : 0)) : bytes
  const text = toLatin1(units).replace(/^\u00ef\u00bb\u00bf|^[\u00fe\u00ff]/, '')
  return /[\x00-\x08\x0e-\x1f]/.test(text) ? undefined : text
}

/** Texts of other tools, by how they begin, so that whoever gives one is told what it is. */
const OTHER_TEXTS: readonly (readonly [RegExp, string])[] = [
  [
    /^---- BEGIN SSH2 /,
    'a key in the format of RFC 4716; `ssh-keygen -i -f <file>` makes an OpenSSH line of it',
  ],
  [/^PuTTY-User-Key-File-/, 'a key file of PuTTY; PuTTYgen exports it as OpenSSH'],
  [/^untrusted comment:/, 'a key of minisign or signify, whose signatures are others'],
  [/^(?:age1|AGE-SECRET-KEY-)/, 'a key of age, which encrypts and does not sign'],
  [/^-----BEGIN/, 'a PEM block that is not complete'],
]

/** @param isInner whether the text was in base64 itself */
function readText(text: string, source: string, isInner = false): Found[] {
  const trimmed = unquote(text.replace(/^\ufeff/, '').trim())
  if (trimmed === '') throw unreadable(source, 'it is empty')
  if (trimmed.includes(PEM_BEGIN)) return readPem(withLines(trimmed), source)
  if (trimmed.startsWith('{')) return readJwk(isJson(trimmed) ? trimmed : withLines(trimmed), source)
  const other = OTHER_TEXTS.find(([begin]) => begin.test(trimmed))
  if (other !== undefined) throw unreadable(source, `it is ${other[1]}`)
  if (isOpenSsh(trimmed)) return readOpenSshLines(withLineBreaks(trimmed), source)
  return readEncoded(trimmed, source, isInner)
}

/** Quotes around it come from files with variables. */
const unquote = (text: string) => /^(["'])([^]*)\1$/.exec(text)?.[2]?.trim() ?? text

/** Many CI systems keep a text of several lines on one, with two characters for a line end. */
const withLines = (text: string) => text.replaceAll('\\r', '').replaceAll('\\n', '\n')

function isJson(text: string): boolean {
  try {
    return JSON.parse(text) !== undefined
  } catch {
    return false // perhaps with escapes in the place of line ends
  }
}

/** The same, where a comment may hold these characters and mean a path: only before what begins a line. */
const withLineBreaks = (text: string) => text.replace(/(?:\\r)?\\n(?=\s*(?:ssh-|ecdsa-|sk-|#|$))/g, '\n')

/** Hex before base64: 64 hex digits are base64, too, and mean a 32-byte key to everyone. */
function readEncoded(wrapped: string, source: string, isInner: boolean): Found[] {
  const text = withLines(wrapped).replace(/\s/g, '')
  const bytes = fromHex(text) ?? fromBase64(text)
  if (bytes === undefined) throw unreadable(source, 'it is in no text format known here')
  const found = readRaw(bytes) ?? readDer(bytes, source)
  if (found !== undefined) return [found]
  const inner = isInner ? undefined : decodeText(bytes)
  if (inner !== undefined && isKeyText(inner)) return readText(inner, source, true)
  throw unreadable(source, `it holds ${bytes.length} bytes in no key format known here`)
}

/** Whether a text is a key, or meant to be one, rather than a path. Most keys are, whatever their encoding. */
export function isKeyText(text: string): boolean {
  const trimmed = unquote(text.replace(/^\ufeff/, '').trim())
  if (trimmed.includes(PEM_BEGIN) || trimmed.startsWith('{') || isOpenSsh(trimmed)) return true
  if (OTHER_TEXTS.some(([begin]) => begin.test(trimmed))) return true
  const plain = withLines(trimmed).replace(/\s/g, '')
  const bytes = fromHex(plain) ?? fromBase64(plain)
  if (bytes === undefined) return false
  if (readRaw(bytes) !== undefined || (bytes[0] === 0x30 && bytes[1] === bytes.length - 2)) return true
  const inner = decodeText(bytes)
  return (
    inner !== undefined &&
    (inner.includes(PEM_BEGIN) || inner.trimStart().startsWith('{') || isOpenSsh(inner))
  )
}
