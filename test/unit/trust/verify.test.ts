import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { toHex } from '../../../src/format/encoding.js'
import { nobleBackend } from '../../../src/trust/crypto/noble.js'
import { nodeBackend } from '../../../src/trust/crypto/node.js'
import { type TrustedKey, trustedKey } from '../../../src/trust/keys/trusted-key.js'
import { sign } from '../../../src/trust/sign.js'
import { type Verdict } from '../../../src/trust/verdict.js'
import { verify, type VerifyOptions, verifySync } from '../../../src/trust/verify.js'
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
  MALLORY,
  record,
  section,
  signatureData,
  signatureSection,
  signatureSet,
  signedComponent,
  signedSet,
  signHashes,
  type TestKey,
} from '../../kit/sections.js'

const trust = (...keys: readonly TestKey[]) => keys.map(({ name, publicKey }) => trustedKey(publicKey, name))
const [alice, bob] = trust(ALICE, BOB) as [TrustedKey, TrustedKey]
const keyIdOf = (key: TestKey) => Uint8Array.from(Buffer.from(trust(key)[0]!.keyId, 'hex'))

const PROGRAM = bytes(coreSection(custom('inside')), section(11, [0]))
const NOTES = custom('notes', 'read me')
const HEAD = bytes(PROGRAM, delimiter(1))
const BOTH = bytes(HEAD, NOTES, delimiter(2))

/** A component whose signature section holds these sets. */
const withSets = (content: Uint8Array, ...sets: readonly Uint8Array[]) =>
  component(signatureSection(signatureData(...sets)), content)

const namesOf = (verdict: Verdict) =>
  'signers' in verdict ? verdict.signers.map(({ name }) => name) : undefined
const reasonOf = (verdict: Verdict) => ('problem' in verdict ? verdict.problem.message : undefined)
const statusOf = (file: Uint8Array, keys: readonly TrustedKey[] = [alice], options: VerifyOptions = {}) =>
  verifySync(file, keys, options).status

describe('verified', () => {
  it('names every trusted signer, and the digest of what they signed', () => {
    const verdict = verifySync(signedComponent(PROGRAM, ALICE, MALLORY, BOB), [bob, alice])
    const who = ({ name, keyId, fingerprint }: TrustedKey) => ({ kind: 'key', name, keyId, fingerprint })
    expect(verdict).toEqual({
      status: 'verified',
      signers: [who(alice), who(bob)],
      digest: toHex(hash(PROGRAM)),
    })
  })

  it.each<[string, Uint8Array]>([
    ['one hash over a file without delimiters', withSets(PROGRAM, signedSet([hash(PROGRAM)], ALICE))],
    ['one hash over a file that ends in a delimiter', withSets(HEAD, signedSet([hash(HEAD)], ALICE))],
    ['one hash over a file with delimiters', withSets(BOTH, signedSet([hash(BOTH)], ALICE))],
    ['a hash for every part', withSets(BOTH, signedSet([hash(HEAD), hash(BOTH)], ALICE))],
    [
      'a hash for every part and for the tail',
      withSets(bytes(HEAD, NOTES), signedSet([hash(HEAD), hash(HEAD, NOTES)], ALICE)),
    ],
    [
      'a second set, when the first is of somebody else',
      withSets(PROGRAM, signedSet([hash(PROGRAM)], BOB), signedSet([hash(PROGRAM)], ALICE)),
    ],
    [
      'a second set, when the first is of older content',
      withSets(PROGRAM, signedSet([hash('old')], ALICE), signedSet([hash(PROGRAM)], ALICE)),
    ],
    [
      'a full set beside a partial one',
      withSets(BOTH, signedSet([hash(HEAD)], ALICE), signedSet([hash(BOTH)], ALICE)),
    ],
    ['a component without sections', withSets(bytes(), signedSet([hash()], ALICE))],
    [
      'delimiters of another size',
      withSets(bytes(PROGRAM, delimiter(1, 3)), signedSet([hash(PROGRAM, delimiter(1, 3))], ALICE)),
    ],
  ])('is what %s is', (_, file) => expect(statusOf(file)).toBe('verified'))

  it('takes content whose section lengths are padded, by its raw bytes', () => {
    const padded = bytes(section(11, [0], 5), custom('x', [], { sizeWidth: 3, nameWidth: 4 }))
    expect(statusOf(signedComponent(padded, ALICE))).toBe('verified')
  })

  it.each([64, 65, 100])('takes one hash over a file with %i delimiters', (count) => {
    const content = bytes(Array.from({ length: count }, (_, index) => delimiter(index)))
    expect(statusOf(signedComponent(content, ALICE))).toBe('verified')
  })

  it('takes 64 hashes over 64 parts', () => {
    const parts = Array.from({ length: 64 }, (_, index) => delimiter(index))
    const hashes = parts.map((_, index) => hash(parts.slice(0, index + 1)))
    expect(statusOf(withSets(bytes(parts), signedSet(hashes, ALICE)))).toBe('verified')
    expect(statusOf(withSets(bytes(parts, delimiter(0)), signedSet(hashes, ALICE)))).toBe('partial')
  })
})

