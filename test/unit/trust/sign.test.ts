import { createHash, createPublicKey, verify as verifyWithNode } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateKey, type SecretKey, trustedKey } from '../../../src/trust/keys/trusted-key.js'
import { prepareSignature, sign, signWith } from '../../../src/trust/sign.js'
import { verifySync } from '../../../src/trust/verify.js'
import {
  ALICE,
  BOB,
  bytes,
  component,
  coreModule,
  coreSection,
  decodeSignature,
  custom,
  delimiter,
  hash,
  leb,
  record,
  section,
  signatureData,
  signatureSection,
  signatureSet,
  signedComponent,
  signHashes,
  spki,
  type TestKey,
} from '../../kit/sections.js'

const secretOf = ({ seed, publicKey }: TestKey): SecretKey => ({ seed, publicKey })
const trusted = ({ name, publicKey }: TestKey) => trustedKey(publicKey, name)
const [alice, bob] = [secretOf(ALICE), secretOf(BOB)]
const idOf = (key: TestKey) => Uint8Array.from(Buffer.from(trusted(key).keyId, 'hex'))

const PROGRAM = bytes(coreSection(), section(11, [0]))
const signersOf = (file: Uint8Array) => {
  const verdict = verifySync(file, [trusted(ALICE), trusted(BOB)])
  return verdict.status === 'verified' ? verdict.signers.map(({ name }) => name) : verdict.status
}

describe('sign', () => {
  it('writes the bytes that the format says', () => {
    const hashes = [hash(PROGRAM)]
    const data = signatureData(
      signatureSet(hashes, [record(signHashes(ALICE, hashes), { keyId: idOf(ALICE) })]),
    )
    const signed = sign(component(PROGRAM), alice)
    expect(signed.bytes).toEqual(component(signatureSection(data), PROGRAM))
    expect(signed.signature).toEqual(data)
    expect(signed.original).toEqual(component(PROGRAM))
  })

  it('leaves out the key id when asked, or writes one of the caller', () => {
    expect(sign(component(PROGRAM), alice, { keyId: 'none' }).bytes).toEqual(signedComponent(PROGRAM, ALICE))
    const [set] = decodeSignature(sign(component(PROGRAM), alice, { keyId: bytes('acme') }).signature)
    expect(set!.records[0]!.keyId).toEqual(bytes('acme'))
  })

  it('signs a hash for every part, and for a tail', () => {
    const content = bytes(PROGRAM, delimiter(1), custom('more'))
    const [set] = decodeSignature(sign(component(content), alice).signature)
    expect(set!.hashes).toEqual([hash(PROGRAM, delimiter(1)), hash(content)])
    const closed = bytes(content, delimiter(2))
    expect(decodeSignature(sign(component(closed), alice).signature)[0]!.hashes).toEqual([
      hash(PROGRAM, delimiter(1)),
      hash(closed),
    ])
  })

  it('gives the same bytes for the same key and file, and never changes its input', () => {
    const file = component(PROGRAM)
    const copy = Uint8Array.from(file)
    expect(sign(file, alice)).toEqual(sign(file, alice))
    expect(file).toEqual(copy)
  })

  it('writes lengths in their shortest form, whatever came in', () => {
    const padded = component(section(11, [0], 5), custom('x', [1], { sizeWidth: 4, nameWidth: 3 }))
    const signed = sign(padded, alice)
    expect(signed.original).toEqual(component(section(11, [0]), custom('x', [1])))
    expect(signersOf(signed.bytes)).toEqual(['alice'])
    expect(verifySync(signed.original, [trusted(ALICE)], { detached: signed.signature }).status).toBe(
      'verified',
    )
    expect(verifySync(padded, [trusted(ALICE)], { detached: signed.signature }).status).toBe('modified')
  })

  it('makes files that verify, of any sections', () => {
    const anySection = fc.oneof(
      fc
        .tuple(fc.integer({ min: 2, max: 3 }), fc.uint8Array({ maxLength: 40 }))
        .map(([id, content]) => section(id, content)),
      fc.string({ unit: 'grapheme', maxLength: 9 }).map((name) => custom(name)),
      fc.nat(255).map((fill) => delimiter(fill)),
    )
    fc.assert(
      fc.property(fc.array(anySection, { maxLength: 6 }), fc.boolean(), (sections, isCore) => {
        const file = (isCore ? coreModule : component)(...sections)
        const once = sign(file, alice).bytes
        expect(signersOf(once)).toEqual(['alice'])
        expect(signersOf(sign(once, bob).bytes)).toEqual(['alice', 'bob'])
      }),
      { numRuns: 60 },
    )
  })
})

