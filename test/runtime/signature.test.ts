/** `recheck: 'signature'` beside `verify`: the same files pass, the others are refused with the same code. */

import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Diagnostic } from '../../src/errors.js'
import type { Pinned } from '../../src/runtime/signature.js'
import { generateKey, parsePublicKeys, type TrustedKey, trustedKey } from '../../src/trust/keys.js'
import { explain } from '../../src/trust/policy.js'
import { detach, sign } from '../../src/trust/sign.js'
import { verifySync } from '../../src/trust/verify.js'
import { applyEdits, openFull, openSubset } from '../kit/corpus.js'
import { bytes, component, section } from '../kit/sections.js'

const base64 = (data: Uint8Array) => Buffer.from(data).toString('base64')
const pinned = (keys: readonly TrustedKey[], rest: Partial<Pinned> = {}): Pinned => ({
  keys: keys.map(({ name, publicKey }) => [name, base64(publicKey)]),
  slices: [],
  ...rest,
})

/** The check as it is in Node, or as it is where Node's crypto cannot be reached. */
async function open(place: 'Node' | 'a browser') {
  vi.resetModules()
  if (place === 'a browser') vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
  const { readSigned } = await import('../../src/runtime/signature.js')
  return async (file: Uint8Array, expected: Pinned): Promise<Uint8Array | string> => {
    vi.stubGlobal('fetch', async () => new Response(Uint8Array.from(file)))
    return readSigned('https://example.org/x.wasm', expected).catch((error: Error & { code?: string }) => {
      if (error.code === undefined) throw error
      expect(error.message).toContain(`[signed-wasm] ${error.code} https://example.org/x.wasm: `)
      return error.code
    })
  }
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.resetModules()
})

const corpus = openFull() ?? openSubset()

describe.each(['Node', 'a browser'] as const)('in %s', (place) => {
  it(`decides as verify does on the files of ${corpus.name}`, async () => {
    const read = await open(place)
    const seen = { accepted: 0, refused: 0 }
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
      const outcome = await read(data, pinned(keys, extra))
      if (wanted === undefined) {
        expect(outcome).toBeInstanceOf(Uint8Array)
        seen.accepted++
      } else {
        expect(outcome).toBe(wanted)
        seen.refused++
      }
    }
    expect(seen.accepted).toBeGreaterThan(5)
    expect(seen.refused).toBeGreaterThan(20)
  })

  it('gives the content, and refuses core modules that are not those of the build', async () => {
    const read = await open(place)
    const [mine, other] = [generateKey(), generateKey()]
    const content = section(1, [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
    const digest = (start: number) =>
      createHash('sha256')
        .update(content.subarray(start, start + 8))
        .digest('hex')
    const expected = (start: number, hex = digest(start)) =>
      pinned([trustedKey(mine.publicKey, 'mine'), trustedKey(other.publicKey, 'other')], {
        slices: [[start, 8, hex]],
      })
    const signed = sign(component(content), mine).bytes
    for (const file of [signed, sign(component(content), other).bytes, sign(signed, other).bytes])
      expect(await read(file, expected(2))).toEqual(content)
    const longer = sign(component(section(0, [1, 120]), content), mine).bytes
    expect(await read(longer, expected(2))).toBe('DIGEST_MISMATCH')
    expect(await read(signed, expected(2, digest(1)))).toBe('DIGEST_MISMATCH')
    const beyond = expected(500, createHash('sha256').digest('hex'))
    expect(await read(signed, { ...beyond, slices: [[500, 8, digest(2)]] })).toBe('DIGEST_MISMATCH')
    expect(await read(signed, pinned([]))).toBe('SIGNER_UNTRUSTED')
    expect(await read(bytes('no wasm'), expected(2))).toBe('WASM_MALFORMED')
  })

  it('needs the detached signature that was compiled in, beside an embedded one', async () => {
    const read = await open(place)
    const key = generateKey()
    const signed = sign(component(section(0, [1, 120])), key).bytes
    const { bytes: bare, signature } = detach(signed)
    const keys = [trustedKey(key.publicKey, 'key')]
    const good = { detached: base64(signature) }
    expect(await read(bare, pinned(keys, good))).toBeInstanceOf(Uint8Array)
    expect(await read(signed, pinned(keys, good))).toBeInstanceOf(Uint8Array)
    expect(await read(bare, pinned(keys))).toBe('COMPONENT_UNSIGNED')
    const strange = detach(sign(bare, generateKey()).bytes).signature
    expect(await read(signed, pinned(keys, { detached: base64(strange) }))).toBe('SIGNER_UNTRUSTED')
  })
})
