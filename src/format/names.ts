/**
 * The names in a component, and where they stand: imports and exports of every core module, of components, instances and
 * aliases, at any depth. Judges none of them.
 *
 * Names of types, record fields and parameters are left out: jco's own validation demands kebab case there.
 */

import { readCoreExport, readCoreModule } from './core-names.js'
import type { ExternName } from './interface-name.js'
import { NameReader, type NameVisitor, type NameWalk, readVector, startWalk } from './name-reader.js'
import { COMPONENT_SECTION } from './section-ids.js'
import { readSections } from './wasm.js'

/** Import and export names of the outermost component, in file order. */
export interface ComponentNames {
  imports: ExternName[]
  exports: ExternName[]
}

/** What {@link readNames} tells as it goes; throwing ends it. */
export interface ComponentVisitor {
  /** Called for each component, before what is in it. @param depth 0 for the outermost */
  component: (depth: number) => void
  name: NameVisitor
}

const NOBODY: ComponentVisitor = { component: () => {}, name: () => {} }

/**
 * Reads every name in a component once, however deep components nest.
 * @returns names; one that is not UTF-8 has a character for each byte
 * @throws Diagnostic `WASM_MALFORMED`, also when there is more than the bounds of `budget.ts`; `FEATURE_UNKNOWN`
 * @see Component Model, Binary.md; WebAssembly core specification 5.5
 */
export function readNames(bytes: Uint8Array, visitor: ComponentVisitor = NOBODY): ComponentNames {
  const outermost: ComponentNames = { imports: [], exports: [] }
  const walk = startWalk(visitor.name)
  // A list instead of recursion, which a file can exhaust.
  const components = [{ binary: bytes, depth: 0, names: outermost }]
  for (const { binary, depth, names } of components) {
    visitor.component(depth)
    for (const nested of readComponent(binary, names, walk))
      components.push({ binary: nested, depth: depth + 1, names: { imports: [], exports: [] } })
  }
  return outermost
}

/** @returns the components that stand in this one; its own names are added to `names` */
function readComponent(bytes: Uint8Array, names: ComponentNames, walk: NameWalk): Uint8Array[] {
  const nested: Uint8Array[] = []
  for (const section of readSections(bytes, walk.sections).sections) {
    const payload = bytes.subarray(section.payloadStart, section.end)
    const reader = new NameReader(bytes, section, walk)
    switch (section.id) {
      case COMPONENT_SECTION['core module']:
        readCoreModule(payload, walk)
        break
      case COMPONENT_SECTION.component:
        nested.push(payload)
        break
      case COMPONENT_SECTION['core instance']:
        readVector(reader, readCoreInstance)
        break
      case COMPONENT_SECTION.instance:
        readVector(reader, readInstance)
        break
      case COMPONENT_SECTION.alias:
        readVector(reader, readAlias)
        break
      case COMPONENT_SECTION.import:
        readVector(reader, () => names.imports.push(readImport(reader)))
        break
      case COMPONENT_SECTION.export:
        readVector(reader, () => names.exports.push(readExport(reader)))
        break
    }
  }
  return nested
}

function readCoreInstance(reader: NameReader): void {
  const kind = reader.byte('the kind of a core instance')
  switch (kind) {
    case 0x00: // instantiate: module index, arguments
      reader.skipInteger()
      return reader.items(() => readCoreExport(reader, 'argument of a core instance'))
    case 0x01: // inline exports
      return reader.items(() => readCoreExport(reader, 'export of a core instance'))
    default:
      throw reader.unknown('kind of core instance', kind)
  }
}

function readInstance(reader: NameReader): void {
  const kind = reader.byte('the kind of an instance')
  switch (kind) {
    case 0x00: // instantiate: component index, arguments (plain name, sort, index)
      reader.skipInteger()
      return reader.items(() => {
        reader.name('argument of an instance')
        skipSortIndex(reader)
      })
    case 0x01: // inline exports (export name, sort, index)
      return reader.items(() => {
        readExternName(reader, 'export of an instance')
        skipSortIndex(reader)
      })
    default:
      throw reader.unknown('kind of instance', kind)
  }
}

function readAlias(reader: NameReader): void {
  skipSort(reader)
  const target = reader.byte('the target of an alias')
  switch (target) {
    case 0x00: // export of an instance
    case 0x01: // export of a core instance
      reader.skipInteger()
      return void reader.name('alias')
    case 0x02: // outer: count, index
      reader.skipInteger()
      return reader.skipInteger()
    default:
      throw reader.unknown('target of an alias', target)
  }
}

function readImport(reader: NameReader): ExternName {
  const name = readExternName(reader, 'import')
  skipExternType(reader)
  return name
}

function readExport(reader: NameReader): ExternName {
  const name = readExternName(reader, 'export')
  skipSortIndex(reader)
  const ascribed = reader.byte('whether an export has a type')
  if (ascribed === 0x01) skipExternType(reader)
  else if (ascribed !== 0x00) throw reader.unknown('type of an export', ascribed)
  return name
}

/** @see Component Model, Binary.md, `nameattributes` */
function readExternName(reader: NameReader, place: string): ExternName {
  const form = reader.byte('the form of a name')
  switch (form) {
    case 0x00:
    case 0x01: // once marked interface names, and means the same
      return { name: reader.text(place) }
    case 0x02:
      return { name: reader.text(place), ...readAttributes(reader, place) }
    default:
      throw reader.unknown('form of a name', form)
  }
}

/** In any order, each kind once at most. @see Component Model, Binary.md, `attribute` */
function readAttributes(reader: NameReader, place: string): Pick<ExternName, 'implements'> {
  const seen = new Set<number>()
  const found: Pick<ExternName, 'implements'> = {}
  reader.items(() => {
    const kind = reader.byte('the kind of an attribute')
    if (seen.has(kind)) throw reader.damage(`an ${place} has the attribute 0x0${kind} twice`)
    seen.add(kind)
    switch (kind) {
      case 0x00:
        found.implements = reader.text(`interface implemented by an ${place}`)
        break
      case 0x01:
        reader.name(`version suffix of an ${place}`)
        break
      case 0x02: // external id: free text for hosts that look names up in their own way, of which we are none
        reader.take(reader.varuint32('the length of an external id'), 'an external id')
        break
      default:
        throw reader.unknown('attribute of a name', kind)
    }
  })
  return found
}

/** @see Component Model, Binary.md, `externtype` */
function skipExternType(reader: NameReader): void {
  const kind = reader.byte('the kind of an import or export')
  switch (kind) {
    case 0x00: // core module: 0x11, type index
      reader.byte('the sort of a core type')
      return reader.skipInteger()
    case 0x02: // value: equal to an index, or of a type
      reader.byte('the bound of a value')
      return reader.skipInteger()
    case 0x03: // type: equal to an index, or a fresh resource
      return skipTypeBound(reader)
    case 0x01: // function
    case 0x04: // component
    case 0x05: // instance
      return reader.skipInteger()
    default:
      throw reader.unknown('kind of import or export', kind)
  }
}

function skipTypeBound(reader: NameReader): void {
  const bound = reader.byte('the bound of a type')
  if (bound === 0x00) reader.skipInteger()
  else if (bound !== 0x01) throw reader.unknown('bound of a type', bound)
}

function skipSortIndex(reader: NameReader): void {
  skipSort(reader)
  reader.skipInteger()
}

function skipSort(reader: NameReader): void {
  const isCore = reader.byte('a sort') === 0x00
  if (isCore) reader.byte('a core sort')
}
