import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import { describe, expect, test } from 'vitest'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import { readNames } from '../../../src/format/names.js'
import { component, inCoreModule, nest, PLACES, section } from '../../kit/names.js'

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
      imports: ['wasi:cli/stdout@0.2.3', 'log', 'thing'],
      exports: ['again'],
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
    expect(readNames(PLACES['import']!("it's */")).imports).toEqual(['a', 'b', 'c', "it's */"])
    expect(codeOf(inCoreModule(section(7, 1, 'n'.repeat(5000), 0x00, 0x00)))).toBe('accepted')
  })

  test('are read however deep components nest', () => {
    expect(tell(nest(5000, PLACES['export']!('it'))).at(-1)).toBe('5000 export: it')
  })

  test.each([
    ['a count beyond the end', inCoreModule(section(7, 0xff, 0xff, 0xff, 0xff, 0x0f))],
    ['a name beyond the end', inCoreModule(section(7, 1, 0xff, 0xff, 0xff, 0xff, 0x0f))],
    ['bytes after the last item', inCoreModule(section(7, 0, 0))],
    ['an unknown kind of core import', inCoreModule(section(2, 1, 'm', 'f', 0x7f))],
    [
      'a number that does not end',
      inCoreModule(section(2, 1, 'm', 'f', 0x00, ...Array.from({ length: 11 }, () => 0x80))),
    ],
    ['an unknown kind of core instance', component(section(2, 1, 0x02))],
    ['an unknown kind of instance', component(section(5, 1, 0x02))],
    ['an unknown target of an alias', component(section(6, 1, 0x01, 0x03))],
    ['an unknown kind of import', component(section(10, 1, 0x00, 'a', 0x06))],
    ['an unknown form of a name', component(section(10, 1, 0x02, 'a', 0x01, 0x00))],
    ['an unknown export type', component(section(11, 1, 0x00, 'a', 0x01, 0x00, 0x02))],
  ])('refuses %s as malformed', (_, file) => {
    expect(codeOf(file)).toBe('WASM_MALFORMED')
  })
})
