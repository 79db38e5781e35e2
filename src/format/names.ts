/**
 * The names in a component that jco writes into JavaScript as they are: imports and exports of every
 * core module, of components, instances and aliases, at any depth.
 *
 * jco quotes core names with plain `'…'` and no escaping (seen with jco-transpile 0.15.0). Names of
 * types, record fields and parameters are left out: jco's own validation demands kebab case there.
 */

import type { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import type { Reason } from '../errors/reasons.js'
import { decodeUtf8, toLatin1 } from './encoding.js'
import { Reader } from './reader.js'
import { COMPONENT_SECTION, CORE_SECTION } from './section-ids.js'
import { readSections, type Section } from './wasm.js'

/** Import and export names of the outermost component, in file order. */
export interface ComponentNames {
  imports: string[]
  exports: string[]
}

/** The longest name taken, in bytes of UTF-8; mangled names of real core modules stay far below. */
const MAX_NAME_BYTES = 4096

/**
 * Reads every name in a component once and refuses those that could end a string, a template or a
 * comment in generated code.
 * @param maxDepth how deep components may nest
 * @throws Diagnostic `UNSAFE_NAME`, `NESTING_TOO_DEEP`, `WASM_MALFORMED` for an encoding that jco does not know either
 * @see Component Model, Binary.md; WebAssembly core specification 5.5
 */
export function scanNames(bytes: Uint8Array, { maxDepth = 32 } = {}): ComponentNames {
  const names: ComponentNames = { imports: [], exports: [] }
  scanComponent({ bytes, depth: 0, maxDepth, names })
  return names
}

/** The import names of a component, versions included. See {@link scanNames}. */
export function componentImports(bytes: Uint8Array): string[] {
  return scanNames(bytes).imports
}

interface Scope {
  /** The component: a whole binary with a preamble. */
  bytes: Uint8Array
  depth: number
  maxDepth: number
  names: ComponentNames
}

function scanComponent(scope: Scope): void {
  const { bytes, depth, maxDepth, names } = scope
  if (depth > maxDepth) throw problem('NESTING_TOO_DEEP', { maxDepth })
  for (const section of readSections(bytes).sections) {
    switch (section.id) {
      case COMPONENT_SECTION['core module']:
        scanCoreModule(bytes.subarray(section.payloadStart, section.end))
        break
      case COMPONENT_SECTION.component:
        scanComponent({
          ...scope,
          bytes: bytes.subarray(section.payloadStart, section.end),
          depth: depth + 1,
          names: { imports: [], exports: [] },
        })
        break
      case COMPONENT_SECTION['core instance']:
        readVector(bytes, section, readCoreInstance)
        break
      case COMPONENT_SECTION.instance:
        readVector(bytes, section, readInstance)
        break
      case COMPONENT_SECTION.alias:
        readVector(bytes, section, readAlias)
        break
      case COMPONENT_SECTION.import:
        readVector(bytes, section, (reader) => names.imports.push(readImport(reader)))
        break
      case COMPONENT_SECTION.export:
        readVector(bytes, section, (reader) => names.exports.push(readExport(reader)))
        break
    }
  }
}

function scanCoreModule(bytes: Uint8Array): void {
  for (const section of readSections(bytes).sections) {
    if (section.id === CORE_SECTION.import) readVector(bytes, section, readCoreImport)
    if (section.id === CORE_SECTION.export) readVector(bytes, section, readCoreExport)
  }
}

function readVector(
  bytes: Uint8Array,
  { payloadStart, end }: Section,
  readItem: (reader: Reader) => void,
): void {
  const reader = new Reader(bytes, unreadable, { start: payloadStart, end })
  readItems(reader, readItem)
  reader.finish()
}

function readItems(reader: Reader, readItem: (reader: Reader) => void): void {
  // Each item takes at least a byte, so a count beyond the end fails before it costs anything.
  for (let left = readCount(reader); left > 0; left--) readItem(reader)
}

function readCoreImport(reader: Reader): void {
  checkName(reader, 'import module of a core module')
  checkName(reader, 'import of a core module')
  const kind = reader.byte('the kind of a core import')
  switch (kind) {
    case 0x00: // function: type index
      return skipInteger(reader)
    case 0x01: // table
      skipValueType(reader)
      return skipLimits(reader)
    case 0x02: // memory
      return skipLimits(reader)
    case 0x03: // global: type, mutability
      skipValueType(reader)
      return void reader.byte('the mutability of a global')
    case 0x04: // tag: attribute, type index
      reader.byte('the attribute of a tag')
      return skipInteger(reader)
    default:
      throw unknown('kind of core import', kind, reader)
  }
}

function readCoreExport(reader: Reader): void {
  checkName(reader, 'export of a core module')
  reader.byte('the kind of a core export')
  skipInteger(reader)
}

function readCoreInstance(reader: Reader): void {
  const kind = reader.byte('the kind of a core instance')
  switch (kind) {
    case 0x00: // instantiate: module index, arguments (name, 0x12, instance index)
      skipInteger(reader)
      return readItems(reader, readCoreExport)
    case 0x01: // inline exports (name, sort, index)
      return readItems(reader, readCoreExport)
    default:
      throw unknown('kind of core instance', kind, reader)
  }
}

function readInstance(reader: Reader): void {
  const kind = reader.byte('the kind of an instance')
  switch (kind) {
    case 0x00: // instantiate: component index, arguments (plain name, sort, index)
      skipInteger(reader)
      return readItems(reader, (argument) => {
        checkName(argument, 'argument of an instance')
        skipSortIndex(argument)
      })
    case 0x01: // inline exports (export name, sort, index)
      return readItems(reader, (inline) => {
        readExternName(inline, 'export of an instance')
        skipSortIndex(inline)
      })
    default:
      throw unknown('kind of instance', kind, reader)
  }
}

function readAlias(reader: Reader): void {
  skipSort(reader)
  const target = reader.byte('the target of an alias')
  switch (target) {
    case 0x00: // export of an instance
    case 0x01: // export of a core instance
      skipInteger(reader)
      return void checkName(reader, 'alias')
    case 0x02: // outer: count, index
      skipInteger(reader)
      return skipInteger(reader)
    default:
      throw unknown('target of an alias', target, reader)
  }
}

function readImport(reader: Reader): string {
  const name = readExternName(reader, 'import')
  skipExternType(reader)
  return name
}

function readExport(reader: Reader): string {
  const name = readExternName(reader, 'export')
  skipSortIndex(reader)
  const ascribed = reader.byte('whether an export has a type')
  if (ascribed === 0x01) skipExternType(reader)
  else if (ascribed !== 0x00) throw unknown('export type', ascribed, reader)
  return name
}

// 0x01 once marked interface names and still means the same as 0x00.
function readExternName(reader: Reader, what: string): string {
  const form = reader.byte('the form of a name')
  if (form > 0x01) throw unknown('form of a name', form, reader)
  return decodeUtf8(checkName(reader, what))!
}

/** @see Component Model, Binary.md, `externdesc` */
function skipExternType(reader: Reader): void {
  const kind = reader.byte('the kind of an import or export')
  switch (kind) {
    case 0x00: // core module: 0x11, type index
      reader.byte('the sort of a core type')
      return skipInteger(reader)
    case 0x02: // value: equal to an index, or of a type
      reader.byte('the bound of a value')
      return skipInteger(reader)
    case 0x03: // type: equal to an index, or a fresh resource
      return reader.byte('the bound of a type') === 0x00 ? skipInteger(reader) : undefined
    case 0x01: // function
    case 0x04: // component
    case 0x05: // instance
      return skipInteger(reader)
    default:
      throw unknown('kind of import or export', kind, reader)
  }
}

function skipSortIndex(reader: Reader): void {
  skipSort(reader)
  skipInteger(reader)
}

function skipSort(reader: Reader): void {
  const isCore = reader.byte('a sort') === 0x00
  if (isCore) reader.byte('a core sort')
}

/** @see WebAssembly core specification 5.3.4 and 5.3.5; 0x63 and 0x64 open a reference to a heap type, 0x65 a shared one */
function skipValueType(reader: Reader): void {
  const first = reader.byte('a value type')
  if (first !== 0x63 && first !== 0x64) return
  if (reader.bytes[reader.offset] === 0x65) reader.byte('a shared heap type')
  skipInteger(reader)
}

/** @see WebAssembly core specification 5.3.10; flag 8, a page size, is from the custom-page-sizes proposal */
function skipLimits(reader: Reader): void {
  const flags = reader.byte('limits')
  skipInteger(reader)
  if (flags & 0x01) skipInteger(reader)
  if (flags & 0x08) skipInteger(reader)
}

/** A LEB128 number of up to 64 bits, of either sign, whose value does not matter here. */
function skipInteger(reader: Reader): void {
  for (let length = 1; reader.byte('a number') & 0x80; length++) {
    if (length === 10) throw malformed(`a number before offset ${reader.offset} does not end`)
  }
}

function readCount(reader: Reader): number {
  return reader.varuint32('a count')
}

/** Reads one name, as bytes that alias the file, and refuses it when it is unsafe. */
function checkName(reader: Reader, what: string): Uint8Array {
  const name = reader.take(reader.varuint32('the length of a name'), 'a name')
  const reason = defect(name)
  if (reason === undefined) return name
  throw problem('UNSAFE_NAME', { name: toLatin1(name.subarray(0, 64)), reason: `this ${what} ${reason}` })
}

/** What could leave a string, a template or a comment of generated JavaScript, or hide in it. @see THREATS 2 */
function defect(name: Uint8Array): string | undefined {
  if (name.length > MAX_NAME_BYTES)
    return `is ${name.length} bytes long, and at most ${MAX_NAME_BYTES} are taken`
  if (decodeUtf8(name) === undefined) return 'is not UTF-8'
  for (const [index, byte] of name.entries()) {
    const [second, third] = [name[index + 1], name[index + 2]]
    if (byte === 0x22 || byte === 0x27 || byte === 0x60) return 'contains a quote'
    if (byte === 0x5c) return 'contains a backslash'
    if (byte < 0x20 || byte === 0x7f) return 'contains a control character'
    if (byte === 0xc2 && second! < 0xa0) return 'contains a control character' // U+0080 to U+009F
    if (byte === 0xe2 && second === 0x80 && (third === 0xa8 || third === 0xa9))
      return 'contains a line separator'
    if (byte === 0x24 && second === 0x7b) return 'opens a substitution of a template'
    if (byte === 0x2a && second === 0x2f) return 'ends a comment'
  }
  return undefined
}

function unknown(what: string, value: number, reader: Reader): Diagnostic {
  return malformed(`unknown ${what} 0x${value.toString(16)} before offset ${reader.offset}`)
}

function malformed(reason: string): Diagnostic {
  return problem('WASM_MALFORMED', { reason })
}

function unreadable(...reason: Reason): Diagnostic {
  return problem('WASM_MALFORMED', { reason })
}
