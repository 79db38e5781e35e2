import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import { concatBytes, encodeUtf8, encodeVaruint32 } from '../../../src/format/encoding.js'
import { componentImports, scanNames } from '../../../src/format/names.js'
import { encodeSection, PREAMBLES } from '../../../src/format/wasm.js'

const REAL = process.env['SIGNED_WASM_COMPONENTS']

type Part = Uint8Array | number | string

/** Numbers are bytes, text is a length and UTF-8. */
const bytes = (...parts: Part[]) =>
  concatBytes(
    ...parts.map((part) => {
      if (typeof part === 'number') return Uint8Array.of(part)
      return typeof part === 'string' ? named(encodeUtf8(part)) : part
    }),
  )
const named = (name: Uint8Array) => concatBytes(encodeVaruint32(name.length), name)
const section = (id: number, ...parts: Part[]) => encodeSection(id, bytes(...parts))
const component = (...sections: Uint8Array[]) => concatBytes(PREAMBLES.component, ...sections)
const coreModule = (...sections: Uint8Array[]) => concatBytes(PREAMBLES['core module'], ...sections)
const inCoreModule = (...sections: Uint8Array[]) => component(section(1, coreModule(...sections)))
const nest = (depth: number, inner: Uint8Array) => {
  for (let level = 0; level < depth; level++) inner = component(encodeSection(4, inner))
  return inner
}

const FUNCTION = [0x00, 0x00] as const

/** Every place where a name can stand, as a component with that name there. */
const PLACES: Record<string, (name: string) => Uint8Array> = {
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
  export: (name) =>
    component(section(11, 2, 0x00, 'a', 0x01, 0x00, 0x01, 0x01, 0x00, 0x00, name, 0x05, 0x00, 0x00)),
}

const codeOf = (file: Uint8Array) => {
  try {
    scanNames(file)
    return 'accepted'
  } catch (error) {
    return error instanceof Diagnostic ? error.code : error
  }
}

const UNSAFE: Record<string, string> = {
  'a single quote': "'",
  'a double quote': '"',
  'a backtick': '`',
  'a backslash': '\\',
  'a line feed': '\n',
  'a carriage return': '\r',
  NUL: '\0',
  DEL: '\u007f',
  'a C1 control character': '\u0085',
  'a line separator': '\u2028',
  'a paragraph separator': '\u2029',
  'a template substitution': '${',
  'the end of a comment': '*/',
}

const ORDINARY = [
  '',
  'add',
  'docs:adder/add@0.1.0#add',
  '[method]descriptor.read-via-stream',
  '[resource-drop]output-stream',
  '[async-lower][stream-new-0]write',
  'cabi_post_wasi:cli/run@0.2.0#run',
  '$root',
  '_ZN4core3ptr85drop_in_place$LT$std..rt..lang_start$LT$$LP$$RP$$GT$..$u7b$$u7b$closure$u7d$$u7d$$GT$17h0123456789abcdefE',
  'std::vec<int, alloc>::push(int const&) [clone .cold]',
  'größe 数 🚀',
]

describe('names of a component', () => {
  test('lists imports and exports with their versions, not those of nested components', async () => {
    const file = await parse(`(component
      (component (import "inner" (func)))
      (import "wasi:cli/stdout@0.2.3" (instance))
      (import "log" (func $log))
      (import "thing" (type (sub resource)))
      (export "again" (func $log)))`)
    expect(scanNames(file)).toEqual({
      imports: ['wasi:cli/stdout@0.2.3', 'log', 'thing'],
      exports: ['again'],
    })
    expect(componentImports(file)).toEqual(['wasi:cli/stdout@0.2.3', 'log', 'thing'])
  })

  for (const [place, place_] of Object.entries(PLACES)) {
    test.each(Object.entries(UNSAFE))(`refuses %s in the ${place}`, (_, text) => {
      expect(codeOf(place_(`a${text}b`))).toBe('UNSAFE_NAME')
    })

    test(`accepts ordinary names in the ${place}`, () => {
      expect(ORDINARY.map((name) => codeOf(place_(name)))).toEqual(ORDINARY.map(() => 'accepted'))
    })

    test(`refuses a name of more than 4096 bytes in the ${place}`, () => {
      expect(codeOf(place_('n'.repeat(4096)))).toBe('accepted')
      expect(codeOf(place_('n'.repeat(4097)))).toBe('UNSAFE_NAME')
    })
  }

  test('refuses a name that is not UTF-8', () => {
    const name = named(Uint8Array.of(0xc3, 0x28))
    expect(codeOf(inCoreModule(section(7, bytes(1), name, 0x00, 0x00)))).toBe('UNSAFE_NAME')
  })

  test('shows the name escaped and says where it stands', () => {
    expect(() => scanNames(PLACES['core export']!('x\u001b[31m'))).toThrow(
      'UNSAFE_NAME: holds the name "x\\u{1b}[31m": this export of a core module contains a control character',
    )
  })

  test('takes 32 levels of nesting and no more, however deep the file goes', () => {
    expect(codeOf(nest(32, component()))).toBe('accepted')
    expect(codeOf(nest(33, component()))).toBe('NESTING_TOO_DEEP')
    expect(codeOf(nest(5000, component()))).toBe('NESTING_TOO_DEEP')
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

  test('says accepted or gives a Diagnostic, whatever the bytes', () => {
    const places = Object.values(PLACES).map((place) => place('name'))
    const mutated = fc
      .record({ file: fc.constantFrom(...places), at: fc.nat(200), byte: fc.nat(255), cut: fc.nat(200) })
      .map(({ file, at, byte, cut }) => {
        const copy = file.slice(0, Math.max(8, file.length - (cut > 150 ? cut - 150 : 0)))
        if (at >= 8 && at < copy.length) copy[at] = byte
        return copy
      })
    fc.assert(
      fc.property(mutated, (file) => {
        expect(['accepted', 'UNSAFE_NAME', 'NESTING_TOO_DEEP', 'WASM_MALFORMED']).toContain(codeOf(file))
      }),
      { numRuns: 2000 },
    )
  })
})

if (REAL === undefined) console.warn('SIGNED_WASM_COMPONENTS is not set: real components are not tested')

describe.skipIf(REAL === undefined)('names of real components', () => {
  for (const name of REAL === undefined ? [] : readdirSync(REAL).filter((file) => file.endsWith('.wasm'))) {
    test(`accepts ${name}`, () => {
      expect(codeOf(readFileSync(path.join(REAL!, name)))).toBe('accepted')
    })
  }
})
