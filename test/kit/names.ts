/** Components with a name in each place where one can stand, assembled byte by byte. */

import { concatBytes, encodeUtf8, encodeVaruint32 } from '../../src/format/encoding.js'
import { encodeSection, PREAMBLES } from '../../src/format/wasm.js'

/** A byte, a name, or bytes. */
export type Part = Uint8Array | number | string

/** All parts one after another: numbers are bytes, text is a name: a length and UTF-8. */
export const bytes = (...parts: Part[]) =>
  concatBytes(
    ...parts.map((part) => {
      if (typeof part === 'number') return Uint8Array.of(part)
      return typeof part === 'string' ? named(encodeUtf8(part)) : part
    }),
  )
/** Bytes behind their length. */
export const named = (name: Uint8Array) => concatBytes(encodeVaruint32(name.length), name)
/** A section. */
export const section = (id: number, ...parts: Part[]) => encodeSection(id, bytes(...parts))
/** A component of these sections. */
export const component = (...sections: Uint8Array[]) => concatBytes(PREAMBLES.component, ...sections)
/** A core module of these sections. */
export const coreModule = (...sections: Uint8Array[]) => concatBytes(PREAMBLES['core module'], ...sections)
/** A component that holds a core module of these sections. */
export const inCoreModule = (...sections: Uint8Array[]) => component(section(1, coreModule(...sections)))
/** So many components around a component. */
export const nest = (depth: number, inner: Uint8Array) => {
  for (let level = 0; level < depth; level++) inner = component(encodeSection(4, inner))
  return inner
}

/** The type of an imported core function. */
export const FUNCTION = [0x00, 0x00] as const

/** A component with one import of an instance. @param name its form and what follows */
export const imported = (...name: Part[]) => component(section(10, 1, ...name, 0x05, 0x00))

/** A component with one export of an instance. @param name its form and what follows */
export const exported = (...name: Part[]) => component(section(11, 1, ...name, 0x05, 0x00, 0x00))

/** What follows a name of the form 0x02. */
export const attributes = (...all: Uint8Array[]) => bytes(all.length, ...all)
export const implementing = (interfaceName: string) => bytes(0x00, interfaceName)
export const versioned = (suffix: string) => bytes(0x01, suffix)
export const external = (id: string) => bytes(0x02, id)

/** Every place where a name can stand, as a component with that name there. */
export const PLACES: Record<string, (name: string) => Uint8Array> = {
  'module of a core import': (name) => inCoreModule(section(2, 1, name, 'f', ...FUNCTION)),
  'field of a core import': (name) => inCoreModule(section(2, 1, 'm', name, ...FUNCTION)),
  'core import after one of each kind': (name) =>
    inCoreModule(
      section(
        2,
        6,
        ...['m', 'function', 0x00, 0x80, 0x01],
        ...['m', 'table', 0x01, 0x64, 0x70, 0x01, 0x00, 0x80, 0x02],
        ...['m', 'memory', 0x02, 0x07, 0x01, 0x80, 0x80, 0x04],
        ...['m', 'global', 0x03, 0x63, 0x65, 0x6f, 0x01],
        ...['m', 'tag', 0x04, 0x00, 0x00],
        ...['m', name, ...FUNCTION],
      ),
    ),
  'core export': (name) => inCoreModule(section(7, 2, 'memory', 0x02, 0x00, name, 0x00, 0x00)),
  'core export in a nested component': (name) => nest(3, PLACES['core export']!(name)),
  'argument of a core instance': (name) => component(section(2, 1, 0x00, 0x00, 1, name, 0x12, 0x00)),
  'inline export of a core instance': (name) => component(section(2, 1, 0x01, 1, name, 0x00, 0x00)),
  'argument of an instance': (name) => component(section(5, 1, 0x00, 0x00, 1, name, 0x01, 0x00)),
  'inline export of an instance': (name) => component(section(5, 1, 0x01, 1, 0x00, name, 0x00, 0x11, 0x00)),
  'alias of an export': (name) => component(section(6, 2, 0x01, 0x02, 0x01, 0x00, 0x03, 0x00, 0x00, name)),
  'alias of a core export': (name) => component(section(6, 1, 0x00, 0x00, 0x01, 0x00, name)),
  import: (name) =>
    component(
      section(
        10,
        4,
        ...[0x00, 'a', 0x00, 0x11, 0x00],
        ...[0x01, 'b', 0x03, 0x00, 0x05],
        ...[0x00, 'c', 0x03, 0x01],
        ...[0x00, name, 0x05, 0x00],
      ),
    ),
  'label of an import': (name) => imported(0x02, name, attributes(implementing('a:b/c'))),
  'interface that an import implements': (name) => imported(0x02, 'a', attributes(implementing(name))),
  'interface that an import implements, after other attributes': (name) =>
    imported(0x02, 'a', attributes(versioned('.1'), external("*/'"), implementing(name))),
  'version suffix of an import': (name) => imported(0x02, 'a:b/c@1', attributes(versioned(name))),
  'import after one with attributes': (name) =>
    component(
      section(
        10,
        3,
        ...[0x02, 'a', attributes(implementing('a:b/c'), external('x')), 0x05, 0x00],
        ...[0x02, 'b', attributes(), 0x05, 0x00],
        ...[0x00, name, 0x05, 0x00],
      ),
    ),
  'label of an export': (name) => exported(0x02, name, attributes(external('x'))),
  'interface that an export implements': (name) => exported(0x02, 'a', attributes(implementing(name))),
  'interface that an export of an instance implements': (name) =>
    component(section(5, 1, 0x01, 1, 0x02, 'a', attributes(implementing(name)), 0x05, 0x00)),
  'interface that an import of a nested component implements': (name) =>
    nest(2, imported(0x02, 'a', attributes(implementing(name)))),
  'module of a group of core imports': (name) =>
    inCoreModule(section(2, 1, name, '', 0x7f, 1, 'f', ...FUNCTION)),
  'group of core imports with a type each': (name) =>
    inCoreModule(
      section(2, 1, 'm', '', 0x7f, 3, 'f', ...FUNCTION, 'g', 0x03, 0x7f, 0x00, name, 0x02, 0x00, 0x01),
    ),
  'group of core imports of one type': (name) =>
    inCoreModule(section(2, 1, 'm', '', 0x7e, 0x03, 0x7f, 0x00, 3, 'f', 'g', name)),
  'core import after groups': (name) =>
    inCoreModule(
      section(
        2,
        4,
        ...['m', '', 0x7f, 0],
        ...['m', '', 0x7e, ...FUNCTION, 0],
        ...['m', '', 0x7e, ...FUNCTION, 1, 'f'],
        ...['m', name, ...FUNCTION],
      ),
    ),
  'group of core imports in a nested component': (name) =>
    nest(3, PLACES['group of core imports with a type each']!(name)),
  export: (name) =>
    component(section(11, 2, 0x00, 'a', 0x01, 0x00, 0x01, 0x01, 0x00, 0x00, name, 0x05, 0x00, 0x00)),
}
