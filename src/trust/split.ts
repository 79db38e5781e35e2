/** Parts of a file, and the delimiters that cut it into them. */

import { problem } from '../errors/raise.js'
import { concatBytes, joinBytes } from '../format/encoding.js'
import {
  encodeDelimiterSection,
  isDelimiterSection,
  isSelected,
  isSignatureSection,
  PREAMBLE_LENGTH,
  readSections,
  sectionBytes,
  type SectionSelector,
} from '../format/wasm.js'
import { randomBytes } from './crypto/rule.js'

/**
 * Adds a delimiter wherever the selection begins or ends, and one at the end, so that the selected
 * sections can be verified without the others. Framing is written again in its shortest form.
 * @param selector which custom sections belong together with the program; all of them by default
 * @param random gives the 16 bytes that a delimiter holds
 * @throws Diagnostic `ALREADY_SIGNED`, because no signature would survive, or `WASM_MALFORMED`
 */
export function split(
  bytes: Uint8Array,
  selector: SectionSelector = () => true,
  random: (length: number) => Uint8Array = randomBytes,
): Uint8Array {
  const { sections } = readSections(bytes)
  if (sections.some(isSignatureSection)) throw problem('ALREADY_SIGNED', {})
  const written: Uint8Array[] = []
  let isOpen = false
  let wasSelected = true
  for (const section of sections) {
    if (isDelimiterSection(section)) {
      written.push(sectionBytes(bytes, section))
      isOpen = false
      continue
    }
    const selected = isSelected(section, selector)
    if (isOpen && selected !== wasSelected) written.push(encodeDelimiterSection(random(DELIMITER_LENGTH)))
    written.push(sectionBytes(bytes, section))
    wasSelected = selected
    isOpen = true
  }
  if (isOpen) written.push(encodeDelimiterSection(random(DELIMITER_LENGTH)))
  return concatBytes(bytes.subarray(0, PREAMBLE_LENGTH), joinBytes(written))
}

/** @see tool-conventions, Signatures.md, "Parts and delimiters" */
const DELIMITER_LENGTH = 16
