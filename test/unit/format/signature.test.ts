import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import { encodeSignature, signedMessage } from '../../../src/format/signature.js'
import {
  bytes,
  decodeSignature,
  leb,
  type Part,
  prefixed,
  record,
  signatureData,
  signatureSet,
} from '../../kit/sections.js'

const HASH = new Uint8Array(32).fill(0xaa)
const SIGNATURE = new Uint8Array(64).fill(0xbb)

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const anyRecord = fc.record(
  {
    keyId: fc.uint8Array({ maxLength: 20 }),
    algorithm: fc.constant(1),
    signature: exactly(64),
    certificates: fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 16 }),
  },
  { requiredKeys: ['keyId', 'algorithm', 'signature'] },
)
const unknownRecord = fc.record({
  keyId: fc.uint8Array({ maxLength: 20 }),
  algorithm: fc.integer({ min: 2, max: 255 }),
  signature: fc.uint8Array({ maxLength: 200 }),
})
const anySets = fc.array(
  fc.record({
    hashes: fc.array(exactly(32), { maxLength: 6 }),
    records: fc.array(fc.oneof(anyRecord, unknownRecord), { maxLength: 5 }),
  }),
  { maxLength: 4 },
)

const decodes = (...parts: Part[]) => decodeSignature(bytes(...parts))

describe('signature data', () => {
  it('decodes what was encoded', () => {
    fc.assert(
      fc.property(anySets, (sets) => {
        expect(decodeSignature(encodeSignature(sets))).toEqual(sets)
      }),
    )
  })

  it('encodes what was decoded, byte for byte, whatever was decoded', () => {
    const mutated = fc
      .tuple(anySets, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }))
      .map(([sets, edits]) => {
        const data = encodeSignature(sets)
        for (const [at, value] of edits) data[at % data.length] = value
        return data
      })
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (data) => {
        let sets
        try {
          sets = decodeSignature(data)
        } catch (error) {
          expect(error).toBeInstanceOf(Diagnostic)
          const code = data[0] === 2 && data.length >= 3 ? 'SIGNATURE_KEYLESS' : 'SIGNATURE_INVALID'
          expect((error as Diagnostic).code).toBe(code)
          return
        }
        expect(encodeSignature(sets)).toEqual(data)
      }),
      { numRuns: 2000 },
    )
  })

  it('is written the way the format says', () => {
    const set = { hashes: [HASH], records: [{ keyId: bytes('id'), algorithm: 1, signature: SIGNATURE }] }
    expect(encodeSignature([set])).toEqual(
      signatureData(signatureSet([HASH], [record(SIGNATURE, { keyId: 'id' })])),
    )
    const withNone = { ...set.records[0]!, certificates: [] }
    expect(encodeSignature([{ ...set, records: [withNone] }])).toEqual(
      signatureData(signatureSet([HASH], [record(SIGNATURE, { keyId: 'id', rest: [0] })])),
    )
  })

  it('keeps records of unknown algorithms, whatever the length of their signature', () => {
    const data = signatureData(signatureSet([HASH], [record(new Uint8Array(3), { algorithm: 2 })]))
    expect(decodeSignature(data)[0]!.records[0]).toMatchObject({ algorithm: 2, signature: new Uint8Array(3) })
  })
})

