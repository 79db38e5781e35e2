/** The names in a core module: its imports and exports. */

import { NameReader, type NameWalk, readVector } from './name-reader.js'
import { CORE_SECTION } from './section-ids.js'
import { readSections } from './wasm.js'

/** Tells of each name. @see WebAssembly core specification 5.5.5 and 5.5.10 */
export function readCoreModule(bytes: Uint8Array, walk: NameWalk): void {
  for (const section of readSections(bytes, walk.sections).sections) {
    const reader = new NameReader(bytes, section, walk)
    if (section.id === CORE_SECTION.import) readVector(reader, readImports)
    if (section.id === CORE_SECTION.export)
      readVector(reader, () => readCoreExport(reader, 'export of a core module'))
  }
}

/** A name, a sort of one byte, and an index. Arguments and inline exports of core instances are like that, too. */
export function readCoreExport(reader: NameReader, place: string): void {
  reader.name(place)
  reader.byte('the kind of a core export')
  reader.skipInteger()
}

/** What opens several imports of one core module, each with a type of its own, or all with one. @see compact-import-section, Overview.md */
const GROUP = { types: 0x7f, type: 0x7e }

function readImports(reader: NameReader): void {
  reader.name('import module of a core module')
  const name = reader.name(IMPORT)
  const kind = reader.byte(KIND)
  if (name.length === 0 && kind === GROUP.types) {
    return reader.items(() => {
      reader.name(IMPORT)
      skipExternType(reader, reader.byte(KIND))
    })
  }
  if (name.length === 0 && kind === GROUP.type) {
    skipExternType(reader, reader.byte(KIND))
    return reader.items(() => reader.name(IMPORT))
  }
  skipExternType(reader, kind)
}

const IMPORT = 'import of a core module'

const KIND = 'the kind of a core import'

function skipExternType(reader: NameReader, kind: number): void {
  switch (kind) {
    case 0x00: // function: type index
      return reader.skipInteger()
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
      return reader.skipInteger()
    case GROUP.types:
    case GROUP.type:
      throw reader.damage('a group of core imports stands in the place of one')
    default:
      throw reader.unknown('kind of core import', kind)
  }
}

/** @see WebAssembly core specification 5.3.4 and 5.3.5; 0x63 and 0x64 open a reference to a heap type, 0x65 a shared one */
function skipValueType(reader: NameReader): void {
  const first = reader.byte('a value type')
  if (first !== 0x63 && first !== 0x64) return
  if (reader.bytes[reader.offset] === 0x65) reader.byte('a shared heap type')
  reader.skipInteger()
}

/** @see WebAssembly core specification 5.3.10; flags 1 (maximum), 2 (shared) and 4 (64 bits); 8, a page size, is from the custom-page-sizes proposal */
function skipLimits(reader: NameReader): void {
  const flags = reader.byte('limits')
  if (flags > 0x0f) throw reader.unknown('limits', flags)
  reader.skipInteger()
  if (flags & 0x01) reader.skipInteger()
  if (flags & 0x08) reader.skipInteger()
}
