/** The escapes of string literals. */

/** @see ECMA-262, 12.9.4 and B.1.2 */
const ESCAPE = /\\(?:u\{([\da-f]{1,8})\}|u([\da-f]{4})|x([\da-f]{2})|([0-3]?[0-7]{1,2})|(\r\n|[^]))/gi

const NAMED: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
  '\r': '',
  '\r\n': '',
  '\u2028': '',
  '\u2029': '',
}

/** What the text between the quotes of a literal stands for. What is no escape stays as it is. */
export function unescape(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(
    ESCAPE,
    (_, point?: string, unit?: string, byte?: string, octal?: string, other = '') => {
      const hex = point ?? unit ?? byte
      if (hex !== undefined) return ofCodePoint(parseInt(hex, 16))
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8))
      return NAMED[other] ?? other
    },
  )
}

function ofCodePoint(code: number): string {
  return code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code)
}
