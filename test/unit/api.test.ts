import { describe, expect, it } from 'vitest'
import * as api from '../../src/api.js'
import * as plugin from '../../src/index.js'

describe('what the package exports', () => {
  it('is exactly this from ./api', () => {
    expect(Object.keys(api).toSorted()).toEqual([
      'Diagnostic',
      'attach',
      'createPolicy',
      'decide',
      'detach',
      'explain',
      'formatPublicKey',
      'formatSecretKey',
      'generateKey',
      'inspect',
      'judge',
      'judgeAsync',
      'parseLock',
      'parsePolicyFile',
      'parsePublicKeys',
      'parseSecretKey',
      'policyOf',
      'prepareSignature',
      'sign',
      'signWith',
      'split',
      'trustedKey',
      'verify',
      'verifySync',
    ])
  })

  it('is exactly this from the plugin', () => {
    expect(Object.keys(plugin).toSorted()).toEqual(['default', 'signedWasm'])
  })

  it('signs with a key that is elsewhere, and inspects the result', async () => {
    const bytes = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00, 0x00, 0x02, 0x01, 0x78)
    const key = api.generateKey()
    const signed = await api.signWith(bytes, key.publicKey, async (message) => {
      const { sign, createPrivateKey } = await import('node:crypto')
      return sign(null, message, createPrivateKey(Buffer.from(api.formatSecretKey(key, 'pem'))))
    })
    expect((await api.verify(signed.bytes, [api.trustedKey(key.publicKey, 'mine')])).status).toBe('verified')
    expect(api.inspect(signed.bytes)).toMatchObject({
      layer: 'component',
      sections: [{ name: 'signature' }, { name: 'x' }],
    })
  })
})