describe('signing what is signed already', () => {
  const once = sign(component(PROGRAM), alice)

  it('adds to the set over the same content', () => {
    const twice = sign(once.bytes, bob)
    const sets = decodeSignature(twice.signature)
    expect(sets).toHaveLength(1)
    expect(sets[0]!.records).toHaveLength(2)
    expect(signersOf(twice.bytes)).toEqual(['alice', 'bob'])
    expect(twice.original).toEqual(once.bytes)
  })

  it('opens a set of its own when the content is another', () => {
    const extended = bytes(once.bytes, custom('more'))
    const sets = decodeSignature(sign(extended, bob).signature)
    expect(sets.map(({ hashes }) => hashes)).toEqual([[hash(PROGRAM)], [hash(PROGRAM, custom('more'))]])
  })

  it('refuses to write the same signature twice, and takes it under another id', () => {
    expect(() => sign(once.bytes, alice)).toThrow('[signed-wasm] SIGNATURE_DUPLICATE')
    expect(decodeSignature(sign(once.bytes, alice, { keyId: 'none' }).signature)[0]!.records).toHaveLength(2)
  })

  it('starts over when asked to replace', () => {
    expect(sign(once.bytes, bob, { replace: true }).bytes).toEqual(sign(component(PROGRAM), bob).bytes)
    expect(sign(once.bytes, alice, { replace: true }).bytes).toEqual(once.bytes)
  })

  it('drops signature sections elsewhere than first, with what they held', () => {
    const signed = sign(component(PROGRAM, signatureSection(once.signature)), bob)
    expect(signed.bytes).toEqual(sign(component(PROGRAM), bob).bytes)
  })

  it('keeps certificate lists as they are, or writes one on every record or on none', () => {
    const listed = signatureData(
      signatureSet([hash(PROGRAM)], [record(signHashes(ALICE, [hash(PROGRAM)]), { rest: [1, 2, 7, 7] })]),
    )
    const lists = (certificateLists: 'keep' | 'every' | 'no') =>
      decodeSignature(
        sign(component(signatureSection(listed), PROGRAM), bob, { certificateLists }).signature,
      )[0]!.records.map(({ certificates }) => certificates?.length)
    expect(lists('keep')).toEqual([1, undefined])
    expect(lists('every')).toEqual([1, 0])
    expect(lists('no')).toEqual([undefined, undefined])
  })

  it.each<[string, Uint8Array, string]>([
    ['damaged signature data', component(signatureSection([1, 1, 1]), PROGRAM), 'SIGNATURE_INVALID'],
    ['a file that cannot be framed', component([1, 9]), 'WASM_MALFORMED'],
    ['text', bytes('(module)'), 'WASM_MALFORMED'],
  ])('refuses %s', (_, file, code) => expect(() => sign(file, alice)).toThrow(code))
})

describe('keys that live elsewhere', () => {
  it('sign a message that is all they need to see', async () => {
    const { message } = prepareSignature(component(PROGRAM), ALICE.publicKey)
    expect(message).toEqual(bytes('wasmsig', 1, 1, 1, hash(PROGRAM)))
    const signed = await signWith(component(PROGRAM), ALICE.publicKey, () =>
      Promise.resolve(signHashes(ALICE, [hash(PROGRAM)])),
    )
    expect(signed).toEqual(sign(component(PROGRAM), alice))
  })

  it('cannot put a signature into a file that does not verify', async () => {
    const wrong = [new Uint8Array(64), new Uint8Array(63), signHashes(BOB, [hash(PROGRAM)])]
    for (const signature of wrong)
      await expect(signWith(component(PROGRAM), ALICE.publicKey, () => signature)).rejects.toThrow(
        'SIGNATURE_UNUSABLE',
      )
    expect(() => prepareSignature(component(PROGRAM), new Uint8Array(32))).toThrow('KEY_WEAK')
  })
})

/** Reads a file of one part and one signature by the format's text, sharing nothing with `src`. */
function readByHand(file: Uint8Array) {
  let at = 8
  const take = (length: number) => file.subarray(at, (at += length))
  const number = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = take(1)[0]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  expect(take(1)).toEqual(bytes(0))
  const end = number() + at
  expect(take(number())).toEqual(bytes('signature'))
  expect(take(3)).toEqual(bytes(1, 1, 1))
  expect(number()).toBe(1)
  number() // the length of the set
  const hashes = Array.from({ length: number() }, () => take(32))
  expect(number()).toBe(1)
  number() // the length of the record
  take(number()) // the key id
  expect(take(1)).toEqual(bytes(1))
  const signature = take(number())
  expect(at).toBe(end)
  return { hashes, signature, content: file.subarray(end) }
}

describe('OpenSSL, following the text of the format only', () => {
  it('verifies what we sign', () => {
    for (let round = 0; round < 10; round++) {
      const key = generateKey()
      const content = bytes(custom('notes', new Uint8Array(round * 40)), section(10, leb(round)))
      const { hashes, signature, content: signed } = readByHand(sign(component(content), key).bytes)
      expect(hashes).toEqual([Uint8Array.from(createHash('sha256').update(signed).digest())])
      const publicKey = createPublicKey({
        key: Buffer.from(spki(key.publicKey)),
        format: 'der',
        type: 'spki',
      })
      const message = Buffer.concat([Buffer.from('wasmsig\x01\x01\x01'), ...hashes])
      expect(verifyWithNode(null, message, publicKey, signature)).toBe(true)
    }
  })
})
