/** Rows of the threat list that bytes and keys alone decide. Golden cases are named by their title. */

import { describe, expect, it } from 'vitest'
import { problem } from '../../src/errors/raise.js'
import { toHex } from '../../src/format/encoding.js'
import { nobleBackend } from '../../src/trust/crypto/noble.js'
import { nodeBackend } from '../../src/trust/crypto/node.js'
import { publicKeyDefect } from '../../src/trust/crypto/rule.js'
import { parsePublicKeys } from '../../src/trust/keys/read.js'
import { trustedKey, type TrustedKey } from '../../src/trust/keys/trusted-key.js'
import { decide } from '../../src/policy/table.js'
import { explain } from '../../src/trust/explain.js'
import { sign } from '../../src/trust/sign.js'
import { type Verdict } from '../../src/trust/verdict.js'
import { verifySync, type VerifyOptions } from '../../src/trust/verify.js'
import { readFixture } from '../kit/corpus.js'
import {
  ALICE,
  BOB,
  bytes,
  component,
  coreModule,
  coreSection,
  custom,
  delimiter,
  hash,
  leb,
  MALLORY,
  prefixed,
  record,
  section,
  signatureData,
  signatureSection,
  signatureSet,
  signedComponent,
  signedSet,
  signHashes,
} from '../kit/sections.js'

interface Golden {
  name: string
  trusted_keys: string[]
  wasm_base64: string
}
const golden = readFixture<Golden[]>('vectors/golden.json')

/** The verdict on a golden file, by its title. */
function judge(name: string): Verdict {
  const item = golden.find((some) => some.name === name)
  if (item === undefined) throw new Error(`no golden file is called ${name}`)
  const keys = item.trusted_keys.flatMap((key, index) => parsePublicKeys(key, `keys[${index}]`))
  return verifySync(Uint8Array.from(Buffer.from(item.wasm_base64, 'base64')), keys, { layer: 'component' })
}

const [alice, bob] = [trustedKey(ALICE.publicKey, 'alice'), trustedKey(BOB.publicKey, 'bob')]
const statusOf = (file: Uint8Array, keys: readonly TrustedKey[] = [alice], options: VerifyOptions = {}) =>
  verifySync(file, keys, options).status

const PROGRAM = bytes(coreSection(custom('inside')), section(11, [0]))
const DATA = signatureData(signedSet([hash(PROGRAM)], ALICE))
const SIGNATURE = signatureSection(DATA)
const HEAD = bytes(PROGRAM, delimiter(1))
const BOTH = bytes(HEAD, custom('notes'), delimiter(2))
const splitComponent = (content: Uint8Array) =>
  component(signatureSection(signatureData(signedSet([hash(HEAD), hash(BOTH)], ALICE))), content)

/** What a strict build does. */
const actionOn = (verdict: Verdict) =>
  decide(verdict, { mode: 'strict', file: 'a.wasm', keys: [alice] }).action

