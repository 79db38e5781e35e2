/** `recheck: 'signature'`: what it looks at, and what it leaves to the whole check. */

import { afterEach, describe, expect, it } from 'vitest'
import { toHex } from '../../../src/format/encoding.js'
import type { Pinned } from '../../../src/runtime/pinned.js'
import { explain } from '../../../src/trust/explain.js'
import { generateKey, trustedKey, type TrustedKey } from '../../../src/trust/keys/trusted-key.js'
import { detach, sign } from '../../../src/trust/sign.js'
import { verifySync } from '../../../src/trust/verify.js'
import { base64, closeCheck, openCheck, OTHER, pinned, PLACES } from '../../kit/recheck.js'
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

afterEach(closeCheck)

describe.each(PLACES)('in %s', (place) => {
  const [mine, other] = [generateKey(), generateKey()]
  const keys = [trustedKey(mine.publicKey, 'mine'), trustedKey(other.publicKey, 'other')]
  const content = section(1, [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
  const digest = toHex(hash(content))

  it('looks at the signature only while the content is that of the build', async () => {
    const { read, judgedWhole } = await openCheck(place)
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
    const { read, judgedWhole } = await openCheck(place)
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
    const { read } = await openCheck(place)
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
    const { read } = await openCheck(place)
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
