/** What a file says: sections, signatures, names. Judges nothing. Pure. */

import { Diagnostic } from '../errors/diagnostic.js'
import { damaged } from '../errors/raise.js'
import { escapeControls, printable } from '../errors/text.js'
import { toHex } from './encoding.js'
import { type ExternName, fullName } from './interface-name.js'
import { readNames } from './names.js'
import { COMPONENT_SECTION, CORE_SECTION } from './section-ids.js'
import { decodeSignature, ED25519, type SignatureSet } from './signature.js'
import { isSignatureSection, type Layer, readSections, type Section } from './wasm.js'

/** See {@link inspect}. Names are escaped, offsets and sizes are bytes; what is longer than anybody would read is cut. */
export interface Inspection {
  layer: Layer
  bytes: number
  sections: { id: number; kind: string; name?: string; offset: number; size: number }[]
  /** Absent where the file has no signature section. */
  signatures?: InspectedSet[]
  /** Of a component. */
  imports?: string[]
  exports?: string[]
  /** How many more there are than are shown, of each list that is not complete. */
  more?: Partial<Record<'sections' | 'signatures' | 'imports' | 'exports', number>>
  /** Why signatures or names could not be read. */
  problems: string[]
}

/** How much is shown. Real files stay below: they have under 200 sections, and few signatures. */
const MAX = { items: 1000, sets: 16, records: 50, nameLength: 500, keyIdBytes: 64 }

/** One set of a signature: hashes, and who says to have signed them. */
export interface InspectedSet {
  hashes: { sha256: string; covers: string }[]
  /** @property keyId as hexadecimal, empty when there is none */
  records: { keyId: string; algorithm: string; signatureBytes: number; certificates?: number }[]
  /** How many more records there are than are shown. */
  more?: number
}

/**
 * Reads what a core module or component says of itself. It says nothing about whether that is true.
 * @throws Diagnostic `WASM_MALFORMED` when there are no sections to be told apart
 */
export function inspect(bytes: Uint8Array): Inspection {
  const { layer, sections } = readSections(bytes)
  const problems: string[] = []
  const first = sections.find(isSignatureSection)
  const sets =
    first && orNote(problems, () => decodeSignature(bytes.subarray(first.contentStart, first.end), damaged))
  const names = layer === 'component' ? orNote(problems, () => readNames(bytes)) : undefined
  return {
    layer,
    bytes: bytes.length,
    sections: sections.slice(0, MAX.items).map((section) => inspectSection(section, layer)),
    ...(sets && { signatures: sets.slice(0, MAX.sets).map(inspectSet) }),
    ...(names && { imports: inspectNames(names.imports), exports: inspectNames(names.exports) }),
    ...countMore({
      sections: sections.length - MAX.items,
      signatures: (sets ?? []).length - MAX.sets,
      imports: (names?.imports ?? []).length - MAX.items,
      exports: (names?.exports ?? []).length - MAX.items,
    }),
    problems,
  }
}

function countMore(counts: Required<NonNullable<Inspection['more']>>): Pick<Inspection, 'more'> {
  const more = Object.entries(counts).filter(([, count]) => count > 0)
  return more.length === 0 ? {} : { more: Object.fromEntries(more) }
}

/** A file that is worth a look is often one that is damaged: what can be read is shown all the same. */
function orNote<T>(problems: string[], read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
    problems.push(`${error.code}: ${error.what}`)
    return undefined
  }
}

const KINDS: Record<Layer, Readonly<Record<string, number>>> = {
  'core module': CORE_SECTION,
  component: COMPONENT_SECTION,
}

function inspectSection(section: Section, layer: Layer): Inspection['sections'][number] {
  const { id, name, start, end } = section
  const [kind = `unknown (${id})`] = Object.entries(KINDS[layer]).find(([, known]) => known === id) ?? []
  return {
    id,
    kind,
    ...(name === undefined ? {} : { name: printable(name) }),
    offset: start,
    size: end - start,
  }
}

function inspectNames(names: readonly ExternName[]): string[] {
  return names.slice(0, MAX.items).map((name) => {
    const full = fullName(name)
    const shown = full.length > MAX.nameLength ? `${full.slice(0, MAX.nameLength)}...` : full
    return escapeControls(shown)
  })
}

function inspectSet({ hashes, records }: SignatureSet): InspectedSet {
  return {
    hashes: hashes.map((hash, index) => ({
      sha256: toHex(hash),
      covers: describeCover(index, hashes.length),
    })),
    records: records.slice(0, MAX.records).map(({ keyId, algorithm, signature, certificates }) => ({
      keyId: inspectKeyId(keyId),
      algorithm: algorithm === ED25519 ? 'Ed25519' : `unknown (${algorithm})`,
      signatureBytes: signature.length,
      ...(certificates === undefined ? {} : { certificates: certificates.length }),
    })),
    ...(records.length > MAX.records && { more: records.length - MAX.records }),
  }
}

function inspectKeyId(keyId: Uint8Array): string {
  const shown = toHex(keyId.subarray(0, MAX.keyIdBytes))
  return keyId.length > MAX.keyIdBytes ? `${shown}... (${keyId.length} bytes)` : shown
}

function describeCover(index: number, count: number): string {
  if (count === 1) return 'what follows the signature, up to the end or to a delimiter'
  return index === count - 1
    ? `parts 1 to ${count}`
    : `part${index === 0 ? ' 1' : `s 1 to ${index + 1}`}, delimiter ${index + 1} included`
}
