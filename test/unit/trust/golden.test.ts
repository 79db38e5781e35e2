/** Components signed by two other programs, and what became of them. */

import { describe, expect, it } from 'vitest'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import { nobleBackend } from '../../../src/trust/crypto/noble.js'
import { nodeBackend } from '../../../src/trust/crypto/node.js'
import { parsePublicKeys } from '../../../src/trust/keys/read.js'
import { verify, verifySync, type VerifyOptions } from '../../../src/trust/verify.js'
import { readFixture } from '../../kit/corpus.js'

interface Golden {
  name: string
  expect: 'accept' | 'reject' | 'accept-if-core-modules-allowed'
  reason?: string
  trusted_keys: string[]
  wasm_base64: string
  detached_base64?: string
}

/** Which refusal each one is. */
const REFUSALS: Record<string, string> = {
  'core module signed': 'malformed',
  'unsigned component': 'unsigned',
  'signed by B, trust A': 'untrusted',
  'signed by B but key id field says A': 'invalid',
  'truncated at the first delimiter': 'partial',
  'custom section appended after the last delimiter': 'partial',
  'core module section appended after the last delimiter': 'partial',
  'signature section moved onto another component without delimiters': 'modified',
  'signature section moved onto another component, then its own delimiter dropped': 'modified',
  'second part removed, second delimiter kept': 'partial',
  'delimiters swapped': 'modified',
  'A signed part 1 only, B signed parts 1-2, trust A': 'modified',
  'header switched from component to core module': 'malformed',
  'header with unknown version': 'malformed',
  'signature section size as padded 5-byte LEB128': 'invalid',
  'signature section size with overflow bits in byte 5': 'malformed',
  'section name length padded': 'invalid',
  'section id as 2-byte LEB128': 'malformed',
  'trailing bytes after the signature data': 'invalid',
  'second signature section after the first': 'invalid',
  'signature section not first': 'invalid',
  'signature section name with trailing NUL': 'unsigned',
  'signature section name in upper case': 'unsigned',
  'first signed section size re-encoded with padding': 'modified',
  'section length 0xffffffff': 'malformed',
  'only the header': 'unsigned',
  'empty file': 'malformed',
  'signature only, no body': 'modified',
  'last byte of file dropped': 'malformed',
  'one byte appended': 'malformed',
  'bit flipped in body': 'modified',
  'bit flipped in Ed25519 signature': 'invalid',
  'bit flipped in stored hash': 'invalid',
  'spec_version 2': 'invalid',
  'content_type 2': 'invalid',
  'hash_fn 2': 'invalid',
  'algorithm id 2': 'untrusted',
  'signature of 63 bytes': 'invalid',
  'signature of 65 bytes': 'invalid',
  'zero signed hash sets': 'unsigned',
  'zero hashes': 'untrusted',
  'zero signatures': 'unsigned',
  'hash count 2^32-1': 'invalid',
  'signature count 2^32-1': 'invalid',
  'set count 2^32-1': 'invalid',
  '65 hashes': 'invalid',
  '257 signatures': 'invalid',
  'signed set order: unsigned hash appended to the list': 'untrusted',
  'spec-text layout without the length prefixes': 'invalid',
  'certificate count 17 in the wsc tail': 'invalid',
  'certificate tail announces data that is missing': 'invalid',
  'S + L (malleated signature)': 'untrusted',
  'constant signature R=identity, S=0 under a weak trusted key: identity': 'KEY_WEAK',
  'constant signature R=identity, S=0 under a weak trusted key: identity, y = p+1': 'KEY_WEAK',
  'constant signature R=identity, S=0 under a weak trusted key: identity, x = -0': 'KEY_WEAK',
  'constant signature R=identity, S=0 under a weak trusted key: order 2': 'KEY_WEAK',
  'constant signature R=identity, S=0 under a weak trusted key: order 4': 'KEY_WEAK',
  'constant signature R=identity, S=0 under a weak trusted key: order 4, sign bit': 'KEY_WEAK',
  'constant signature R=identity, S=0 under a weak trusted key: order 8': 'KEY_WEAK',
}

const cases = readFixture<Golden[]>('vectors/golden.json')
const decode = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'))

function inputsOf({ wasm_base64: wasm, detached_base64: detached, trusted_keys: trusted }: Golden) {
  const keys = () => trusted.flatMap((key, index) => parsePublicKeys(key, `keys[${index}]`))
  const options: VerifyOptions = detached === undefined ? {} : { detached: decode(detached) }
  return { bytes: decode(wasm), keys, options }
}

it('has 74 golden files', () => {
  expect(cases).toHaveLength(74)
  const refused = cases.filter((item) => item.expect !== 'accept').map(({ name }) => name)
  expect(Object.keys(REFUSALS).toSorted()).toEqual(refused.toSorted())
})

describe.each([nodeBackend!, nobleBackend])('golden files with $name', (backend) => {
  it.each(cases)('$expect: $name', async (item) => {
    const { bytes, keys, options } = inputsOf(item)
    const wanted = REFUSALS[item.name] ?? 'verified'
    if (wanted === 'KEY_WEAK') return expect(keys).toThrow(Diagnostic)
    const asComponent = { ...options, layer: 'component' as const }
    expect(verifySync(bytes, keys(), { ...asComponent, backend }).status).toBe(wanted)
    expect((await verify(bytes, keys(), asComponent)).status).toBe(wanted)

    const ofAnyLayer = verifySync(bytes, keys(), { ...options, backend }).status
    if (item.expect === 'accept-if-core-modules-allowed') expect(ofAnyLayer).toBe('verified')
    else expect(ofAnyLayer).toBe(wanted)
  })
})
