/// <reference types="node" />
/** The text of an output, and looking for something in it. */

import type { Inflation } from './inflate.js'

/** A text in which wasm may stand in some encoding. */
export interface OutputText {
  readonly text: string
  /** Whether each character stands for one byte of UTF-8, rather than for itself. */
  readonly isUtf8: boolean
  /** Whether it need not be text at all. */
  readonly isPack: boolean
  /** What may be inflated of this output. */
  readonly inflation: Inflation
}

/** What finds wasm in one encoding. It decodes each character a fixed number of times at most. */
export type Decode = (text: OutputText) => Iterable<Uint8Array>

/** The text of a file. Bytes are not decoded, because most of them are not looked at twice. */
export function textOf(
  content: string | Uint8Array,
  about: Pick<OutputText, 'isPack' | 'inflation'>,
): OutputText {
  if (typeof content === 'string') return { text: content, isUtf8: false, ...about }
  const { buffer, byteOffset, length } = content
  return { text: Buffer.from(buffer, byteOffset, length).toString('latin1'), isUtf8: true, ...about }
}

/** The characters of a part of an output. */
export function charactersOf(part: string, { isUtf8 }: OutputText): string {
  return isUtf8 ? Buffer.from(part, 'latin1').toString('utf8') : part
}

/** A place where one of several needles is. */
export interface Place<Needle> {
  at: number
  needle: Needle
}

/**
 * Where needles are in a text, in its order. Each needle is looked for once in each part of the text, however often another
 * is found.
 */
export function* placesOf<Needle extends { text: string }>(
  text: string,
  needles: readonly Needle[],
): Generator<Place<Needle>> {
  const next = needles.map((needle) => text.indexOf(needle.text))
  for (;;) {
    const at = next.reduce((a, b) => (a === -1 || (b !== -1 && b < a) ? b : a), -1)
    if (at === -1) return
    const index = next.indexOf(at)
    yield { at, needle: needles[index]! }
    next[index] = text.indexOf(needles[index]!.text, at + 1)
  }
}

/** Where a run of characters ends. @param pattern sticky, of one class of characters */
export function endOfRun(text: string, start: number, pattern: RegExp): number {
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex : start
}
