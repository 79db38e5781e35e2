/** The outside of a wasm binary: preamble and sections by offset. Decodes no section's content. */

import { malformed } from '../errors/raise.js'
import { type Budget, MAX_DEPTH, sectionBudget } from './budget.js'
import {
  ascii,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  encodeVaruint32,
  equalBytes,
  isUtf8,
} from './encoding.js'
import { Reader } from './reader.js'
import { COMPONENT_SECTION, CORE_SECTION, CUSTOM_SECTION } from './section-ids.js'

/** The two kinds of wasm binary. @see Component Model, Binary.md, "layer" */
export type Layer = 'component' | 'core module'

/** The 8 bytes that open a file of each layer. */
export const PREAMBLES: Readonly<Record<Layer, Uint8Array>> = {
  'core module': /* @__PURE__ */ Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00),
  component: /* @__PURE__ */ Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00),
}

const LAYERS = ['core module', 'component'] as const

/** Where the first section begins. */
export const PREAMBLE_LENGTH = 8

/** The custom sections that mean something here, by name. @see tool-conventions, Signatures.md */
const ROLES = { signature: 'signature', delimiter: 'signature_delimiter' } as const

type Role = keyof typeof ROLES

/** One top-level section. Offsets are bytes from the start of the file, ends exclusive. */
export interface Section {
  id: number
  /** Offset of the id byte. */
  start: number
  /** Offset of the first byte after the size field; for a custom section, of its name length. */
  payloadStart: number
  /** Offset of what follows the name of a custom section; `payloadStart` for others. */
  contentStart: number
  end: number
  /**
   * The name of a custom section, decoded whenever it is asked for. UTF-8 that is well formed has one text, so names that
   * differ stay different.
   */
  readonly name: string | undefined
  /** Whether the name of a custom section is one of those that mean something here. */
  role: Role | undefined
}

/** The layer that the first 8 bytes declare, or `undefined`. */
export function readLayer(bytes: Uint8Array): Layer | undefined {
  const preamble = bytes.subarray(0, PREAMBLE_LENGTH)
  return LAYERS.find((layer) => equalBytes(preamble, PREAMBLES[layer]))
}

/**
 * Splits a binary into its preamble and sections, decoding none of them.
 * @param bytes the whole file; not copied, names alias it
 * @param budget how many sections there may be; that of a file by itself when absent
 * @returns sections in file order
 * @throws Diagnostic `WASM_MALFORMED` when the preamble is unknown, a length runs past the end, a
 *   section id is 0x80 or more, the name of a custom section is not UTF-8, or there are too many
 * @see WebAssembly core specification 5.5.2, Component Model Binary.md
 */
export function readSections(
  bytes: Uint8Array,
  budget: Budget = sectionBudget(),
): { layer: Layer; sections: Section[] } {
  const layer = readLayer(bytes)
  if (layer === undefined) throw malformed('preamble')
  const sections: Section[] = []
  const reader = new Reader(bytes, malformed, PREAMBLE_LENGTH)
  while (reader.remaining > 0) {
    budget.spend()
    sections.push(readSection(reader))
  }
  return { layer, sections }
}

function readSection(reader: Reader): Section {
  const start = reader.offset
  const id = reader.byte()
  if (id >= 0x80) throw malformed('section id', id, start)
  const size = reader.varuint32()
  const payloadStart = reader.offset
  reader.take(size)
  const end = reader.offset
  if (id !== CUSTOM_SECTION)
    return { id, start, payloadStart, contentStart: payloadStart, end, name: undefined, role: undefined }
  const payload = new Reader(reader.bytes, malformed, payloadStart, end)
  const name = payload.take(payload.varuint32())
  if (!isUtf8(name)) throw malformed('not UTF-8', payloadStart)
  return new CustomSection({ start, payloadStart, contentStart: payload.offset, end }, name)
}

/** A class, so that a section costs no more than its offsets until somebody asks for its name. */
class CustomSection implements Section {
  readonly id = CUSTOM_SECTION
  readonly start: number
  readonly payloadStart: number
  readonly contentStart: number
  readonly end: number
  readonly role: Role | undefined
  readonly #name: Uint8Array

  constructor(offsets: Omit<Section, 'id' | 'name' | 'role'>, name: Uint8Array) {
    this.start = offsets.start
    this.payloadStart = offsets.payloadStart
    this.contentStart = offsets.contentStart
    this.end = offsets.end
    this.role = roleOf(name)
    this.#name = name
  }

