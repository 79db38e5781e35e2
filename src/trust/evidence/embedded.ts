/** The signature that a file carries in its first section. */

import { damaged } from '../../errors/raise.js'
import { Reader } from '../../format/reader.js'
import { isSignatureSection, type Section } from '../../format/wasm.js'

/**
 * Finds the signature section of a file.
 * @returns its payload, which aliases the file, and where what it covers begins; `undefined` when there is none
 * @throws Diagnostic `SIGNATURE_INVALID` when there are two, one stands elsewhere, or its framing is padded
 */
export function findEmbedded(
  bytes: Uint8Array,
  sections: readonly Section[],
): { payload: Uint8Array; end: number } | undefined {
  const [first, ...others] = sections
  const misplaced = others.find(isSignatureSection)
  if (misplaced) throw damaged('misplaced', misplaced.start)
  if (!first || !isSignatureSection(first)) return undefined
  // Nothing covers these few bytes, so only the one shortest encoding is accepted.
  const framing = new Reader(bytes, damaged, first.start + 1, first.end)
  framing.shortestVaruint32()
  framing.shortestVaruint32()
  return { payload: bytes.subarray(first.contentStart, first.end), end: first.end }
}
