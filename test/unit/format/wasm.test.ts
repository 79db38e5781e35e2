import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import {
  checkLayer,
  contentStart,
  coreModuleSlices,
  encodeCustomSection,
  encodeDelimiterSection,
  encodeSection,
  encodeSignatureSection,
  isDelimiterSection,
  isSignatureSection,
  readLayer,
  readSections,
  sectionBytes,
} from '../../../src/format/wasm.js'
import {
  bytes,
  component,
  coreModule,
  coreSection,
  custom,
  delimiter,
  leb,
  section,
  signatureSection,
} from '../../kit/sections.js'

const check = (file: Uint8Array) => checkLayer(file, readSections(file))

describe('the preamble', () => {
  it('names the layer by its exact eight bytes', () => {
    expect(readLayer(component())).toBe('component')
    expect(readLayer(coreModule())).toBe('core module')
    expect(readLayer(component(section(1, [])))).toBe('component')
  })

  it('is refused when any bit of it differs', () => {
    for (const file of [component(), coreModule()]) {
      for (let bit = 0; bit < 64; bit++) {
        const changed = Uint8Array.from(file)
        changed[bit >> 3]! ^= 1 << (bit & 7)
        expect(readLayer(changed), `bit ${bit}`).toBeUndefined()
        expect(() => readSections(changed)).toThrow('WASM_MALFORMED')
      }
      expect(readLayer(file.subarray(0, 7))).toBeUndefined()
    }
    expect(() => readSections(new Uint8Array())).toThrow('WASM_MALFORMED')
  })
})

describe('framing', () => {
  it('gives the offsets of each section', () => {
    const file = component(custom('hi', [7, 8, 9]), section(11, [1, 2]))
    const { layer, sections } = readSections(file)
    // Names are decoded when they are asked for.
    expect({ layer, sections: sections.map((item) => ({ ...item, name: item.name })) }).toEqual({
      layer: 'component',
      sections: [
        { id: 0, start: 8, payloadStart: 10, contentStart: 13, end: 16, name: 'hi' },
        { id: 11, start: 16, payloadStart: 18, contentStart: 18, end: 20 },
      ],
    })
  })

  it('covers every byte of a file, whatever its sections', () => {
    const anySection = fc.oneof(
      fc
        .tuple(
          fc.integer({ min: 1, max: 127 }),
          fc.uint8Array({ maxLength: 40 }),
          fc.integer({ min: 1, max: 5 }),
        )
        .map(([id, content, width]) => section(id, content, width)),
      fc
        .tuple(
          fc.string({ unit: 'grapheme', maxLength: 9 }),
          fc.uint8Array({ maxLength: 40 }),
          fc.integer({ min: 1, max: 5 }),
          fc.integer({ min: 1, max: 5 }),
        )
        .map(([name, content, sizeWidth, nameWidth]) => custom(name, content, { sizeWidth, nameWidth })),
    )
    fc.assert(
      fc.property(fc.array(anySection, { maxLength: 8 }), (parts) => {
        const { sections } = readSections(coreModule(...parts))
        expect(sections.map(({ start }) => start)).toEqual(
          parts.map((_, index) => 8 + parts.slice(0, index).reduce((sum, part) => sum + part.length, 0)),
        )
        expect(sections.map(({ end, start }) => end - start)).toEqual(parts.map(({ length }) => length))
      }),
    )
  })

  it('takes padded lengths of content, which hashes cover as they stand, and writes them shortest', () => {
    const file = coreModule(section(10, [1], 5), custom('x', [2], { sizeWidth: 4, nameWidth: 3 }))
    const { sections } = readSections(file)
    expect(sections.map((item) => sectionBytes(file, item))).toEqual([section(10, [1]), custom('x', [2])])
  })

  it.each<[string, Uint8Array, string]>([
    ['a section id of 0x80', coreModule(section(0x80, [])), 'section id 128 at offset 8'],
    ['a section that is cut', coreModule(section(1, [1, 2])).subarray(0, 11), 'runs past the end'],
    ['a section without a size', coreModule([1]), 'a byte is missing at offset'],
    ['a size of six bytes', coreModule([1, 0x80, 0x80, 0x80, 0x80, 0x80, 0]), 'does not fit into 32 bits'],
    [
      'a size of 4 GiB',
      coreModule([1, 0xff, 0xff, 0xff, 0xff, 0x0f]),
      'runs past the end (4294967295 bytes, 0 left)',
    ],
    ['a custom section without a name', coreModule(section(0, [])), 'a byte is missing at offset'],
    [
      'a name longer than its section',
      coreModule(section(0, [2, 0x61])),
      'what begins at offset 11 runs past',
    ],
    ['a name that is not UTF-8', coreModule(custom([0xff])), 'is not UTF-8'],
    ['a name that is a surrogate', coreModule(custom([0xed, 0xa0, 0x80])), 'is not UTF-8'],
    ['a name that is overlong', coreModule(custom([0xc1, 0xa1])), 'is not UTF-8'],
    ['a byte after the last section', coreModule(section(1, []), 0), 'a byte is missing at offset'],
  ])('refuses %s', (_, file, message) => {
    expect(() => readSections(file)).toThrow(Diagnostic)
    expect(() => readSections(file)).toThrow(message)
  })
})