describe('key ids', () => {
  const signed = (keyId: Uint8Array, key = ALICE) =>
    withSets(PROGRAM, signatureSet([hash(PROGRAM)], [record(signHashes(key, [hash(PROGRAM)]), { keyId })]))

  it('are hints: a good signature counts whatever it calls its key', () => {
    expect(namesOf(verifySync(signed(keyIdOf(BOB)), [bob, alice]))).toEqual(['alice'])
    expect(namesOf(verifySync(signed(bytes('nonsense')), [bob, alice]))).toEqual(['alice'])
  })

  it('do not make a stranger trusted', () => {
    const verdict = verifySync(signed(keyIdOf(ALICE), MALLORY), [alice])
    expect(verdict.status).toBe('invalid')
    expect(reasonOf(verdict)).toContain(
      `names the key alice (fingerprint ${alice.fingerprint}) and does not verify under it`,
    )
  })
})

describe('partial', () => {
  it('is what a set over some of the parts is, and says which', () => {
    const file = withSets(BOTH, signedSet([hash(HEAD)], ALICE))
    const start = file.length - BOTH.length
    expect(verifySync(file, [alice])).toEqual({
      status: 'partial',
      signers: [{ kind: 'key', name: 'alice', keyId: alice.keyId, fingerprint: alice.fingerprint }],
      parts: [
        { start, end: start + HEAD.length, signed: true, selected: false },
        { start: start + HEAD.length, end: file.length, signed: false, selected: false },
      ],
      sufficient: false,
    })
  })

  it.each<[string, Uint8Array]>([
    ['a file cut at a delimiter', withSets(HEAD, signedSet([hash(HEAD), hash(BOTH)], ALICE))],
    [
      'a file with a part added',
      withSets(bytes(BOTH, custom('more')), signedSet([hash(HEAD), hash(BOTH)], ALICE)),
    ],
    ['hashes in another order', withSets(BOTH, signedSet([hash(HEAD), hash('x'), hash(BOTH)], ALICE))],
    [
      'a last hash without those before it',
      withSets(bytes(BOTH, delimiter(3)), signedSet([hash(HEAD), hash(BOTH, delimiter(3))], ALICE)),
    ],
    [
      'two sets that cover the file only together',
      withSets(BOTH, signedSet([hash(HEAD)], ALICE), signedSet([hash('x'), hash(BOTH)], ALICE)),
    ],
  ])('is what %s is', (_, file) => expect(statusOf(file)).toBe('partial'))

  it('suffices only where parts were asked for and all of them are signed', () => {
    const file = withSets(BOTH, signedSet([hash(HEAD)], ALICE))
    const sufficient = (sections: readonly string[]) => {
      const verdict = verifySync(file, [alice], { sections })
      return verdict.status === 'partial' && verdict.sufficient
    }
    expect(sufficient([])).toBe(true)
    expect(sufficient(['producers'])).toBe(true)
    expect(sufficient(['notes'])).toBe(false)
    expect(sufficient(['no*'])).toBe(false)
    expect(sufficient(['*'])).toBe(false)
  })
})