describe('whole files', () => {
  it('THREAT 3: a file cut at a delimiter is refused', () => {
    expect(statusOf(splitComponent(BOTH))).toBe('verified')
    expect(statusOf(splitComponent(HEAD))).toBe('partial')
    expect(statusOf(splitComponent(bytes()))).toBe('modified')
    expect(actionOn(judge('truncated at the first delimiter'))).toBe('refuse')
    expect(actionOn(judge('second part removed, second delimiter kept'))).toBe('refuse')
  })

  it('THREAT 4: sections after the last delimiter are refused, delimited or not', () => {
    for (const added of [custom('added'), coreSection(), bytes(custom('added'), delimiter(9)), delimiter(9)])
      expect(statusOf(splitComponent(bytes(BOTH, added)))).toBe('partial')
    expect(actionOn(judge('custom section appended after the last delimiter'))).toBe('refuse')
    expect(actionOn(judge('core module section appended after the last delimiter'))).toBe('refuse')
  })

  it('THREAT 5: a signature section moved onto other content is refused, delimiters or none', () => {
    const other = bytes(coreSection(custom('evil')), section(11, [0]))
    expect(statusOf(component(SIGNATURE, other))).toBe('modified')
    expect(statusOf(splitComponent(other))).toBe('modified')
    expect(statusOf(splitComponent(bytes(other, delimiter(1))))).toBe('modified')
    expect(statusOf(component(SIGNATURE))).toBe('modified')
    const noBoundary = component(signatureSection(signatureData(signedSet([], ALICE))), other)
    expect(statusOf(noBoundary)).toBe('modified')
    expect(actionOn(judge('signature section moved onto another component without delimiters'))).toBe(
      'refuse',
    )
    expect(
      actionOn(judge('signature section moved onto another component, then its own delimiter dropped')),
    ).toBe('refuse')
  })

  it('THREAT 6: parts signed in different sets never add up to the whole', () => {
    const tail = bytes(HEAD, custom('evil'))
    const mixed = component(
      signatureSection(
        signatureData(
          signedSet([hash(HEAD)], ALICE), // ours: the first part only
          signedSet([hash(HEAD), hash(tail)], MALLORY), // a stranger's: all of it
          signedSet([hash('x'), hash(tail)], ALICE),
        ),
      ),
      tail,
    )
    expect(statusOf(mixed)).toBe('partial')
    expect(statusOf(mixed, [trustedKey(MALLORY.publicKey, 'm')])).toBe('verified')
    const partial = verifySync(
      component(signatureSection(signatureData(signedSet([hash(HEAD)], ALICE))), tail),
      [alice],
      {
        sections: [],
      },
    )
    expect(partial).toMatchObject({ status: 'partial', sufficient: true })
    expect(actionOn(judge('A signed part 1 only, B signed parts 1-2, trust A'))).toBe('refuse')
    expect(actionOn(judge('A signed part 1 only, B signed parts 1-2, trust B'))).toBe('accept')
  })

  it('THREAT 7: a signature section anywhere but first, or twice, is refused', () => {
    for (const file of [
      component(PROGRAM, SIGNATURE),
      component(custom('first'), SIGNATURE, PROGRAM),
      component(SIGNATURE, SIGNATURE, PROGRAM),
      component(SIGNATURE, PROGRAM, signatureSection([])),
      component(SIGNATURE, PROGRAM, signatureSection([], { nameWidth: 5, sizeWidth: 5 })),
      signedComponent(bytes(PROGRAM, SIGNATURE), ALICE), // even where the second is signed
    ])
      expect(statusOf(file)).toBe('invalid')
    expect(actionOn(judge('second signature section after the first'))).toBe('refuse')
    expect(actionOn(judge('signature section not first'))).toBe('refuse')
  })
})

