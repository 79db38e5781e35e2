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

/** See {@link inspect}. Names are escaped, offsets and sizes are bytes. */
export interface Inspection {
  layer: Layer
  bytes: number
  sections: { id: number; kind: string; name?: string; offset: number; size: number }[]
  /** Absent where the file has no signature section. */
  signatures?: InspectedSet[]
  /** Of a component. */
  imports?: string[]
  exports?: string[]
  /** Why signatures or names could not be read. */
  problems: string[]
}

/** One set of a signature: hashes, and who says to have signed them. */
export interface InspectedSet {
  hashes: { sha256: string; covers: string }[]
  records: { keyId: string; algorithm: string; signatureBytes: number; certificates?: number }[]
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
  const names = layer === 'component' ? orNote(problems, () => inspectNames(bytes)) : undefined
  return {
    layer,
    bytes: bytes.length,
    sections: sections.map((section) => inspectSection(section, layer)),
    ...(sets === undefined ? {} : { signatures: sets.map(inspectSet) }),
    ...names,
    problems,
  }
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

function inspectNames(bytes: Uint8Array): Required<Pick<Inspection, 'imports' | 'exports'>> {
  const { imports, exports } = readNames(bytes)
  const show = (name: ExternName) => escapeControls(fullName(name))
  return { imports: imports.map(show), exports: exports.map(show) }
}

function inspectSet({ hashes, records }: SignatureSet): InspectedSet {
  return {
    hashes: hashes.map((hash, index) => ({
      sha256: toHex(hash),
      covers: describeCover(index, hashes.length),
    })),
    records: records.map(({ keyId, algorithm, signature, certificates }) => ({
      keyId: toHex(keyId),
      algorithm: algorithm === ED25519 ? 'Ed25519' : `unknown (${algorithm})`,
      signatureBytes: signature.length,
      ...(certificates === undefined ? {} : { certificates: certificates.length }),
    })),
  }
}

function describeCover(index: number, count: number): string {
  if (count === 1) return 'what follows the signature, up to the end or to a delimiter'
  return index === count - 1
    ? `parts 1 to ${count}`
    : `part${index === 0 ? ' 1' : `s 1 to ${index + 1}`}, delimiter ${index + 1} included`
}
