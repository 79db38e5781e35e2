/** Bytes to text and back: LEB128, hexadecimal, base64, UTF-8. Pure ECMAScript. */

/** Lower-case hexadecimal text, two digits a byte. */
export type Hex = string

/** The shortest LEB128 encoding of an unsigned 32-bit number. */
export function encodeVaruint32(value: number): Uint8Array {
  const bytes: number[] = []
  do {
    const low = value % 128
    value = Math.floor(value / 128)
    bytes.push(value > 0 ? low | 0x80 : low)
  } while (value > 0)
  return Uint8Array.from(bytes)
}

/** A new array holding the parts one after another. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joinBytes(parts)
}

/** Like {@link concatBytes}, for parts that are too many to be arguments. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** Whether both hold the same bytes. Not constant time: nothing compared here is secret. */
export function equalBytes(a: Uint8Array, b: ArrayLike<number>): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

/** Whether `bytes` begins with `prefix`. */
export function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, prefix.length), prefix)
}

/** Bytes to lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): Hex {
  let text = ''
  for (const byte of bytes) text += (byte + 256).toString(16).slice(1)
  return text
}

/** Hexadecimal of either case to bytes; `undefined` when the text is anything else. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined
  return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
  )
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Bytes to base64 with padding. Own code, since a bare realm has no `btoa`; for keys, not for files. */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let index = 0; index < bytes.length; index += 3) {
    const [a, b, c] = [bytes[index]!, bytes[index + 1], bytes[index + 2]]
    const group = (a << 16) | ((b ?? 0) << 8) | (c ?? 0)
    text += BASE64[group >> 18]! + BASE64[(group >> 12) & 63]!
    text +=
      (b === undefined ? '=' : BASE64[(group >> 6) & 63]!) + (c === undefined ? '=' : BASE64[group & 63]!)
  }
  return text
}

/**
 * Base64 to bytes; `undefined` when the text is not the one canonical encoding of them.
 * @param text standard or URL-safe alphabet, padding optional, no white space
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const digits = text
    .replace(/={1,2}$/, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
  if (!/^[A-Za-z0-9+/]*$/.test(digits) || digits.length % 4 === 1) return undefined
  if (text.includes('=') && text.length % 4 !== 0) return undefined
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4))
  for (let index = 0, bits = 0, width = 0, at = 0; index < digits.length; index++) {
    bits = ((bits << 6) | BASE64.indexOf(digits[index]!)) & 0xffff
    width += 6
    if (width >= 8) bytes[at++] = bits >> (width -= 8)
  }
  return toBase64(bytes).replace(/=+$/, '') === digits ? bytes : undefined
}

/** One byte a character, U+0000 to U+00FF: for matching text whose interesting parts are ASCII. */
export function toLatin1(bytes: Uint8Array): string {
  let text = ''
  for (let index = 0; index < bytes.length; index += 8192) {
    text += String.fromCharCode(...bytes.subarray(index, index + 8192))
  }
  return text
}

/** One byte for each character, of U+0000 to U+00FF: for ASCII texts, and for what `atob` gives. */
export function ascii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** The UTF-8 bytes of a text. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const escaped = encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'))
  const latin1 = escaped.replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return ascii(latin1)
}

/** Whether bytes are well-formed UTF-8; makes no text of them. @see The Unicode Standard 3.9, table 3-7 */
export function isUtf8(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at++]!
    if (first < 0x80) continue
    if (first < 0xc2 || first > 0xf4) return false
    // Only the second byte has bounds of its own: no overlong form, no surrogate, nothing above U+10FFFF.
    const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
    const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
    const second = bytes[at++]
    if (second === undefined || second < low || second > high) return false
    for (let left = first < 0xe0 ? 0 : first < 0xf0 ? 1 : 2; left > 0; left--)
      if (((bytes[at++] ?? 0) & 0xc0) !== 0x80) return false
  }
  return true
}

/** The text of UTF-8 bytes; `undefined` when they are not well formed (no replacement characters). */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined
  return typeof TextDecoder === 'function'
    ? (decoder ??= new TextDecoder('utf-8', { ignoreBOM: true })).decode(bytes)
    : decodeURIComponent(toHex(bytes).replace(/../g, '%$&'))
}

// Making one takes longer than decoding a name.
let decoder: TextDecoder | undefined
