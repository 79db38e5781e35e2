/** Parts of a file: which sections a selection covers, and the delimiters that cut a file into parts. */

import { problem } from '../errors.js'
import { concatBytes, decodeUtf8, encodeUtf8, equalBytes, startsWith } from '../format/bytes.js'
import {
  encodeDelimiterSection,
  isDelimiterSection,
  isSignatureSection,
  PREAMBLE_LENGTH,
  readSections,
  type Section,
  sectionBytes,
} from '../format/wasm.js'
import { randomBytes } from './ed25519.js'

/**
 * Names of custom sections: exact, or a prefix with one trailing `*`, compared as bytes; or a test of
 * the name. Sections that are not custom hold the program and are always selected.
 */
export type SectionSelector = readonly string[] | ((name: string) => boolean)

/** Whether a selection covers a section. Delimiters and signatures belong to no selection. */
export function isSelected(section: Section, selector: SectionSelector): boolean {
  const { name } = section
  if (name === undefined) return true
  if (isDelimiterSection(section) || isSignatureSection(section)) return false
  if (typeof selector === 'function') return selector(decodeUtf8(name)!)
  return selector.some((wanted) => matchesName(name, wanted))
}

function matchesName(name: Uint8Array, wanted: string): boolean {
  if (!wanted.endsWith('*')) return equalBytes(name, encodeUtf8(wanted))
  return startsWith(name, encodeUtf8(wanted.slice(0, -1)))
}

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
  return concatBytes(bytes.subarray(0, PREAMBLE_LENGTH), ...written)
}

/** @see tool-conventions, Signatures.md, "Parts and delimiters" */
const DELIMITER_LENGTH = 16