describe('encodings', () => {
  it('THREAT 8: padded or overflowing lengths of the unsigned bytes are refused, and content is hashed raw', () => {
    for (const width of [3, 4, 5]) {
      expect(statusOf(component(signatureSection(DATA, { sizeWidth: width }), PROGRAM))).toBe('invalid')
      expect(statusOf(component(signatureSection(DATA, { nameWidth: width }), PROGRAM))).toBe('invalid')
    }
    const set = signedSet([hash(PROGRAM)], ALICE)
    const padded = [
      bytes(1, 1, 1, leb(1, 2), prefixed(set)),
      bytes(1, 1, 1, 1, leb(set.length, 5), set),
      bytes(1, 1, 1, 1, prefixed(leb(1, 5), hash(PROGRAM), set.slice(33))),
    ]
    for (const data of padded) expect(statusOf(component(signatureSection(data), PROGRAM))).toBe('invalid')
    const overflowing = bytes(0, leb(SIGNATURE.length, 5), SIGNATURE.slice(3), PROGRAM)
    overflowing[5] = 0x10
    expect(statusOf(component(overflowing))).toBe('malformed')
    // The same section in other bytes is other content.
    expect(
      statusOf(component(SIGNATURE, section(1, coreModule(custom('inside')), 4), section(11, [0]))),
    ).toBe('modified')
    expect(statusOf(signedComponent(section(11, [0], 5), ALICE))).toBe('verified')
    for (const name of [
      'signature section size as padded 5-byte LEB128',
      'signature section size with overflow bits in byte 5',
      'section name length padded',
      'section id as 2-byte LEB128',
      'first signed section size re-encoded with padding',
    ])
      expect(actionOn(judge(name)), name).toBe('refuse')
  })

  it('THREAT 9: no byte hides in the signature section', () => {
    const hashes = [hash(PROGRAM)]
    const good = record(signHashes(ALICE, hashes))
    const smuggling = [
      bytes(DATA, 0),
      signatureData(bytes(signatureSet(hashes, [good]), 0)),
      signatureData(signatureSet(hashes, [bytes(good, 7)])),
      signatureData(signatureSet(hashes, [bytes(good, 0, 0)])),
      signatureData(signatureSet(hashes, [bytes(good, 1, 2, 7)])),
    ]
    for (const data of smuggling) expect(statusOf(component(signatureSection(data), PROGRAM))).toBe('invalid')
    expect(actionOn(judge('trailing bytes after the signature data'))).toBe('refuse')
  })

  it('THREAT 10: the unsigned preamble cannot turn a signed file into one of the other layer', () => {
    const asCore = bytes(coreModule(), SIGNATURE, PROGRAM)
    expect(statusOf(asCore)).toBe('malformed')
    // Where the sections fit either layer, it is for the caller to say which one is wanted.
    const either = bytes(
      coreModule(),
      signatureSection(signatureData(signedSet([hash(custom('x'))], ALICE))),
      custom('x'),
    )
    expect(statusOf(either)).toBe('verified')
    expect(statusOf(either, [alice], { layer: 'component' })).toBe('malformed')
    expect(actionOn(judge('header switched from component to core module'))).toBe('refuse')
    expect(actionOn(judge('header with unknown version'))).toBe('refuse')
  })

  it('THREAT 36: a section whose name only looks like `signature` is not one', () => {
    for (const name of [
      'Signature',
      'signature\0',
      'signature ',
      'ѕignature',
      'signаture',
      'signature\u0301',
      'ｓignature',
    ])
      expect(statusOf(component(custom(name, DATA), PROGRAM)), name).toBe('unsigned')
    expect(statusOf(component(custom(bytes('signature', 0xff), DATA), PROGRAM))).toBe('malformed')
    expect(statusOf(component(custom('Signature_delimiter', new Uint8Array(16)), PROGRAM))).toBe('unsigned')
    const content = bytes(PROGRAM, custom('signature_delimiteR', new Uint8Array(16)), custom('more'))
    const look = component(
      signatureSection(signatureData(signedSet([hash(content.slice(0, -7))], ALICE))),
      content,
    )
    expect(statusOf(look), 'a section that looks like a delimiter bounds no part').toBe('modified')
    expect(actionOn(judge('signature section name with trailing NUL'))).toBe('refuse')
    expect(actionOn(judge('signature section name in upper case'))).toBe('refuse')
  })

  it('THREAT 35: a malformed record refuses the file, and one of an unknown algorithm is skipped aloud', () => {
    const hashes = [hash(PROGRAM)]
    const good = record(signHashes(ALICE, hashes))
    const bad = [record(new Uint8Array(63)), record(new Uint8Array()), bytes(5), bytes(good, 9)]
    for (const other of bad) {
      for (const records of [
        [good, other],
        [other, good],
      ]) {
        const data = signatureData(signatureSet(hashes, records))
        expect(statusOf(component(signatureSection(data), PROGRAM))).toBe('invalid')
      }
      const data = signatureData(signatureSet(hashes, [good]), signatureSet(hashes, [other]))
      expect(statusOf(component(signatureSection(data), PROGRAM))).toBe('invalid')
    }
    const unknown = record(bytes(1, 2, 3), { algorithm: 77 })
    const beside = signatureData(signatureSet(hashes, [unknown, good]))
    expect(statusOf(component(signatureSection(beside), PROGRAM))).toBe('verified')
    const alone = verifySync(
      component(signatureSection(signatureData(signatureSet(hashes, [unknown]))), PROGRAM),
      [alice],
    )
    expect(explain(alone, 'a.wasm', [alice])!.message).toContain('skipped unknown algorithm 77')
  })
})

