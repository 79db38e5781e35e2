/** Keys and signatures that go to other programs and come back. The programs are OpenSSL and OpenSSH. */

import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeUtf8 } from '../../../src/format/encoding.js'
import { formatPublicKey, formatSecretKey } from '../../../src/trust/keys/write.js'
import { generateKey } from '../../../src/trust/keys/trusted-key.js'
import { parsePublicKeys, parseSecretKey } from '../../../src/trust/keys/read.js'
import { prepareSignature } from '../../../src/trust/sign.js'
import { verifySync } from '../../../src/trust/verify.js'

const COMPONENT = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00, 0x00, 0x02, 0x01, 0x78)

const has = (program: string, ...args: string[]) => spawnSync(program, args).error === undefined
const OPENSSL = has('openssl', 'version')
const SSH_KEYGEN = has('ssh-keygen', '-?')
for (const [found, name] of [
  [OPENSSL, 'openssl'],
  [SSH_KEYGEN, 'ssh-keygen'],
] as const) {
  if (!found) console.warn(`SKIPPED: tests against ${name}, which is not installed`)
}

let folder: string
const at = (name: string) => path.join(folder, name)
const key = generateKey()

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm-interop-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.runIf(OPENSSL)('OpenSSL', () => {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder })

  it('reads our PEM pair and derives the same public key', () => {
    writeFileSync(at('our.key'), formatSecretKey(key, 'pem'))
    expect(openssl('pkey', '-in', 'our.key', '-pubout')).toEqual(Buffer.from(formatPublicKey(key, 'pem')))
  })

  it('verifies a signature of ours over the message of FORMAT', () => {
    const { message } = prepareSignature(COMPONENT, key.publicKey)
    writeFileSync(at('our.pub'), formatPublicKey(key, 'pem'))
    writeFileSync(at('our.key'), formatSecretKey(key, 'pem'))
    writeFileSync(at('message'), message)
    openssl('pkeyutl', '-sign', '-inkey', 'our.key', '-rawin', '-in', 'message', '-out', 'signature')
    const answer = openssl(
      'pkeyutl',
      '-verify',
      '-pubin',
      '-inkey',
      'our.pub',
      '-rawin',
      '-in',
      'message',
      '-sigfile',
      'signature',
    )
    expect(answer.toString()).toContain('Verified Successfully')
  })

  it('signs in our place, and the file verifies', () => {
    openssl('genpkey', '-algorithm', 'ed25519', '-out', 'their.key')
    openssl('pkey', '-in', 'their.key', '-pubout', '-out', 'their.pub')
    const keys = parsePublicKeys(readFileSync(at('their.pub')), 'their.pub')
    const { message, finish } = prepareSignature(COMPONENT, keys[0]!.publicKey)
    writeFileSync(at('message'), message)
    openssl('pkeyutl', '-sign', '-inkey', 'their.key', '-rawin', '-in', 'message', '-out', 'signature')
    expect(verifySync(finish(readFileSync(at('signature'))).bytes, keys).status).toBe('verified')
    expect(() => finish(new Uint8Array(64))).toThrow('SIGNATURE_UNUSABLE')
    expect(() => finish(new Uint8Array(63))).toThrow('SIGNATURE_UNUSABLE')
  })

  it('writes keys that we read, as PEM and as DER', () => {
    openssl('genpkey', '-algorithm', 'ed25519', '-out', 'their.key')
    openssl('pkey', '-in', 'their.key', '-outform', 'DER', '-out', 'their.key.der')
    openssl('pkey', '-in', 'their.key', '-pubout', '-outform', 'DER', '-out', 'their.pub.der')
    const secret = parseSecretKey(readFileSync(at('their.key')), 'their.key')
    expect(parseSecretKey(readFileSync(at('their.key.der')), 'their.key.der')).toEqual(secret)
    expect(parsePublicKeys(readFileSync(at('their.pub.der')), 'der')[0]!.publicKey).toEqual(secret.publicKey)
  })
})

describe.runIf(SSH_KEYGEN)('OpenSSH', () => {
  const sshKeygen = (...args: string[]) => execFileSync('ssh-keygen', args, { cwd: folder }).toString()

  it('reads our secret key and derives the same public key', () => {
    writeFileSync(at('our.ssh'), formatSecretKey(key, 'openssh'))
    chmodSync(at('our.ssh'), 0o600)
    const line = sshKeygen('-y', '-f', 'our.ssh').trim()
    expect(encodeUtf8(`${line.split(' ').slice(0, 2).join(' ')}\n`)).toEqual(formatPublicKey(key, 'openssh'))
  })

  it('writes pairs that we read', () => {
    sshKeygen('-q', '-t', 'ed25519', '-N', '', '-C', 'somebody@example.invalid', '-f', 'their.ssh')
    const secret = parseSecretKey(readFileSync(at('their.ssh')), 'their.ssh')
    expect(parsePublicKeys(readFileSync(at('their.ssh.pub')), 'their.ssh.pub')[0]!.publicKey).toEqual(
      secret.publicKey,
    )
  })

  it('protects a key with a passphrase, which we say we cannot read', () => {
    sshKeygen('-q', '-t', 'ed25519', '-N', 'passphrase', '-f', 'locked.ssh')
    expect(() => parseSecretKey(readFileSync(at('locked.ssh')), 'locked.ssh')).toThrow('KEY_ENCRYPTED')
  })
})
