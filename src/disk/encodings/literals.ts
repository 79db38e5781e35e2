/// <reference types="node" />
/**
 * Wasm as text in a string literal, as loaders for text and for data URLs write it, and as scripts write binary strings.
 *
 * esbuild, Rolldown and Vite write `\0asm`, webpack `\u0000asm`, Rspack `\u{1}`; minifiers turn these into one another. Data
 * URLs are percent-encoded, and by esbuild and Rolldown only where they must be: `data:application/wasm,\0asm%0D\0`. webpack's
 * `devtool: 'eval'` puts a script with all of this into a literal.
 */

import { PREAMBLE_LENGTH } from '../../format/wasm.js'
import { binariesIn, isOneBinary } from './binaries.js'
import { charactersOf, type OutputText, placesOf } from './text.js'
import { unescape } from './unescape.js'

/** A part of `\0asm` in each form: the rarest, and one that begins with a rare character, by which engines search. */
const PARTS = ['\0asm', '0asm', '0}asm', 'x73\\', '0073\\', '%73%6'].map((text) => ({ text }))

const oneOf = (plain: string, hex: string) =>
  `(?:${plain}|\\\\+(?:x${hex}|u00${hex}|u\\{0*${hex}\\})|%${hex})`
const MAGIC = new RegExp(
  `(?:\\0|(\\\\+)(?:0{1,3}|x00|u0000|u\\{0+\\})|%00)${oneOf('a', '61')}${oneOf('s', '73')}${oneOf('m', '6d')}`,
  'i',
)

/** The longest form of the magic that is looked for, and what of it may follow the beginning of a part. */
const MAGIC_LENGTH = 48
const REST_LENGTH = 12

/** How far back a quote is looked for. It is one character back, or the beginning of a data URL. */
const LOOK_BACK = 256

/** Each literal in which a magic stands, from there to the quote. Bytes in a pack that follow no quote are no text: see `binariesInPack`. */
export function* decodeLiterals(output: OutputText): Generator<Uint8Array> {
  const { text } = output
  let done = 0
  for (const { at } of placesOf(text, PARTS)) {
    if (at < done) continue
    const from = Math.max(done, at - MAGIC_LENGTH)
    const magic = MAGIC.exec(text.slice(from, at + REST_LENGTH))
    if (magic === null) continue
    if (magic[0].startsWith('\0') && output.isPack && !isQuote(text[from + magic.index - 1])) continue
    const { characters, end } = readLiteral(output, from + magic.index, magic[1]?.length ?? 0)
    done = Math.max(end, at + 1)
    const bytes = toBytes(characters)
    if (bytes !== undefined) yield bytes
  }
}

interface Literal {
  /** Without escapes. */
  characters: string
  /** Where it ends in the output. */
  end: number
}

/** @param slashes before the magic's first character: two where the literal stands in another, or a quote with one */
function readLiteral(output: OutputText, start: number, slashes: number): Literal {
  const { text } = output
  const { quote, isEscaped } = quoteBefore(text, start)
  // Of several backslashes all but the last, or the last two, stand for backslashes before the magic.
  const isPaired = slashes > 0 && slashes % 2 === 0
  const isNested = isPaired || isEscaped
  const own = start + Math.max(0, slashes - (isPaired ? 2 : 1))
  const end = endOfLiteral(text, own, isNested ? '"' : quote)
  const characters = unescape(charactersOf(text.slice(own, end), output))
  if (!isNested) return { characters, end }
  return { characters: unescape(characters.slice(0, endOfLiteral(characters, 0, quote))), end }
}

/** The nearest quote before a place, which is the one that opens the literal unless that holds others. */
function quoteBefore(text: string, start: number): { quote?: string | undefined; isEscaped: boolean } {
  for (let at = start - 1; at >= 0 && at >= start - LOOK_BACK; at--)
    if (isQuote(text[at])) return { quote: text[at], isEscaped: text[at - 1] === '\\' }
  return { isEscaped: false }
}

/** What may end a literal, by the quote that has opened it. */
const SPECIAL: Readonly<Record<string, RegExp>> = { '"': /["\\]/g, "'": /['\\]/g, '`': /[`\\]/g }
const ANY_SPECIAL = /["'`\\]/g

const isQuote = (character = '') => character in SPECIAL

/** @param quote what ends it; any, where that is not known */
function endOfLiteral(text: string, start: number, quote: string | undefined): number {
  const special = SPECIAL[quote ?? ''] ?? ANY_SPECIAL
  special.lastIndex = start
  for (let found = special.exec(text); found !== null; found = special.exec(text)) {
    if (found[0] !== '\\') return found.index
    special.lastIndex++
  }
  return text.length
}

/**
 * The bytes that characters stand for, which a literal does not tell: each for one, or in UTF-8, or some with a percent sign.
 * It is the reading that makes one binary of all of them, or else the first in which a preamble stands. A signature covers
 * every byte, so whoever finds two readings of one text has signed one of them.
 */
function toBytes(characters: string): Uint8Array | undefined {
  if (characters.length < PREAMBLE_LENGTH) return undefined
  const readings = [...readingsOf(characters)]
  return readings.find(isOneBinary) ?? readings.find((bytes) => binariesIn(bytes).next().done === false)
}

function* readingsOf(characters: string): Generator<Uint8Array> {
  // oxlint-disable-next-line no-control-regex -- bytes are what is looked for
  if (/^[\0-\xff]*$/.test(characters)) yield Buffer.from(characters, 'latin1')
  const bytes = Buffer.from(characters, 'utf8')
  yield bytes
  if (characters.includes('%')) yield decodePercent(bytes)
}

/** @see https://url.spec.whatwg.org/#percent-decode */
function decodePercent(bytes: Buffer): Uint8Array {
  const text = bytes.toString('latin1')
  const decoded = text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(decoded, 'latin1')
}