describe('keys', () => {
  it('THREAT 11: no weak key gets into a trust store, whatever its format', () => {
    const weak = golden.filter(({ name }) => name.includes('weak trusted key'))
    expect(weak).toHaveLength(7)
    for (const { name, trusted_keys: keys } of weak)
      for (const key of keys) expect(() => parsePublicKeys(key, 'k'), name).toThrow('[signed-wasm] KEY_WEAK')

    // R = identity, S = 0 is a signature that anyone can write for a key of small order.
    const forged = bytes(1, new Uint8Array(63))
    type Vector = { key: string; accept: boolean }
    const vectors = ['cctv', 'zip215', 'speccheck', 'wycheproof'].flatMap((set) =>
      readFixture<Vector[]>(`vectors/${set}.json`),
    )
    for (const { key } of vectors) {
      const publicKey = Uint8Array.from(Buffer.from(key, 'hex'))
      if (publicKeyDefect(publicKey) !== undefined) expect(() => parsePublicKeys(key, 'k')).toThrow()
      else
        for (const backend of [nodeBackend!, nobleBackend])
          expect(backend.verify({ publicKey, message: bytes('x'), signature: forged })).toBe(false)
    }
  })

  it('THREAT 12: a claimed key id makes nobody trusted, and never names the signer', () => {
    const asAlice = signatureSet(
      [hash(PROGRAM)],
      [record(signHashes(MALLORY, [hash(PROGRAM)]), { keyId: Buffer.from(alice.keyId, 'hex') })],
    )
    const forged = verifySync(component(signatureSection(signatureData(asAlice)), PROGRAM), [alice, bob])
    expect(forged.status).toBe('invalid')
    const asBob = signatureSet(
      [hash(PROGRAM)],
      [record(signHashes(ALICE, [hash(PROGRAM)]), { keyId: Buffer.from(bob.keyId, 'hex') })],
    )
    const verdict = verifySync(component(signatureSection(signatureData(asBob)), PROGRAM), [alice, bob])
    expect(verdict).toMatchObject({
      status: 'verified',
      signers: [{ name: 'alice', fingerprint: alice.fingerprint }],
    })
    expect(verdict).toHaveProperty('signers.length', 1)
    expect(actionOn(judge('signed by B but key id field says A'))).toBe('refuse')
  })

  it('THREAT 32: a revoked key or content is denied in every mode that opens keys, whoever else trusts it', () => {
    const file = signedComponent(PROGRAM, ALICE)
    const denials = [
      verifySync(file, [alice], { revoked: new Set([alice.fingerprint]) }),
      verifySync(file, [alice, bob], { revoked: new Set([alice.fingerprint]) }),
      verifySync(file, [alice], { revoked: new Set([toHex(hash(PROGRAM))]) }),
      verifySync(signedComponent(PROGRAM, ALICE, BOB), [alice, bob], {
        revoked: new Set([toHex(hash(PROGRAM))]),
      }),
      verifySync(component(PROGRAM), [], { revoked: new Set([toHex(hash(PROGRAM))]) }),
    ]
    for (const verdict of denials) {
      expect(verdict.status).toBe('denied')
      for (const mode of ['strict', 'lenient'] as const)
        expect(decide(verdict, { mode, file: 'a.wasm', keys: [alice] }).action).toBe('refuse')
    }
    // Signing the same content again, or detaching the signature, does not change what is denied.
    const again = sign(component(PROGRAM), { seed: BOB.seed, publicKey: BOB.publicKey })
    const revoked = new Set([toHex(hash(PROGRAM))])
    expect(statusOf(again.bytes, [bob], { revoked })).toBe('denied')
    expect(statusOf(component(PROGRAM), [bob], { revoked, detached: again.signature })).toBe('denied')
  })
})

