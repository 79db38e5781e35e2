import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkNames } from '../../../src/bindings/safe-names.js'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import {
  attributes,
  bytes,
  component,
  exported,
  external,
  implementing,
  imported,
  inCoreModule,
  named,
  nest,
  PLACES,
  section,
} from '../../kit/names.js'

const REAL = process.env['SIGNED_WASM_COMPONENTS']

const codeOf = (file: Uint8Array) => {
  try {
    checkNames(file)
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

describe('names that go into generated code', () => {
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
    expect(() => checkNames(PLACES['core export']!('x\u001b[31m'))).toThrow(
      'UNSAFE_NAME: holds the name "x\\u{1b}[31m": this export of a core module contains a control character',
    )
  })

  test.each(Object.entries(UNSAFE))(
    'leaves %s in an external id alone, which no code will hold',
    (_, text) => {
      expect(codeOf(imported(0x02, 'a', attributes(external(`a${text}b`))))).toBe('accepted')
      expect(codeOf(exported(0x02, 'a', attributes(external('n'.repeat(5000)))))).toBe('accepted')
    },
  )

  test('says which attribute is unsafe', () => {
    expect(() => checkNames(imported(0x02, 'a', attributes(implementing("a:b/'"))))).toThrow(
      `UNSAFE_NAME: holds the name "a:b/'": this interface implemented by an import contains a quote`,
    )
  })

  test('takes 32 levels of nesting and no more, however deep the file goes', () => {
    expect(codeOf(nest(32, component()))).toBe('accepted')
    expect(codeOf(nest(33, component()))).toBe('NESTING_TOO_DEEP')
    expect(codeOf(nest(5000, component()))).toBe('NESTING_TOO_DEEP')
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
        expect([
          'accepted',
          'UNSAFE_NAME',
          'NESTING_TOO_DEEP',
          'WASM_MALFORMED',
          'FEATURE_UNKNOWN',
        ]).toContain(codeOf(file))
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
