/** `signed-wasm inspect`: what a file says, without any judgement of it. */

import { escapeControls, printable } from '../../errors.js'
import { decodeUtf8, toHex } from '../../format/bytes.js'
import { scanNames } from '../../format/names.js'
import { decodeSignature, ED25519, type SignatureSet } from '../../format/signature.js'
import { isSignatureSection, type Layer, readSections, type Section } from '../../format/wasm.js'
import { about, type Command, EXIT, INPUT_OPTION, inputFile } from '../command.js'

/** `signed-wasm inspect`. */
export const inspect: Command = {
  usage: '<file>',
  options: { input: INPUT_OPTION, json: { type: 'boolean', default: false, help: 'print JSON' } },
  examples: ['signed-wasm inspect hello.wasm'],
  run(invocation) {
    const { values, io } = invocation
    const file = inputFile(invocation)
    const inspection = about(file, () => inspectBytes(io.read(file)))
    io.out(values['json'] === true ? JSON.stringify(inspection, null, 2) : describe(file, inspection))
    return EXIT.ok
  },
}

interface Inspection {
  layer: Layer
  bytes: number
  sections: { id: number; kind: string; name?: string; offset: number; size: number }[]
  /** Absent where the file has no signature section. */
  signatures?: InspectedSet[]
  /** Of a component. */
  imports?: string[]
  exports?: string[]
}

interface InspectedSet {
  hashes: { sha256: string; covers: string }[]
  records: { keyId: string; algorithm: string; signatureBytes: number; certificates?: number }[]
}

function inspectBytes(bytes: Uint8Array): Inspection {
  const { layer, sections } = readSections(bytes)
  const first = sections.find(isSignatureSection)
  const sets = first && decodeSignature(bytes.subarray(first.contentStart, first.end))
  return {
    layer,
    bytes: bytes.length,
    sections: sections.map((section) => inspectSection(section, layer)),
    ...(sets === undefined ? {} : { signatures: sets.map(inspectSet) }),
    ...(layer === 'component' ? scanNames(bytes) : {}),
  }
}

/** @see WebAssembly core specification 5.5.2; Component Model, Binary.md */
const KINDS: Record<Layer, readonly string[]> = {
  'core module': [
    'custom',
    'type',
    'import',
    'function',
    'table',
    'memory',
    'global',
    'export',
    'start',
    'element',
    'code',
    'data',
    'data count',
    'tag',
  ],
  component: [
    'custom',
    'core module',
    'core instance',
    'core type',
    'component',
    'instance',
    'alias',
    'type',
    'canon',
    'start',
    'import',
    'export',
    'value',
  ],
}

function inspectSection(section: Section, layer: Layer): Inspection['sections'][number] {
  const { id, name, start, end } = section
  const kind = KINDS[layer][id] ?? `unknown (${id})`
  return {
    id,
    kind,
    ...(name === undefined ? {} : { name: printable(decodeUtf8(name)!) }),
    offset: start,
    size: end - start,
  }
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

function describe(
  file: string,
  { layer, bytes, sections, signatures, imports, exports }: Inspection,
): string {
  return [
    `${escapeControls(file)}: ${layer}, ${bytes} bytes`,
    '',
    'sections (offset, size, kind)',
    ...sections.map(
      ({ offset, size, kind, name }) =>
        `  ${String(offset).padStart(9)} ${String(size).padStart(9)}  ${kind}${name === undefined ? '' : ` "${name}"`}`,
    ),
    '',
    ...(signatures ? signatures.flatMap(describeSet) : ['no signature section']),
    ...describeNames('imports', imports),
    ...describeNames('exports', exports),
  ].join('\n')
}

function describeSet({ hashes, records }: InspectedSet, index: number): string[] {
  return [
    `signature set ${index + 1}`,
    ...hashes.map(({ sha256, covers }) => `  sha256 ${sha256}  ${covers}`),
    ...records.map(
      ({ keyId, algorithm, certificates }) =>
        `  ${algorithm}, key id ${keyId || '(none)'}${certificates ? `, ${certificates} certificates` : ''}`,
    ),
  ]
}

function describeNames(title: string, names: readonly string[] | undefined): string[] {
  if (names === undefined) return []
  return ['', title, ...(names.length === 0 ? ['  none'] : names.map((name) => `  ${printable(name)}`))]
}
