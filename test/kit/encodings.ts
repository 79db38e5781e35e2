/** How bundlers, minifiers and authors write bytes into scripts. */

/** Characters that differ in UTF-8 and in Latin-1; and bytes that are no UTF-8. */
export const TEXT = Buffer.from('é%41"\'`\\')
export const LATIN1 = Buffer.from('é%41"\'`\\\xff\xfe', 'latin1')

/** The binary with one more custom section, which holds this. */
export function appended(bytes: Uint8Array, content: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([bytes, Uint8Array.of(0, content.length + 2, 1, 0x78), content]))
}

type Write = (bytes: Uint8Array, quote: string) => string

const writing =
  (character: (code: number) => string): Write =>
  (bytes, quote) =>
    Array.from(bytes, (byte) => {
      const plain = String.fromCharCode(byte)
      if (plain === quote || plain === '\\') return `\\${plain}`
      return byte >= 0x20 && byte < 0x7f ? plain : character(byte)
    }).join('')

const hex = (code: number, length: number) => code.toString(16).padStart(length, '0')

/** The text between quotes, by who writes it. */
export const escaped: Readonly<Record<string, Write>> = {
  webpack: writing((code) => `\\u${hex(code, 4)}`),
  Rspack: writing((code) => `\\u{${code.toString(16)}}`),
  'terser, esbuild, Rolldown, Vite': writing((code) =>
    code === 0 ? '\\0' : code === 0x0d ? '\\r' : String.fromCharCode(code),
  ),
  SWC: writing((code) => `\\x${hex(code, 2)}`),
  'a raw NUL': writing((code) => (code === 0x0d ? '\\r' : code === 0x0a ? '\\n' : String.fromCharCode(code))),
  'everything escaped': (bytes) => Array.from(bytes, (code) => `\\x${hex(code, 2)}`).join(''),
  'everything escaped, in four digits': (bytes) => Array.from(bytes, (code) => `\\u${hex(code, 4)}`).join(''),
}

const percentByte = (code: number) => `%${hex(code, 2).toUpperCase()}`

/** The text behind the comma of a data URL, by who writes it. */
export const percent: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  'esbuild, Rolldown': (bytes) =>
    JSON.stringify(
      Buffer.from(bytes)
        .toString('utf8')
        .replace(/[\t\n\r#]|%(?=[\da-f]{2})/gi, (character) => percentByte(character.charCodeAt(0))),
    ).slice(1, -1),
  'webpack, Rspack': (bytes) => encodeURIComponent(Buffer.from(bytes).toString('utf8')),
  everything: (bytes) => Array.from(bytes, percentByte).join(''),
}

/** A list of numbers, by who writes it. */
export const numbers: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  minifiers: (bytes) => bytes.join(),
  Rolldown: (bytes) => `\n\t${bytes.join(',\n\t')}\n`,
  people: (bytes) => Array.from(bytes, (byte) => `0x${hex(byte, 2)}`).join(', '),
  'long 5.3': (bytes) =>
    `\n  // \\0asm\n  ${bytes.slice(0, 4).join(', ')},\n  // version "1", or 2\n  ${bytes.slice(4).join(', /* 1, 2 */ ')},`,
  'an Int8Array': (bytes) => Int8Array.from(bytes).join(),
}
