/** One Ed25519 rule on every backend: 1,277 public cases, and the corners they leave out. */

import {
  createHash,
  generateKeyPairSync,
  randomBytes as nodeRandomBytes,
  sign as signWithNode,
} from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  hmacSha256,
  publicKeyDefect,
  publicKeyOf,
  randomBytes,
  randomSeed,
  sha256,
  signMessage,
} from '../../../src/trust/crypto/rule.js'
import { nobleBackend } from '../../../src/trust/crypto/noble.js'
import { nodeBackend, type SyncBackend } from '../../../src/trust/crypto/node.js'
import { verifySignature } from '../../../src/trust/crypto/webcrypto.js'
import { readFixture } from '../../kit/corpus.js'

interface Vector {
  id: number
  key: string
  message: string
  signature: string
  accept: boolean
  seed?: string
}

const SETS = { wycheproof: 151, speccheck: 12, cctv: 914, zip215: 196, rfc8032: 4 }
const vectors = Object.keys(SETS).flatMap((set) =>
  readFixture<Vector[]>(`vectors/${set}.json`).map((vector) => ({ set, ...vector })),
)

const unhex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))
const checkOf = ({ key, message, signature }: Vector) => ({
  publicKey: unhex(key),
  message: unhex(message),
  signature: unhex(signature),
})

/** A key that is refused when it is read counts as a refusal. */
function accepts(backend: SyncBackend, vector: Vector): boolean {
  const check = checkOf(vector)
  return publicKeyDefect(check.publicKey) === undefined && backend.verify(check)
}

const nameOf = ({ set, id }: { set: string; id: number }) => `${set}/${id}`

/** The modules as they are where Node's own crypto cannot be reached. */
async function loadOutsideNode() {
  vi.resetModules()
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
  return {
    ...(await import('../../../src/trust/crypto/rule.js')),
    ...(await import('../../../src/trust/crypto/webcrypto.js')),
  }
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.resetModules()
})

describe('1,277 public cases', () => {
  it('are all there', () => {
    const counts = Object.keys(SETS).map((set) => [
      set,
      vectors.filter((vector) => vector.set === set).length,
    ])
    expect(Object.fromEntries(counts)).toEqual(SETS)
    expect(vectors).toHaveLength(1277)
    expect(vectors.filter(({ accept }) => accept)).toHaveLength(93)
  })

  it.each([nodeBackend!, nobleBackend])('get their pinned verdict from $name', (backend) => {
    const wrong = vectors.filter((vector) => accepts(backend, vector) !== vector.accept)
    expect(wrong.map(nameOf)).toEqual([])
  })

  it('get their pinned verdict from WebCrypto, with keys that pass', async () => {
    const outside = await loadOutsideNode()
    expect(outside.nodeBackend).toBeUndefined()
    const verifying = vi.spyOn(crypto.subtle, 'verify')
    const wrong: string[] = []
    let asked = 0
    for (const vector of vectors) {
      const check = checkOf(vector)
      if (outside.publicKeyDefect(check.publicKey) !== undefined) expect(vector.accept).toBe(false)
      else {
        asked++
        if ((await outside.verifySignature(check, async () => outside.defaultBackend)) !== vector.accept)
          wrong.push(nameOf(vector))
      }
    }
    expect(wrong).toEqual([])
    expect(asked).toBeGreaterThan(150)
    expect(verifying.mock.calls.length).toBeGreaterThan(140)
  })

  it('get their pinned verdict where WebCrypto does not know Ed25519', async () => {
    const outside = await loadOutsideNode()
    vi.stubGlobal('crypto', { subtle: { importKey: () => Promise.reject(new Error('NotSupportedError')) } })
    const good = vectors.filter(({ key }) => outside.publicKeyDefect(unhex(key)) === undefined)
    const answers = await Promise.all(
      good.map((vector) => outside.verifySignature(checkOf(vector), async () => outside.defaultBackend)),
    )
    expect(answers).toEqual(good.map(({ accept }) => accept))
  })

  it('are signed the same by us where the secret is public', () => {
    for (const { seed, key, message, signature } of vectors.filter((vector) => vector.seed !== undefined)) {
      const secret = unhex(seed!).slice(0, 32)
      expect(publicKeyOf(secret)).toEqual(unhex(key))
      expect(signMessage(unhex(message), secret)).toEqual(unhex(signature))
    }
  })
})

/** Encodings of every point of small order, canonical or not. @see ZIP 215; CCTV */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
]

