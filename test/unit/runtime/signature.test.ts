/** `recheck: 'signature'` beside `verify`: the same files pass, the others are refused with the same code. */

import { afterEach, describe, expect, it, vi } from 'vitest'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import { toHex } from '../../../src/format/encoding.js'
import { contentStart } from '../../../src/format/wasm.js'
import type { Pinned } from '../../../src/runtime/pinned.js'
import { explain } from '../../../src/trust/explain.js'
import { parsePublicKeys } from '../../../src/trust/keys/read.js'
import { generateKey, type TrustedKey, trustedKey } from '../../../src/trust/keys/trusted-key.js'
import { detach, sign } from '../../../src/trust/sign.js'
import { verifySync } from '../../../src/trust/verify.js'
import { applyEdits, openFull, openSubset } from '../../kit/corpus.js'
import {
  bytes,
  component,
  decodeSignature,
  hash,
  record,
  section,
  signatureData,
  signatureSection,
  signatureSet,
} from '../../kit/sections.js'

const base64 = (data: Uint8Array) => Buffer.from(data).toString('base64')
/** A digest that no file has. */
const OTHER = '0'.repeat(64)
const pinned = (keys: readonly TrustedKey[], rest: Partial<Pinned> = {}): Pinned => ({
  keys: keys.map(({ name, publicKey }) => [name, base64(publicKey)]),
  digest: OTHER,
  slices: [],
  ...rest,
})

const BUILD = generateKey()
const TRUSTED_BY_BUILD = [trustedKey(BUILD.publicKey, 'build')]

/** The digest of a file's content, if a build could have verified that content with some signature. */
function digestOf(file: Uint8Array): string {
  const start = startOf(file)
  if (start === undefined) return OTHER
  try {
    const again = sign(component(file.subarray(start)), BUILD).bytes
    const verdict = verifySync(again, TRUSTED_BY_BUILD, { layer: 'component' })
    const digest = toHex(hash(file.subarray(start)))
    return verdict.status === 'verified' && verdict.digest === digest ? digest : OTHER
  } catch (error) {
    if (error instanceof Diagnostic) return OTHER
    throw error
  }
}

function startOf(file: Uint8Array): number | undefined {
  try {
    return contentStart(file)
  } catch {
    return undefined
  }
}

/** The check as it is in Node, or as it is where Node's crypto cannot be reached. */
async function open(place: 'Node' | 'a browser') {
  vi.resetModules()
  if (place === 'a browser') vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
  const { readSigned } = await import('../../../src/runtime/signature.js')
  const acceptWhole = vi.spyOn(await import('../../../src/runtime/late/whole.js'), 'acceptWhole')
  const read = async (file: Uint8Array, expected: Pinned): Promise<Uint8Array | string> => {
    vi.stubGlobal('fetch', async () => new Response(Uint8Array.from(file)))
    return readSigned('https://example.org/x.wasm', expected).catch((error: Error & { code?: string }) => {
      if (error.code === undefined) throw error
      expect(error.message).toContain(`[signed-wasm] ${error.code} https://example.org/x.wasm: `)
      return error.code
    })
  }
  return { read, judgedWhole: () => acceptWhole.mock.calls.length }
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.resetModules()
})

const corpus = openFull() ?? openSubset()

