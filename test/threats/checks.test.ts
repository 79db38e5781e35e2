/** THREATS row 42: records times keys. However many signatures a file holds, few are tried, and which are does not depend on order. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frame } from '../../src/trust/evidence/frame.js'
import { type Evidence, gather, type HashedFile, MAX_CHECKS } from '../../src/trust/evidence/gather.js'
import { nobleBackend } from '../../src/trust/crypto/noble.js'
import { defaultBackend, nodeBackend } from '../../src/trust/crypto/rule.js'
import { generateKey, type TrustedKey, trustedKey } from '../../src/trust/keys/trusted-key.js'
import { verify, verifySync } from '../../src/trust/verify.js'
import { cpuTime } from '../fuzz/growth.mjs'
import { carrying, signatureData } from '../fuzz/inputs.mjs'
import {
  ALICE,
  BOB,
  bytes,
  component,
  hash,
  MALLORY,
  record,
  signatureData as dataOf,
  signatureSection,
  signatureSet,
  signHashes,
} from '../kit/sections.js'

const [alice, bob] = [trustedKey(ALICE.publicKey, 'alice'), trustedKey(BOB.publicKey, 'bob')]
const strangers = Array.from({ length: 8 }, (_, index) =>
  trustedKey(generateKey().publicKey, `stranger ${index}`),
)
const [NOTHING, OTHER] = [hash(), hash('other content')]
const idOf = ({ keyId }: TrustedKey) => Uint8Array.from(Buffer.from(keyId, 'hex'))
/** A good signature, by nobody whom anyone trusts. */
const junk = signHashes(MALLORY, [NOTHING])

/** As much as the format takes, with a set of one's own before it or after it. */
function crowd(
  own: Uint8Array | undefined,
  { sets = 63, records = 256, over = NOTHING, keyId = bytes() } = {},
): Uint8Array {
  const data = signatureData({ sets, records, hash: over, signature: junk, keyId })
  if (own === undefined) return carrying(data)
  const set = bytes(own.length < 128 ? own.length : [(own.length & 127) | 128, own.length >> 7], own)
  return carrying(bytes(1, 1, 1, sets + 1, data.subarray(4), set))
}

const setBy = (key: typeof ALICE, over: Uint8Array, keyId = bytes()) =>
  signatureSet([over], [record(signHashes(key, [over]), { keyId })])

describe('THREAT 42: more signatures than anyone checks', () => {
  it.each([nodeBackend!, nobleBackend])('cost at most 1,024 checks in $name, and are invalid', (backend) => {
    const file = crowd(undefined, { sets: 64 })
    let checks = 0
    const counting = { ...backend, verify: (check: never) => ++checks > 0 && backend.verify(check) }
    const verdict = verifySync(file, [alice, ...strangers], { backend: counting })
    expect(checks).toBeLessThanOrEqual(MAX_CHECKS)
    expect(verdict.status).toBe('invalid')
    expect('problem' in verdict && verdict.problem.what).toContain('it holds too many signatures')
  })

  it('cost no more for a thousand keys than for one', () => {
    const file = crowd(undefined, { sets: 64, over: OTHER })
    const many = Array.from({ length: 1000 }, (_, index) => trustedKey(ALICE.publicKey, `key ${index}`))
    expect(cpuTime(() => verifySync(file, many))).toBeLessThan(1000)
  })

  it('do not hide the one that counts: over this file, or under an id that names its key', async () => {
    const verified = [
      crowd(setBy(ALICE, NOTHING), { over: OTHER }),
      crowd(setBy(ALICE, NOTHING, idOf(alice)), { over: OTHER }),
      crowd(setBy(ALICE, NOTHING, idOf(alice))),
      crowd(setBy(ALICE, NOTHING), { sets: 2, over: OTHER, keyId: idOf(alice) }),
    ]
    expect(verifySync(verified[1]!, [bob, alice], { backend: nobleBackend }).status).toBe('verified')
    for (const file of verified) {
      expect(verifySync(file, [alice, bob])).toMatchObject({
        status: 'verified',
        signers: [{ name: 'alice' }],
      })
      expect(verifySync(file, [bob, alice]).status).toBe('verified')
      expect((await verify(file, [alice])).status).toBe('verified')
    }
  })

  it('do not hide that a trusted key signed other content', () => {
    const modified = [
      crowd(setBy(ALICE, OTHER), { sets: 3, over: OTHER }),
      crowd(setBy(ALICE, OTHER, idOf(alice)), { over: OTHER }),
      crowd(setBy(ALICE, OTHER, idOf(alice)), { sets: 3, over: NOTHING }),
    ]
    for (const file of modified) expect(verifySync(file, [alice]).status).toBe('modified')
    // Here nothing tells it from the others.
    expect(verifySync(crowd(setBy(ALICE, OTHER), { over: OTHER }), [alice]).status).toBe('invalid')
  })

  it('are as many for an embedded and a detached one together', () => {
    const embedded = crowd(setBy(ALICE, NOTHING, idOf(alice)))
    const [named, unnamed] = [setBy(ALICE, NOTHING, idOf(alice)), setBy(ALICE, NOTHING)].map((set) =>
      dataOf(set),
    )
    expect(verifySync(embedded, [alice], { detached: named! }).status).toBe('verified')
    expect(verifySync(embedded, [alice], { detached: unnamed! }).status).toBe('invalid')
  })
})

/** A file whose records are made up, and whom each of them would verify under. */
const anyRecords = fc.array(
  fc.record({
    isHere: fc.boolean(),
    count: fc.integer({ min: 1, max: 250 }),
    named: fc.option(fc.nat(4)),
    signer: fc.option(fc.nat(4)),
  }),
  { minLength: 1, maxLength: 12 },
)

describe('THREAT 42: which signatures are tried', () => {
  it('does not depend on the order of keys, and never exceeds the bound', () => {
    const keys = strangers.slice(0, 5)
    fc.assert(
      fc.property(anyRecords, fc.shuffledSubarray(keys, { minLength: 5 }), (groups, shuffled) => {
        // The signature says whom it would verify under, so that thousands of runs cost nothing.
        const sets = groups.map(({ isHere, count, named, signer }) => {
          const one = record(new Uint8Array(64).fill(signer ?? 9), {
            keyId: named === null ? [] : idOf(keys[named]!),
          })
          return signatureSet(
            [isHere ? NOTHING : OTHER],
            Array.from({ length: count }, () => one),
          )
        })
        const file = component(signatureSection(dataOf(...sets)))
        const framed = frame(file, {})
        const hashed = {
          file: framed,
          hashes: defaultBackend.rollingSha256(file, framed.start, framed.boundaries),
        }
        const [one, other] = [drive(hashed, keys, keys), drive(hashed, shuffled, keys)]
        expect(other.evidence).toEqual(one.evidence)
        expect(Math.max(one.checks, other.checks)).toBeLessThanOrEqual(MAX_CHECKS)
        const possible = groups.reduce((sum, { count }) => sum + count, 0) * keys.length
        if (possible <= MAX_CHECKS) expect(one.evidence[0]!.hasUntried).toBe(false)
      }),
      { numRuns: 25 },
    )
  })
})

function drive(
  hashed: HashedFile,
  keys: readonly TrustedKey[],
  all: readonly TrustedKey[],
): { evidence: Evidence[]; checks: number } {
  const run = gather(hashed, keys)
  let checks = 0
  let step = run.next()
  while (!step.done) {
    const { publicKey, signature } = step.value
    checks++
    step = run.next(all[signature[0]!]?.publicKey === publicKey)
  }
  return { evidence: step.value, checks }
}