  get name(): string {
    return decodeUtf8(this.#name)!
  }
}

function roleOf(name: Uint8Array): Role | undefined {
  return ROLE_NAMES.find(([, bytes]) => equalBytes(name, bytes))?.[0]
}

const ROLE_NAMES = /* @__PURE__ */ (Object.keys(ROLES) as Role[]).map(
  (role) => [role, ascii(ROLES[role])] as const,
)

/** Whether this is the custom section `signature`. @see tool-conventions, Signatures.md */
export function isSignatureSection({ role }: Section): boolean {
  return role === 'signature'
}

/** Whether this is the custom section `signature_delimiter`, which ends a part. */
export function isDelimiterSection({ role }: Section): boolean {
  return role === 'delimiter'
}

/**
 * Names of custom sections: exact, or a prefix with one trailing `*`; or a test of the name. Sections that are not custom
 * hold the program and are always selected.
 */
export type SectionSelector = readonly string[] | ((name: string) => boolean)

/** Whether a selection covers a section. Delimiters and signatures belong to no selection. */
export function isSelected(section: Section, selector: SectionSelector): boolean {
  if (section.role !== undefined) return false
  const { name } = section
  if (name === undefined) return true
  if (typeof selector === 'function') return selector(name)
  return selector.some((wanted) =>
    wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted,
  )
}

/** The layer of what a section of a component holds; `undefined` where that is no binary of its own. */
function nestedLayer(id: number): Layer | undefined {
  if (id === COMPONENT_SECTION['core module']) return 'core module'
  return id === COMPONENT_SECTION.component ? 'component' : undefined
}

/**
 * Checks the layer against what the sections hold, because no signature covers the preamble: in a
 * component every core-module section opens with a core preamble and every component section with a
 * component preamble; no type section of a core module does.
 * @throws Diagnostic `WASM_MALFORMED`
 */
export function checkLayer(
  bytes: Uint8Array,
  { layer, sections }: { layer: Layer; sections: readonly Section[] },
): void {
  for (const { id, payloadStart, end } of sections) {
    const nested = nestedLayer(id)
    const holdsIt = nested !== undefined && readLayer(bytes.subarray(payloadStart, end)) === nested
    if (layer === 'component' ? nested !== undefined && !holdsIt : id === CORE_SECTION.type && holdsIt)
      throw malformed('layer', layer, payloadStart)
  }
}

/** Offset of the first byte that a signature covers: after the leading signature section, or 8. */
export function contentStart(bytes: Uint8Array): number {
  if (bytes.length === PREAMBLE_LENGTH) return PREAMBLE_LENGTH
  const first = readSection(new Reader(bytes, malformed, PREAMBLE_LENGTH))
  return isSignatureSection(first) ? first.end : PREAMBLE_LENGTH
}

/** A range of bytes in a file, end exclusive. */
export interface Slice {
  start: number
  end: number
}

/**
 * Every core module inside a component, those of nested components included, in file order.
 * @param maxDepth how deep components may nest
 * @throws Diagnostic `WASM_MALFORMED` where a section cannot be framed, nesting goes deeper, or sections are too many
 */
export function coreModuleSlices(bytes: Uint8Array, { maxDepth = MAX_DEPTH } = {}): Slice[] {
  const found: Slice[] = []
  const budget = sectionBudget()
  const walk = (start: number, end: number, depth: number) => {
    if (depth > maxDepth) throw malformed('depth', maxDepth)
    for (const section of readSections(bytes.subarray(start, end), budget).sections) {
      const slice = { start: start + section.payloadStart, end: start + section.end }
      const nested = nestedLayer(section.id)
      if (nested === 'core module') found.push(slice)
      if (nested === 'component') walk(slice.start, slice.end, depth + 1)
    }
  }
  if (readLayer(bytes) === 'component') walk(0, bytes.length, 0)
  return found
}

/** The bytes of a custom section with shortest-form lengths. */
export function encodeCustomSection(name: string, content: Uint8Array): Uint8Array {
  const bytes = encodeUtf8(name)
  return encodeSection(CUSTOM_SECTION, concatBytes(encodeVaruint32(bytes.length), bytes, content))
}

/** The bytes of a section with a shortest-form length. */
export function encodeSection(id: number, payload: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(id), encodeVaruint32(payload.length), payload)
}

/** The bytes of the signature section that holds this payload. */
export function encodeSignatureSection(payload: Uint8Array): Uint8Array {
  return encodeCustomSection(ROLES.signature, payload)
}

/** The bytes of a delimiter. @param random what it holds, 16 bytes where it is made by an honest writer */
export function encodeDelimiterSection(random: Uint8Array): Uint8Array {
  return encodeCustomSection(ROLES.delimiter, random)
}

/** One section of a file, written again with shortest-form lengths. */
export function sectionBytes(bytes: Uint8Array, section: Section): Uint8Array {
  const { id, payloadStart, end } = section
  if (id !== CUSTOM_SECTION) return encodeSection(id, bytes.subarray(payloadStart, end))
  const payload = new Reader(bytes, malformed, payloadStart, end)
  const length = encodeVaruint32(payload.varuint32())
  return encodeSection(id, concatBytes(length, bytes.subarray(payload.offset, end)))
}