describe.each(['Node', 'a browser'] as const)('in %s', (place) => {
  it.each(['that of the file', 'another'] as const)(
    `decides as verify does on the files of ${corpus.name} when the content of the build is %s`,
    async (content) => {
      const { read, judgedWhole } = await open(place)
      const seen = { atOnce: 0, whole: 0, refused: 0 }
      for (const { file, patch, detached, keys: names } of corpus.cases) {
        const data = applyEdits(corpus.read(file), patch)
        if (data.length > 200_000) continue
        let keys: TrustedKey[]
        try {
          keys = names.flatMap((key) => parsePublicKeys(corpus.read(key), key))
        } catch (error) {
          if (error instanceof Diagnostic) continue // No build gets beyond such a key.
          throw error
        }
        const beside = detached === undefined ? {} : { detached: corpus.read(detached) }
        const wanted = explain(verifySync(data, keys, { layer: 'component', ...beside }), 'x', keys)?.code
        const extra = beside.detached === undefined ? {} : { detached: base64(beside.detached) }
        const digest = content === 'another' ? OTHER : digestOf(data)
        const before = judgedWhole()
        const outcome = await read(data, pinned(keys, { ...extra, digest }))
        if (wanted === undefined) {
          expect(outcome).toEqual(data.subarray(contentStart(data)))
          seen[judgedWhole() === before ? 'atOnce' : 'whole']++
        } else {
          expect(outcome).toBe(wanted)
          seen.refused++
        }
      }
      if (content === 'another') expect(seen.atOnce).toBe(0)
      else expect(seen.atOnce).toBeGreaterThan(5)
      expect(seen.atOnce + seen.whole).toBeGreaterThan(5)
      expect(seen.refused).toBeGreaterThan(20)
    },
  )

  const [mine, other] = [generateKey(), generateKey()]
  const keys = [trustedKey(mine.publicKey, 'mine'), trustedKey(other.publicKey, 'other')]
  const content = section(1, [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
  const digest = toHex(hash(content))

  it('looks at the signature only while the content is that of the build', async () => {
    const { read, judgedWhole } = await open(place)
    const signed = sign(component(content), mine).bytes
    for (const file of [signed, sign(component(content), other).bytes, sign(signed, other).bytes])
      expect(await read(file, pinned(keys, { digest }))).toEqual(content)
    expect(judgedWhole()).toBe(0)
    const start = signed.length - content.length
    const signature = signed.subarray(8, start)
    const payload = detach(signed).signature
    const changed = {
      WASM_MALFORMED: [signed.with(4, 1), bytes('no wasm'), signed.subarray(0, 8 + 3)],
      COMPONENT_UNSIGNED: [component(content)],
      SIGNER_UNTRUSTED: [sign(component(content), generateKey()).bytes],
      SIGNATURE_INVALID: [
        component(signature, signature, content),
        component(signatureSection(payload, { sizeWidth: 3 }), content),
        component(signatureSection(payload, { nameWidth: 2 }), content),
        signed.with(start - 1, signed[start - 1]! ^ 1),
      ],
      CONTENT_MODIFIED: [bytes(signed, section(0, [1, 120]))],
    }
    for (const [code, files] of Object.entries(changed))
      for (const file of files) expect(await read(file, pinned(keys, { digest }))).toBe(code)
  })

  it('accepts other content when its core modules are those of the build', async () => {
    const { read, judgedWhole } = await open(place)
    const slices = (start: number, of = start): Pinned['slices'] => [
      [start, 8, toHex(hash(content.subarray(of, of + 8)))],
    ]
    const longer = sign(component(content, section(0, [1, 120])), mine).bytes
    const expected = pinned(keys, { digest, slices: slices(2) })
    expect(await read(longer, expected)).toEqual(bytes(content, section(0, [1, 120])))
    expect(judgedWhole()).toBe(1)
    const moved = sign(component(section(0, [1, 120]), content), mine).bytes
    expect(await read(moved, expected)).toBe('DIGEST_MISMATCH')
    expect(await read(longer, pinned(keys, { digest, slices: slices(2, 1) }))).toBe('DIGEST_MISMATCH')
    expect(await read(longer, pinned(keys, { digest, slices: slices(500, 2) }))).toBe('DIGEST_MISMATCH')
    expect(await read(longer, pinned(keys, { digest, slices: [...slices(2), ...slices(1, 2)] }))).toBe(
      'DIGEST_MISMATCH',
    )
    expect(await read(longer, pinned([], { digest }))).toBe('SIGNER_UNTRUSTED')
  })

  it('decides as verify does when there are more signatures than are checked', async () => {
    const { read } = await open(place)
    const good = decodeSignature(detach(sign(component(content), mine).bytes).signature)[0]!.records[0]!
    const idOf = (some: TrustedKey) => Uint8Array.from(Buffer.from(some.keyId, 'hex'))
    const junk = (keyId: Uint8Array) => record(new Uint8Array(64).fill(7), { keyId })
    const crowds = [idOf(keys[0]!), idOf(keys[1]!), bytes()].flatMap((keyId) =>
      [250, 510, 514, 1030].map((count) => Array.from({ length: count }, () => junk(keyId))),
    )
    const seen = new Set<string | undefined>()
    for (const crowd of crowds) {
      for (const named of [true, false]) {
        const own = record(good.signature, named ? { keyId: good.keyId } : {})
        for (const records of [
          [own, ...crowd],
          [...crowd, own],
        ]) {
          const sets = [0, 256, 512, 768, 1024].map((from) => records.slice(from, from + 256))
          const data = signatureData(...sets.map((some) => signatureSet([hash(content)], some)))
          const file = component(signatureSection(data), content)
          const wanted = explain(verifySync(file, keys, { layer: 'component' }), 'x', keys)?.code
          expect(await read(file, pinned(keys, { digest }))).toEqual(wanted ?? content)
          seen.add(wanted)
        }
      }
    }
    expect(seen).toEqual(new Set([undefined, 'SIGNATURE_INVALID']))
  })

  it('needs the detached signature that was compiled in, beside an embedded one', async () => {
    const { read } = await open(place)
    const signed = sign(component(content), mine).bytes
    const { bytes: bare, signature } = detach(signed)
    const strange = detach(sign(bare, generateKey()).bytes).signature
    for (const pin of [{ digest }, { digest: OTHER }]) {
      const good = pinned(keys, { ...pin, detached: base64(signature) })
      expect(await read(bare, good)).toEqual(content)
      expect(await read(signed, good)).toEqual(content)
      expect(await read(sign(bare, generateKey()).bytes, good)).toBe('SIGNER_UNTRUSTED')
      expect(await read(bare, pinned(keys, pin))).toBe('COMPONENT_UNSIGNED')
      const [bad, empty] = [base64(strange), '']
      expect(await read(signed, pinned(keys, { ...pin, detached: bad }))).toBe('SIGNER_UNTRUSTED')
      expect(await read(signed, pinned(keys, { ...pin, detached: empty }))).toBe('SIGNATURE_INVALID')
    }
  })
})