describe('leftovers, cuts and padding', () => {
  const good = signatureSet([HASH], [record(SIGNATURE)])

  it('refuse every proper prefix, and every byte after the end', () => {
    const data = signatureData(good)
    for (let end = 0; end < data.length; end++)
      expect(() => decodeSignature(data.subarray(0, end)), `${end} bytes`).toThrow('SIGNATURE_INVALID')
    expect(() => decodes(data, 0)).toThrow('1 unexpected bytes at offset')
  })

  it.each<[string, Uint8Array]>([
    ['a byte after the last record of a set', signatureData(bytes(good, 0))],
    [
      'a byte after the certificates of a record',
      signatureData(signatureSet([HASH], [record(SIGNATURE, { rest: [0, 0] })])),
    ],
    [
      'a certificate that is cut',
      signatureData(signatureSet([HASH], [record(SIGNATURE, { rest: [1, 5, 1] })])),
    ],
    ['a padded set count', bytes(1, 1, 1, leb(1, 2), prefixed(good))],
    ['a padded set length', bytes(1, 1, 1, 1, leb(good.length, 3), good)],
    ['a padded hash count', signatureData(bytes(leb(1, 2), HASH, 1, prefixed(record(SIGNATURE))))],
    ['a padded key id length', signatureData(signatureSet([HASH], [bytes(0x80, 0, 1, prefixed(SIGNATURE))]))],
    ['a padded signature length', signatureData(signatureSet([HASH], [bytes(0, 1, leb(64, 2), SIGNATURE)]))],
    ['a signature of 63 bytes', signatureData(signatureSet([HASH], [record(SIGNATURE.slice(1))]))],
    ['a signature of 65 bytes', signatureData(signatureSet([HASH], [record(bytes(SIGNATURE, 0))]))],
    ['no signature', signatureData(signatureSet([HASH], [record(new Uint8Array())]))],
    ['sets without their lengths', bytes(1, 1, 1, 1, good)],
  ])('refuse %s', (_, data) => expect(() => decodeSignature(data)).toThrow('SIGNATURE_INVALID'))

  it.each([
    [3, 1, 1],
    [1, 2, 1],
    [1, 1, 2],
    [0, 1, 1],
    [0x81, 1, 1],
  ])('refuse version, content type and hash function %i %i %i', (...header) => {
    expect(() => decodes(header, 0)).toThrow(
      `unsupported version, content type or hash function (${header.join(', ')})`,
    )
  })
})

describe('counts', () => {
  const MAX = [0xff, 0xff, 0xff, 0xff, 0x0f]
  const fill = (length: number) => new Uint8Array(length)

  it.each<[string, () => Uint8Array, string]>([
    ['65 sets', () => bytes(1, 1, 1, 65, fill(1000)), 'a count of 65 before offset 4, where at most 64'],
    ['65 hashes', () => signatureData(bytes(65, fill(65 * 32), 0)), 'a count of 65'],
    ['257 signatures', () => signatureData(bytes(1, HASH, leb(257), fill(2000))), 'a count of 257'],
    [
      '17 certificates',
      () => signatureData(signatureSet([HASH], [record(SIGNATURE, { rest: [17, fill(17)] })])),
      'a count of 17 before',
    ],
    ['2^32 - 1 sets', () => bytes(1, 1, 1, MAX), 'a count of 4294967295'],
    ['2^32 - 1 hashes', () => signatureData(bytes(MAX, 0)), 'a count of 4294967295'],
    ['2^32 - 1 signatures', () => signatureData(bytes(0, MAX)), 'a count of 4294967295'],
    [
      '2^32 - 1 certificates',
      () => signatureData(signatureSet([HASH], [record(SIGNATURE, { rest: MAX })])),
      'a count of 4294967295',
    ],
    [
      'more sets than bytes',
      () => bytes(1, 1, 1, 64, fill(63)),
      'a count of 64 before offset 4, where at most 63',
    ],
    ['more hashes than bytes', () => signatureData(bytes(2, HASH)), 'runs past the end (32 bytes'],
  ])('refuses %s before making room for them', (_, data, message) => {
    expect(() => decodeSignature(data())).toThrow(message)
  })

  it('takes exactly 64 sets, 64 hashes, 256 signatures and 16 certificates', () => {
    const empty = signatureSet([], [])
    expect(decodeSignature(signatureData(...Array.from({ length: 64 }, () => empty)))).toHaveLength(64)
    const large = signatureSet(
      Array.from({ length: 64 }, () => HASH),
      Array.from({ length: 256 }, () => record(SIGNATURE, { rest: [16, fill(16)] })),
    )
    const [set] = decodeSignature(signatureData(large))
    expect([set!.hashes.length, set!.records.length, set!.records[0]!.certificates!.length]).toEqual([
      64, 256, 16,
    ])
  })

  it('refuses a field of more than 16 MiB', () => {
    const set = bytes(0, 1, prefixed(record(SIGNATURE)))
    const data = new Uint8Array(17 * 1024 * 1024)
    data.set(bytes(1, 1, 1, 1, leb(17 * 1024 * 1024 - 8), set))
    expect(() => decodeSignature(data)).toThrow('at most 16777216 are possible')
  })
})

it('signs the domain, the header and the hashes', () => {
  expect(signedMessage([HASH, HASH])).toEqual(bytes('wasmsig', 1, 1, 1, HASH, HASH))
  expect(signedMessage([])).toEqual(bytes('wasmsig', 1, 1, 1))
})