describe('names', () => {
  it.each(['Signature', 'signature ', 'signature\0', 'ѕignature', 'signatur', 'signature_delimiter'])(
    'does not take %j for a signature section',
    (name) => expect(isSignatureSection(readSections(coreModule(custom(name))).sections[0]!)).toBe(false),
  )

  it('takes the signature and delimiter sections by name, whatever the width of their lengths', () => {
    const { sections } = readSections(
      coreModule(
        custom('signature', [], { nameWidth: 3 }),
        custom('signature_delimiter', [], { sizeWidth: 5 }),
      ),
    )
    expect(sections.map(isSignatureSection)).toEqual([true, false])
    expect(sections.map(isDelimiterSection)).toEqual([false, true])
  })

  it('does not take another section with the same bytes for one of them', () => {
    const { sections } = readSections(coreModule(section(1, [9, 'signature'])))
    expect(isSignatureSection(sections[0]!)).toBe(false)
  })
})

describe('the layer', () => {
  it('holds when sections are what it says', () => {
    expect(() => check(component(coreSection(), section(4, component()), section(2, [1])))).not.toThrow()
    expect(() => check(coreModule(section(1, [0]), section(4, [0])))).not.toThrow()
  })

  it.each<[string, Uint8Array]>([
    ['a component whose core-module section holds none', component(section(1, [1, 0x60, 0, 0]))],
    ['a component whose core-module section holds a component', component(section(1, component()))],
    ['a component whose component section holds a core module', component(section(4, coreModule()))],
    ['a component whose core-module section is empty', component(section(1, []))],
    ['a core module whose type section holds a core module', coreModule(coreSection())],
  ])('is refused for %s', (_, file) => expect(() => check(file)).toThrow('WASM_MALFORMED'))
})

describe('contentStart', () => {
  it('is the end of a leading signature section, and 8 without one', () => {
    const signature = signatureSection([1, 2, 3])
    expect(contentStart(component(signature, section(2, [])))).toBe(8 + signature.length)
    expect(contentStart(component(signature))).toBe(8 + signature.length)
    expect(contentStart(component(section(2, []), signature))).toBe(8)
    expect(contentStart(component())).toBe(8)
  })
})

describe('coreModuleSlices', () => {
  const first = coreModule(custom('first'))
  const second = coreModule(custom('second'))
  const third = coreModule(custom('third'))

  it('finds every core module, nested ones too, in file order', () => {
    const inner = component(section(1, second), section(4, component(section(1, third, 3))))
    const file = component(custom('x'), section(1, first, 5), section(4, inner), section(1, first))
    const found = coreModuleSlices(file).map(({ start, end }) => file.subarray(start, end))
    expect(found).toEqual([first, second, third, first])
  })

  it('finds none in a core module', () => expect(coreModuleSlices(coreModule(section(1, first)))).toEqual([]))

  it('refuses to go deeper than it is told', () => {
    let file = component(section(1, first))
    for (let depth = 0; depth < 32; depth++) file = component(section(4, file))
    expect(coreModuleSlices(file)).toHaveLength(1)
    expect(() => coreModuleSlices(component(section(4, file)))).toThrow('nest more than 32 deep')
    expect(() => coreModuleSlices(file, { maxDepth: 31 })).toThrow('nest more than 31 deep')
  })
})

describe('writing', () => {
  it('gives the shortest form', () => {
    expect(encodeSection(7, bytes(1, 2))).toEqual(section(7, [1, 2]))
    expect(encodeCustomSection('é', bytes(1))).toEqual(custom('é', [1]))
    expect(encodeSignatureSection(bytes(1))).toEqual(signatureSection([1]))
    expect(encodeDelimiterSection(new Uint8Array(16).fill(3))).toEqual(delimiter(3))
    expect(encodeSection(1, new Uint8Array(300)).slice(0, 3)).toEqual(bytes(1, leb(300)))
  })
})