describe('the other verdicts', () => {
  it('unsigned: nobody signed, or signed nothing', () => {
    expect(verifySync(component(PROGRAM), [alice])).toEqual({ status: 'unsigned', layer: 'component' })
    expect(statusOf(withSets(PROGRAM))).toBe('unsigned')
    expect(statusOf(withSets(PROGRAM, signatureSet([hash(PROGRAM)], [])))).toBe('unsigned')
  })

  it('untrusted: it says which ids the file claims, each once, and which algorithms were skipped', () => {
    const file = withSets(
      PROGRAM,
      signatureSet(
        [hash(PROGRAM)],
        [
          record(signHashes(MALLORY, [hash(PROGRAM)]), { keyId: [1, 2] }),
          record(signHashes(MALLORY, [hash(PROGRAM)]), { keyId: [1, 2] }),
          record(signHashes(MALLORY, [hash(PROGRAM)])),
          record(bytes(1, 2, 3), { algorithm: 9, keyId: [3] }),
        ],
      ),
    )
    expect(verifySync(file, [alice])).toEqual({
      status: 'untrusted',
      keyIds: ['0102', '03'],
      unknownAlgorithms: [9],
    })
    expect(statusOf(file, [])).toBe('untrusted')
  })

  it('modified: a trusted key signed other content', () => {
    const verdict = verifySync(withSets(PROGRAM, signedSet([hash('other')], ALICE)), [alice])
    expect(verdict.status).toBe('modified')
    expect(namesOf(verdict)).toEqual(['alice'])
    expect(statusOf(withSets(PROGRAM, signedSet([], ALICE)))).toBe('modified')
  })

  it.each<[string, Uint8Array]>([
    ['the data cannot be decoded', component(signatureSection([1, 1, 1]), PROGRAM)],
    [
      'the section size is padded',
      component(
        signatureSection(signatureData(signedSet([hash(PROGRAM)], ALICE)), { sizeWidth: 3 }),
        PROGRAM,
      ),
    ],
    [
      'the length of its name is padded',
      component(
        signatureSection(signatureData(signedSet([hash(PROGRAM)], ALICE)), { nameWidth: 2 }),
        PROGRAM,
      ),
    ],
    [
      'the section is not the first',
      component(PROGRAM, signatureSection(signatureData(signedSet([hash(PROGRAM)], ALICE)))),
    ],
    [
      'there are two',
      component(
        signatureSection(signatureData(signedSet([hash(PROGRAM)], ALICE))),
        signatureSection([]),
        PROGRAM,
      ),
    ],
  ])('invalid: %s', (_, file) => {
    const verdict = verifySync(file, [alice])
    expect(verdict.status).toBe('invalid')
    expect(reasonOf(verdict)).toContain('[signed-wasm] SIGNATURE_INVALID')
  })

  it.each<[string, Uint8Array]>([
    ['no bytes', bytes()],
    ['text', bytes('(component)')],
    ['a section that runs past the end', component([1, 5, 0])],
    ['a component under the preamble of a core module', coreModule(PROGRAM)],
    ['a core module under the preamble of a component', component(section(1, [0]), section(3, [0]))],
  ])('malformed: %s', (_, file) => expect(statusOf(file)).toBe('malformed'))
})

describe('the layer', () => {
  const core = coreModule(
    signatureSection(signatureData(signedSet([hash(section(1, [0]))], ALICE))),
    section(1, [0]),
  )

  it('is any when none is asked for', () => {
    expect(statusOf(core)).toBe('verified')
    expect(statusOf(core, [alice], { layer: 'core module' })).toBe('verified')
  })

  it('is an error of its own when it is not the one asked for, signed or not', () => {
    expect(reasonOf(verifySync(core, [alice], { layer: 'component' }))).toContain('LAYER_MISMATCH')
    expect(reasonOf(verifySync(coreModule(), [alice], { layer: 'component' }))).toContain(
      'this is a core module',
    )
    expect(reasonOf(verifySync(component(), [alice], { layer: 'core module' }))).toContain(
      'this is a component',
    )
  })
})

