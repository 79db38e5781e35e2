import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import { describe, expect, test } from 'vitest'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import { readNames } from '../../../src/format/names.js'
import {
  attributes,
  bytes,
  component,
  exported,
  external,
  FUNCTION,
  implementing,
  imported,
  inCoreModule,
  nest,
  PLACES,
  section,
  versioned,
} from '../../kit/names.js'

const codeOf = (file: Uint8Array) => {
  try {
    readNames(file)
    return 'accepted'
  } catch (error) {
    return error instanceof Diagnostic ? error.code : error
  }
}

/** Every name in a component as `depth place: name`. */
function tell(file: Uint8Array): string[] {
  const told: string[] = []
  let depth = 0
  readNames(file, {
    component: (at) => void (depth = at),
    name: (name, place) => told.push(`${depth} ${place}: ${Buffer.from(name)}`),
  })
  return told
}

describe('names of a component', () => {
  test('lists imports and exports with their versions, not those of nested components', async () => {
    const file = await parse(`(component
      (component (import "inner" (func)))
      (import "wasi:cli/stdout@0.2.3" (instance))
      (import "log" (func $log))
      (import "thing" (type (sub resource)))
      (export "again" (func $log)))`)
    expect(readNames(file)).toEqual({
      imports: [{ name: 'wasi:cli/stdout@0.2.3' }, { name: 'log' }, { name: 'thing' }],
      exports: [{ name: 'again' }],
    })
  })

  test.each(Object.entries(PLACES))('are found in every place: %s', (_, place) => {
    expect(tell(place('it')).filter((told) => told.endsWith(': it'))).toHaveLength(1)
  })

  test('are told with where they stand', () => {
    expect(tell(PLACES['core export in a nested component']!('it'))).toEqual([
      '3 export of a core module: memory',
      '3 export of a core module: it',
    ])
    expect(tell(PLACES['module of a core import']!('it'))).toEqual([
      '0 import module of a core module: it',
      '0 import of a core module: f',
    ])
    expect(tell(PLACES['argument of a core instance']!('it'))).toEqual(['0 argument of a core instance: it'])
    expect(tell(PLACES['inline export of an instance']!('it'))).toEqual(['0 export of an instance: it'])
  })

  test('are not judged, whatever they hold', () => {
    expect(readNames(PLACES['import']!("it's */")).imports.at(-1)).toEqual({ name: "it's */" })
    expect(codeOf(inCoreModule(section(7, 1, 'n'.repeat(5000), 0x00, 0x00)))).toBe('accepted')
  })

  test('are read however deep components nest', () => {
    expect(tell(nest(5000, PLACES['export']!('it'))).at(-1)).toBe('5000 export: it')
  })

  test('are listed with what they implement', () => {
    const both = attributes(external('one'), implementing('wasi:random/random@0.2.0'))
    expect(readNames(imported(0x02, 'a', both)).imports).toEqual([
      { name: 'a', implements: 'wasi:random/random@0.2.0' },
    ])
    expect(readNames(exported(0x02, 'a', both)).exports).toEqual([
      { name: 'a', implements: 'wasi:random/random@0.2.0' },
    ])
    expect(readNames(imported(0x02, 'a:b/c@1', attributes(versioned('.2.3')))).imports).toEqual([
      { name: 'a:b/c@1' },
    ])
  })

  test('are told, external ids are not', () => {
    const all = attributes(versioned('.2.3'), external("it's */"), implementing('a:b/c'))
    expect(tell(imported(0x02, 'a', all))).toEqual([
      '0 import: a',
      '0 version suffix of an import: .2.3',
      '0 interface implemented by an import: a:b/c',
    ])
  })

  test('are told of each import of a group', () => {
    const groups = inCoreModule(
      section(
        2,
        4,
        ...['m', '', 0x7f, 2, 'f', ...FUNCTION, 'g', ...FUNCTION],
        ...['n', '', 0x7e, ...FUNCTION, 2, 'h', 'h'],
        ...['o', '', 0x7f, 0],
        ...['p', '', ...FUNCTION],
      ),
    )
    expect(tell(groups).map((told) => told.replace(/ of a core module|^0 /g, ''))).toEqual([
      ...['import module: m', 'import: ', 'import: f', 'import: g'],
      ...['import module: n', 'import: ', 'import: h', 'import: h'],
      ...['import module: o', 'import: '],
      ...['import module: p', 'import: '],
    ])
  })

  test.each([
    ['a count beyond the end', inCoreModule(section(7, 0xff, 0xff, 0xff, 0xff, 0x0f))],
    ['a name beyond the end', inCoreModule(section(7, 1, 0xff, 0xff, 0xff, 0xff, 0x0f))],
    ['bytes after the last item', inCoreModule(section(7, 0, 0))],
    [
      'a number that does not end',
      inCoreModule(section(2, 1, 'm', 'f', 0x00, ...Array.from({ length: 11 }, () => 0x80))),
    ],
    ['a group of core imports in the place of one', inCoreModule(section(2, 1, 'm', 'f', 0x7f))],
    ['a group of core imports with a name', inCoreModule(section(2, 1, 'm', 'f', 0x7e, ...FUNCTION, 0))],
    ['a group in a group', inCoreModule(section(2, 1, 'm', '', 0x7f, 1, '', 0x7f, 0))],
    ['a group of groups', inCoreModule(section(2, 1, 'm', '', 0x7e, 0x7f, 0))],
    ['a group that ends early', inCoreModule(section(2, 1, 'm', '', 0x7f, 2, 'f', ...FUNCTION))],
    ['a group of one type that ends early', inCoreModule(section(2, 1, 'm', '', 0x7e, ...FUNCTION, 2, 'f'))],
    ['a name whose attributes are missing', component(section(10, 1, 0x02, 'a'))],
    ['more attributes than there are', component(section(10, 1, 0x02, 'a', 1))],
    ['an attribute without a value', component(section(10, 1, 0x02, 'a', 1, 0x00))],
    ['an interface that ends early', component(section(10, 1, 0x02, 'a', 1, 0x00, 5, 0x61))],
    ['a version suffix that ends early', component(section(10, 1, 0x02, 'a', 1, 0x01, 5, 0x61))],
    ['an external id that ends early', component(section(10, 1, 0x02, 'a', 1, 0x02, 5, 0x61))],
    ['two interfaces', imported(0x02, 'a', attributes(implementing('a:b/c'), implementing('a:b/c')))],
    ['two version suffixes', imported(0x02, 'a', attributes(versioned('.1'), external(''), versioned('.1')))],
    ['two external ids', exported(0x02, 'a', attributes(external('x'), external('y')))],
  ])('refuses %s as malformed', (_, file) => {
    expect(codeOf(file)).toBe('WASM_MALFORMED')
  })

  test('says which attribute is repeated', () => {
    const twice = exported(0x02, 'a', attributes(external('x'), external('y')))
    expect(() => readNames(twice)).toThrow('an export has the attribute 0x02 twice before offset 19')
  })

  test.each([
    ['kind of core import', inCoreModule(section(2, 1, 'm', 'f', 0x20, 0x00))],
    ['kind of core import', inCoreModule(section(2, 1, 'm', '', 0x7d, 0x00))],
    ['kind of core import', inCoreModule(section(2, 1, 'm', '', 0x7f, 1, 'f', 0x05))],
    ['kind of core import', inCoreModule(section(2, 1, 'm', '', 0x7e, 0x05, 1, 'f'))],
    ['limits', inCoreModule(section(2, 1, 'm', 'f', 0x02, 0x10, 0x00))],
    ['kind of core instance', component(section(2, 1, 0x02))],
    ['kind of instance', component(section(5, 1, 0x02))],
    ['target of an alias', component(section(6, 1, 0x01, 0x03))],
    ['kind of import or export', component(section(10, 1, 0x00, 'a', 0x06))],
    ['bound of a type', component(section(10, 1, 0x00, 'a', 0x03, 0x02))],
    ['form of a name', component(section(10, 1, 0x03, 'a', 0x01, 0x00))],
    ['form of a name', component(section(11, 1, 0x7f, 'a', 0x01, 0x00, 0x00))],
    ['attribute of a name', imported(0x02, 'a', attributes(bytes(0x03, 'x')))],
    ['attribute of a name', imported(0x02, 'a', attributes(implementing('a:b/c'), bytes(0x80, 'x')))],
    ['type of an export', component(section(11, 1, 0x00, 'a', 0x01, 0x00, 0x02))],
  ])('tells an unknown %s from damage', (feature, file) => {
    expect(codeOf(file)).toBe('FEATURE_UNKNOWN')
    expect(() => readNames(file)).toThrow(
      new RegExp(`uses a feature that this version does not know: ${feature} 0x[0-9a-f]{2} before offset`),
    )
  })
})
