import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { problem } from '../../../src/errors/raise.js'
import {
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  encodeVaruint32,
  equalBytes,
  fromBase64,
  fromHex,
  startsWith,
  toBase64,
  toHex,
  toLatin1,
} from '../../../src/format/encoding.js'
import { Reader } from '../../../src/format/reader.js'
import { leb } from '../../kit/sections.js'

const anyBytes = fc.uint8Array({ maxLength: 300 })
const anyUint32 = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffffffff }))
const readerOf = (...bytes: number[]) =>
  new Reader(Uint8Array.from(bytes), (...reason) => problem('WASM_MALFORMED', { reason }))

describe('hexadecimal', () => {
  it('says the same as Node for any bytes, and comes back', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'))
        expect(fromHex(toHex(bytes))).toEqual(bytes)
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes)
      }),
    )
  })

  it.each(['0', '0g', '0x00', ' 00', '00\n', '٠٠'])('refuses %j', (text) =>
    expect(fromHex(text)).toBeUndefined(),
  )
})

describe('base64', () => {
  it('says the same as Node for any bytes, and comes back, with padding or without, in both alphabets', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const text = toBase64(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64'))
        for (const variant of [text, text.replace(/=+$/, ''), Buffer.from(bytes).toString('base64url')])
          expect(fromBase64(variant)).toEqual(bytes)
      }),
    )
  })

  it('reads no two texts of one alphabet and padding as the same bytes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9+/]{0,12}={0,2}$/), (text) => {
        const bytes = fromBase64(text)
        if (bytes !== undefined) expect([toBase64(bytes), toBase64(bytes).replace(/=+$/, '')]).toContain(text)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    'A',
    'AB',
    'AA=',
    'A===',
    '====',
    '=',
    'AAAAA',
    'AAA=A',
    'AA==AA==',
    'AA A',
    'AAA\n',
    'AAAA=',
    'QQ=',
    'QR==',
    '\u0000',
  ])('refuses %j', (text) => expect(fromBase64(text)).toBeUndefined())
})

describe('UTF-8', () => {
  it('says the same as Node of any bytes', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const oracle = (bytes: Uint8Array) => {
      try {
        return strict.decode(bytes)
      } catch {
        return undefined
      }
    }
    const nearly = fc
      .array(
        fc.constantFrom(
          0x41,
          0x7f,
          0x80,
          0x8f,
          0x90,
          0x9f,
          0xa0,
          0xbf,
          0xc0,
          0xc1,
          0xc2,
          0xdf,
          0xe0,
          0xed,
          0xef,
          0xf0,
          0xf4,
          0xf5,
          0xff,
        ),
        {
          maxLength: 6,
        },
      )
      .map((values) => Uint8Array.from(values))
    fc.assert(
      fc.property(fc.oneof(anyBytes, nearly), (bytes) => {
        expect(decodeUtf8(bytes)).toBe(oracle(bytes))
      }),
      { numRuns: 3000 },
    )
  })

  it('comes back from any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        expect(encodeUtf8(text)).toEqual(Uint8Array.from(new TextEncoder().encode(text)))
        if (!/\p{Cs}/u.test(text)) expect(decodeUtf8(encodeUtf8(text))).toBe(text)
      }),
    )
  })
})

describe('LEB128', () => {
  it('comes back from every number, in the shortest form', () => {
    fc.assert(
      fc.property(anyUint32, (value) => {
        expect(encodeVaruint32(value)).toEqual(leb(value))
        expect(readerOf(...encodeVaruint32(value)).shortestVaruint32()).toBe(value)
      }),
    )
  })

  it('is read when padded where padding is allowed, and refused where it is not', () => {
    fc.assert(
      fc.property(anyUint32, fc.integer({ min: 1, max: 5 }), (value, width) => {
        const padded = leb(value, width)
        const shortest = () => readerOf(...padded).shortestVaruint32()
        expect(readerOf(...padded).varuint32()).toBe(value)
        if (padded.length === leb(value).length) expect(shortest()).toBe(value)
        else expect(shortest).toThrow('shortest form')
      }),
    )
  })

  it.each([
    ['ends too early', [0x80], 'missing at offset 1'],
    ['is empty', [], 'missing at offset 0'],
    ['goes on after five bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x00], '32 bits'],
    ['has a bit above 32 in the fifth byte', [0xff, 0xff, 0xff, 0xff, 0x1f], '32 bits'],
    ['has the highest bits of the fifth byte', [0x80, 0x80, 0x80, 0x80, 0x70], '32 bits'],
  ])('is refused when it %s', (_, bytes, message) => {
    expect(() => readerOf(...bytes).varuint32('a number')).toThrow(message)
    expect(() => readerOf(...bytes).shortestVaruint32()).toThrow(message)
  })
})

describe('Reader', () => {
  it('never gives bytes from beyond its end', () => {
    const reader = new Reader(
      Uint8Array.of(1, 2, 3, 4),
      (...reason) => problem('WASM_MALFORMED', { reason }),
      1,
      3,
    )
    expect(reader.remaining).toBe(2)
    expect(() => reader.take(3, 'three bytes')).toThrow(
      'three bytes at offset 1 runs past the end (3 bytes, 2 left)',
    )
    expect([reader.byte('a byte'), ...reader.take(1, 'a byte')]).toEqual([2, 3])
    expect(() => reader.byte()).toThrow('a byte is missing at offset 3')
    expect(() => reader.take(0xffffffff, 'four gigabytes')).toThrow('past the end')
    expect(() => reader.finish()).not.toThrow()
  })

  it('insists that nothing is left over', () => {
    expect(() => readerOf(1, 2).finish()).toThrow('2 unexpected bytes at offset 0')
  })

  it('aliases what it reads', () => {
    const bytes = Uint8Array.of(1, 2, 3)
    const reader = new Reader(bytes, (...reason) => problem('WASM_MALFORMED', { reason }))
    expect(reader.take(2, 'two bytes').buffer).toBe(bytes.buffer)
  })
})

it('joins, compares and finds prefixes', () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, (a, b) => {
      const whole = concatBytes(a, b)
      expect(whole).toEqual(Uint8Array.from([...a, ...b]))
      expect(startsWith(whole, a)).toBe(true)
      expect(equalBytes(whole, a)).toBe(b.length === 0)
      expect(toLatin1(whole)).toBe(Buffer.from(whole).toString('latin1'))
    }),
  )
  expect(startsWith(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false)
})