describe('a detached signature', () => {
  const data = (content: Uint8Array, ...keys: readonly TestKey[]) =>
    signatureData(signedSet([hash(content)], ...keys))

  it('counts for the file it was made for, and for no other', () => {
    expect(statusOf(component(PROGRAM), [alice], { detached: data(PROGRAM, ALICE) })).toBe('verified')
    expect(statusOf(component(NOTES), [alice], { detached: data(PROGRAM, ALICE) })).toBe('modified')
    expect(statusOf(component(PROGRAM), [alice], { detached: data(PROGRAM, BOB) })).toBe('untrusted')
    expect(statusOf(component(PROGRAM), [alice], { detached: bytes() })).toBe('invalid')
    expect(statusOf(component(PROGRAM), [alice], { detached: bytes(data(PROGRAM, ALICE), 0) })).toBe(
      'invalid',
    )
  })

  it.each<[Verdict['status'], readonly TestKey[], readonly TestKey[]]>([
    ['verified', [ALICE], [BOB]],
    ['untrusted', [ALICE], [MALLORY]],
    ['untrusted', [MALLORY], [ALICE]],
    ['unsigned', [ALICE], []],
    ['unsigned', [], [ALICE]],
  ])('and an embedded one must both hold: %s', (status, embedded, detached) => {
    const file = signedComponent(PROGRAM, ...embedded)
    const verdict = verifySync(file, [alice, bob], { detached: data(PROGRAM, ...detached) })
    expect(verdict.status).toBe(status)
    if (status === 'verified') expect(namesOf(verdict)).toEqual(['alice', 'bob'])
  })

  it('of other content spoils a good embedded one', () => {
    expect(statusOf(signedComponent(PROGRAM, ALICE), [alice], { detached: data(NOTES, ALICE) })).toBe(
      'modified',
    )
  })
})

describe('revoked', () => {
  const file = signedComponent(PROGRAM, ALICE)

  it('keys count for nothing, and a file of theirs alone is denied', () => {
    const revoked = new Set([alice.fingerprint])
    const verdict = verifySync(file, [alice, bob], { revoked })
    expect(verdict.status).toBe('denied')
    expect(reasonOf(verdict)).toContain('SIGNER_REVOKED')
    const both = verifySync(signedComponent(PROGRAM, ALICE, BOB), [alice, bob], { revoked })
    expect(namesOf(both)).toEqual(['bob'])
  })

  it('content is denied, signed by anybody or by nobody', () => {
    const revoked = new Set([toHex(hash(PROGRAM))])
    for (const some of [file, component(PROGRAM), signedComponent(PROGRAM, MALLORY)])
      expect(reasonOf(verifySync(some, [alice], { revoked }))).toContain('FILE_REVOKED')
    expect(statusOf(signedComponent(NOTES, ALICE), [alice], { revoked })).toBe('verified')
  })
})

describe('precedence', () => {
  const good = signedSet([hash(BOTH)], ALICE)
  const partial = signedSet([hash(HEAD)], ALICE)
  const modified = signedSet([hash('other')], ALICE)
  const forged = signatureSet([hash(BOTH)], [record(new Uint8Array(64), { keyId: keyIdOf(ALICE) })])
  const untrusted = signedSet([hash(BOTH)], MALLORY)
  const RANKED = [
    ['verified', good],
    ['partial', partial],
    ['modified', modified],
    ['invalid', forged],
    ['untrusted', untrusted],
  ] as const

  it('is verified, partial, modified, invalid, untrusted, in any order of the sets', () => {
    for (const [rank, [status, set]] of RANKED.entries()) {
      for (const [, other] of RANKED.slice(rank)) {
        expect(statusOf(withSets(BOTH, set, other))).toBe(status)
        expect(statusOf(withSets(BOTH, other, set))).toBe(status)
      }
    }
  })

  it('holds within a set as well', () => {
    const hashes = [hash(BOTH)]
    const records = [record(new Uint8Array(64), { keyId: keyIdOf(ALICE) }), record(signHashes(ALICE, hashes))]
    expect(statusOf(withSets(BOTH, signatureSet(hashes, records)))).toBe('verified')
    expect(statusOf(withSets(BOTH, signatureSet(hashes, records.toReversed())))).toBe('verified')
  })

  it('lets damage win over everything', () => {
    const cut = signatureSet([hash(BOTH)], [record(new Uint8Array(63))])
    expect(statusOf(withSets(BOTH, good, cut))).toBe('invalid')
    expect(statusOf(withSets(BOTH, cut, good))).toBe('invalid')
  })
})

describe('a wrong call', () => {
  const calls: [string, () => unknown, () => Promise<unknown>][] = [
    ['text for bytes', ...both('not bytes', [alice])],
    ['an array for bytes', ...both([0, 1], [alice])],
    ['a buffer without a view', ...both(new ArrayBuffer(8), [alice])],
    ['no keys', ...both(component(), undefined)],
    ['one key for a list', ...both(component(), alice)],
    ['text for a detached signature', ...both(component(), [alice], { detached: 'x' })],
  ]
  function both(...args: readonly unknown[]): [() => unknown, () => Promise<unknown>] {
    type Args = Parameters<typeof verifySync>
    return [() => verifySync(...(args as Args)), () => verify(...(args as Args))]
  }

  it.each(calls)('throws a TypeError for %s', async (_, sync, async_) => {
    expect(sync).toThrow(TypeError)
    await expect(async_()).rejects.toThrow(TypeError)
  })
})