describe('public keys', () => {
  it.each(SMALL_ORDER)('refuses %s, for which anyone can sign', (key) => {
    expect(publicKeyDefect(unhex(key))).toMatch(/small order|canonical/)
  })

  it('refuses a key with a part of small order', () => {
    // Ed25519 speccheck, case 3 and later: a point of mixed order.
    expect(
      publicKeyDefect(unhex('cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d')),
    ).toMatch(/prime order/)
  })

  it('refuses what is no point, and what has another length', () => {
    expect(publicKeyDefect(unhex('02'.padEnd(64, '0')))).toMatch(/not the canonical encoding/)
    for (const length of [0, 31, 33, 64])
      expect(publicKeyDefect(new Uint8Array(length))).toMatch(`${length} bytes`)
  })

  it('accepts every key that Node makes', () => {
    for (let round = 0; round < 20; round++) {
      const key = generateKeyPairSync('ed25519')
        .publicKey.export({ format: 'der', type: 'spki' })
        .subarray(-32)
      expect(publicKeyDefect(Uint8Array.from(key))).toBeUndefined()
    }
  })
})

describe('backends', () => {
  const IDENTITY = unhex('01'.padEnd(64, '0'))

  it('refuse a signature with the identity as R, and lengths other than 64', () => {
    const seed = new Uint8Array(32).fill(7)
    const publicKey = publicKeyOf(seed)
    const message = Uint8Array.of(1, 2, 3)
    const signature = signMessage(message, seed)
    for (const backend of [nodeBackend!, nobleBackend]) {
      expect(backend.verify({ publicKey, message, signature })).toBe(true)
      expect(
        backend.verify({ publicKey, message, signature: Uint8Array.of(...IDENTITY, ...signature.slice(32)) }),
      ).toBe(false)
      for (const length of [0, 1, 63, 65, 128])
        expect(backend.verify({ publicKey, message, signature: new Uint8Array(length) })).toBe(false)
    }
  })

  it('agree on signatures that are good, changed by a bit, or random', async () => {
    const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(511),
        fc.boolean(),
        async (seed, message, bit, flip) => {
          const publicKey = publicKeyOf(seed)
          const signature = signMessage(message, seed)
          if (flip) signature[bit >> 3]! ^= 1 << (bit & 7)
          const check = { publicKey, message, signature }
          expect(nodeBackend!.verify(check)).toBe(!flip)
          expect(nobleBackend.verify(check)).toBe(!flip)
          expect(await verifySignature(check, async () => nodeBackend!)).toBe(!flip)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('sign as node:crypto does, without it as well', async () => {
    const outside = await loadOutsideNode()
    const pair = generateKeyPairSync('ed25519')
    const seed = Uint8Array.from(pair.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32))
    const message = nodeRandomBytes(100)
    const wanted = Uint8Array.from(signWithNode(null, message, pair.privateKey))
    expect(signMessage(message, seed)).toEqual(wanted)
    expect(outside.signMessage(message, seed)).toEqual(wanted)
  })

  it('hash every prefix as hashing it alone would', async () => {
    const { rollingSha256, defaultBackend } = await loadOutsideNode()
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.nat(300), { minLength: 1, maxLength: 5 }),
        async (bytes, cuts) => {
          const ends = cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b)
          const start = Math.min(8, ends[0]!)
          const wanted = ends.map((end) =>
            Uint8Array.from(createHash('sha256').update(bytes.subarray(start, end)).digest()),
          )
          expect(nodeBackend!.rollingSha256(bytes, start, ends)).toEqual(wanted)
          expect(nobleBackend.rollingSha256(bytes, start, ends)).toEqual(wanted)
          expect(await rollingSha256(bytes, { start, boundaries: ends }, async () => defaultBackend)).toEqual(
            wanted,
          )
          expect(sha256(bytes, nobleBackend)).toEqual(sha256(bytes, nodeBackend))
        },
      ),
      { numRuns: 100 },
    )
  })

  it('derive the same bytes from HMAC as the published case', () => {
    // RFC 4231, test case 2.
    const mac = hmacSha256(Buffer.from('Jefe'), Buffer.from('what do ya want for nothing?'))
    expect(Buffer.from(mac).toString('hex')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  })

  it('take random bytes that differ', () => {
    expect(randomBytes(16)).toHaveLength(16)
    expect(randomSeed()).toHaveLength(32)
    expect(randomSeed()).not.toEqual(randomSeed())
  })
})