describe('detached signatures', () => {
  it('THREAT 14: one of another file counts for nothing, and none overrides an embedded one', () => {
    const other = signatureData(signedSet([hash('another file')], ALICE))
    expect(statusOf(component(PROGRAM), [alice], { detached: other })).toBe('modified')
    expect(statusOf(component(SIGNATURE, PROGRAM), [alice], { detached: other })).toBe('modified')
    const strangers = signatureData(signedSet([hash(PROGRAM)], MALLORY))
    expect(statusOf(component(SIGNATURE, PROGRAM), [alice], { detached: strangers })).toBe('untrusted')
    const unsignedInside = component(signatureSection(strangers), PROGRAM)
    expect(statusOf(unsignedInside, [alice], { detached: DATA })).toBe('untrusted')
    const modifiedInside = component(SIGNATURE, custom('evil'))
    const evil = signatureData(signedSet([hash(custom('evil'))], ALICE))
    expect(statusOf(modifiedInside, [alice], { detached: evil })).toBe('modified')
    expect(statusOf(component(SIGNATURE, PROGRAM), [alice], { detached: DATA })).toBe('verified')
  })
})

describe('resources and terminals', () => {
  it('THREAT 23: counts and lengths of four gigabytes cost nothing', () => {
    const MAX = bytes(0xff, 0xff, 0xff, 0xff, 0x0f)
    const hashes = [hash(PROGRAM)]
    const payloads = [
      bytes(1, 1, 1, MAX),
      bytes(1, 1, 1, 1, MAX),
      signatureData(bytes(MAX, hashes)),
      signatureData(bytes(1, hashes, MAX)),
      signatureData(bytes(1, hashes, 1, MAX)),
      signatureData(signatureSet(hashes, [bytes(MAX, 1)])),
      signatureData(signatureSet(hashes, [bytes(0, 1, MAX)])),
      signatureData(signatureSet(hashes, [record(new Uint8Array(64), { rest: MAX })])),
      signatureData(signatureSet(hashes, [record(new Uint8Array(64), { rest: bytes(1, MAX) })])),
    ]
    const files = [
      ...payloads.map((data) => component(signatureSection(data), PROGRAM)),
      component(0, MAX),
      component(0, leb(6), MAX, 0),
      component(section(0, [MAX])),
    ]
    const used = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
    const before = used()
    const start = performance.now()
    for (let round = 0; round < 200; round++)
      for (const file of files) expect(['invalid', 'malformed']).toContain(statusOf(file))
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(used() - before).toBeLessThan(256 * 1024 * 1024)
    for (const name of [
      'hash count 2^32-1',
      'signature count 2^32-1',
      'set count 2^32-1',
      '65 hashes',
      '257 signatures',
    ])
      expect(judge(name).status, name).toBe('invalid')
  })

  it('THREAT 23: thousands of delimiters cost no more than 65 hashes', () => {
    const content = bytes(Array.from({ length: 20_000 }, () => delimiter(0)))
    const start = performance.now()
    expect(statusOf(signedComponent(content, ALICE))).toBe('verified')
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it('THREAT 29: nothing that a file or a file name says reaches the terminal unescaped', () => {
    const hostile = '\x1b]0;owned\x07\x9b31m\u202egpj.exe\r\n'
    const file = `node_modules/${hostile}/a.wasm`
    const claimed = signatureSet([hash(PROGRAM)], [record(new Uint8Array(64), { keyId: hostile })])
    const verdicts: Verdict[] = [
      { status: 'unsigned' },
      verifySync(component(signatureSection(signatureData(claimed)), PROGRAM), [alice]),
      verifySync(signedComponent(PROGRAM, MALLORY), [{ ...alice, name: hostile }]),
      verifySync(component(signatureSection(signatureData(signedSet([hash('x')], ALICE))), PROGRAM), [
        { ...alice, name: hostile },
      ]),
      verifySync(component(custom(hostile), 1), [alice]),
      verifySync(bytes(hostile), [alice]),
    ]
    expect(verdicts.map(({ status }) => status)).toEqual([
      'unsigned',
      'untrusted',
      'untrusted',
      'modified',
      'malformed',
      'malformed',
    ])
    const errors = verdicts.map((verdict) => explain(verdict, file, [{ ...alice, name: hostile }])!)
    errors.push(problem('UNSAFE_NAME', { file, name: hostile, reason: 'it is' }))
    for (const { message, what, hint } of errors) {
      expect(message.split('\n'), message).toHaveLength(2)
      for (const text of [message.replace('\n', ' '), what, hint]) expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    }
  })
})