describe('hostile bytes', () => {
  const STATUSES = [
    'verified',
    'partial',
    'unsigned',
    'untrusted',
    'modified',
    'invalid',
    'malformed',
    'denied',
  ]
  const base = signedComponent(BOTH, ALICE, BOB)
  const split = withSets(BOTH, signedSet([hash(HEAD), hash(BOTH)], ALICE))

  const edited = fc
    .tuple(
      fc.constantFrom(
        base,
        split,
        component(BOTH),
        sign(base, { seed: MALLORY.seed, publicKey: MALLORY.publicKey }).bytes,
      ),
      fc.array(fc.tuple(fc.nat(), fc.nat(4), fc.uint8Array({ maxLength: 4 })), {
        minLength: 1,
        maxLength: 4,
      }),
    )
    .map(([file, edits]) =>
      edits.reduce((whole, [at, removed, inserted]) => {
        const offset = at % (whole.length + 1)
        return bytes(whole.subarray(0, offset), inserted, whole.subarray(offset + removed))
      }, file),
    )
  const anyFile = fc.oneof(
    { weight: 3, arbitrary: edited },
    fc.uint8Array({ maxLength: 200 }).map((junk) => component(junk)),
    fc
      .uint8Array({ maxLength: 200 })
      .map((junk) => component(signatureSection(bytes(1, 1, 1, junk)), PROGRAM)),
    fc.uint8Array({ maxLength: 50 }),
  )

  it('give a verdict and never an exception, the same from verify and verifySync, on both backends', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyFile,
        fc.option(fc.uint8Array({ maxLength: 60 }), { nil: undefined, freq: 5 }),
        async (file, junk) => {
          const options: VerifyOptions = junk === undefined ? {} : { detached: junk }
          const verdict = verifySync(file, [alice, bob], { ...options, backend: nodeBackend! })
          expect(STATUSES).toContain(verdict.status)
          expect(verifySync(file, [alice, bob], { ...options, backend: nobleBackend })).toEqual(verdict)
          expect(await verify(file, [alice, bob], options)).toEqual(verdict)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('are never verified when a byte that counts differs', () => {
    for (let at = 0; at < split.length; at++) {
      const changed = Uint8Array.from(split)
      changed[at]! ^= 0x40
      expect(statusOf(changed), `byte ${at}`).not.toBe('verified')
    }
  })

  it('are not changed, whatever the verdict', () => {
    const copy = Uint8Array.from(base)
    verifySync(base, [alice])
    expect(base).toEqual(copy)
  })

  it('may lie anywhere in a larger buffer', () => {
    const larger = new Uint8Array(base.length + 20).fill(0xff)
    larger.set(base, 10)
    expect(statusOf(larger.subarray(10, 10 + base.length))).toBe('verified')
    expect(statusOf(Buffer.from(base))).toBe('verified')
  })
})

describe('outside Node', () => {
  afterEach(() => {
    vi.restoreAllMocks()
    vi.resetModules()
  })

  it('verify gives the same verdicts through WebCrypto', async () => {
    vi.resetModules()
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
    const outside = await import('../../../src/trust/verify.js')
    const hashing = vi.spyOn(crypto.subtle, 'digest')
    const checking = vi.spyOn(crypto.subtle, 'verify')
    const files = [
      signedComponent(PROGRAM, ALICE),
      signedComponent(PROGRAM, MALLORY),
      withSets(BOTH, signedSet([hash(HEAD), hash(BOTH)], ALICE)),
      withSets(BOTH, signedSet([hash(HEAD)], ALICE)),
      withSets(PROGRAM, signedSet([hash('other')], ALICE)),
      component(PROGRAM),
      bytes('no wasm'),
    ]
    const plain = (verdict: Verdict) => JSON.parse(JSON.stringify(verdict)) as unknown
    for (const file of files)
      expect(plain(await outside.verify(file, [alice]))).toEqual(plain(verifySync(file, [alice])))
    expect(hashing).toHaveBeenCalled()
    expect(checking).toHaveBeenCalledTimes(5)
  })
})
