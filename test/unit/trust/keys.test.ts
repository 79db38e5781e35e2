import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Code } from '../../../src/errors/catalogue.js'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import { toHex } from '../../../src/format/encoding.js'
import { defaultKeyId, generateKey, trustedKey } from '../../../src/trust/keys/trusted-key.js'
import { formatPublicKey, formatSecretKey, KEY_FORMATS } from '../../../src/trust/keys/write.js'
import { parsePublicKeys, parseSecretKey } from '../../../src/trust/keys/read.js'
import { ALICE, BOB, bytes, hash, pkcs8, spki } from '../../kit/sections.js'

const base64 = (data: Uint8Array) => Buffer.from(data).toString('base64')
const base64url = (data: Uint8Array) => Buffer.from(data).toString('base64url')
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex')
const pem = (label: string, der: Uint8Array, newline = '\n') =>
  [`-----BEGIN ${label}-----`, ...base64(der).match(/.{1,64}/g)!, `-----END ${label}-----`, ''].join(newline)
const sshString = (data: Uint8Array | string) => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes(data).length)
  return bytes(length, data)
}
function sshLine(key: Uint8Array, parts: { type?: string; inner?: string; rest?: number[] } = {}): string {
  const { type = 'ssh-ed25519', inner = type, rest = [] } = parts
  return `${type} ${base64(bytes(sshString(inner), sshString(key), rest))}`
}

const { publicKey, seed } = ALICE
const raw = bytes(1, publicKey)
const rawSecret = bytes(0x81, seed, publicKey)
const jwk = (fields: Record<string, unknown> = {}) => ({
  kty: 'OKP',
  crv: 'Ed25519',
  x: base64url(publicKey),
  ...fields,
})
const seedOfEveryKind = jwk({ d: base64url(seed) })

/** OpenSSH's own file format. @see OpenSSH, PROTOCOL.key */
const sshSecret = ({
  cipher = 'none',
  count = 1,
  check = [1, 2, 3, 4],
  pair = bytes(seed, publicKey),
} = {}) => {
  const blob = bytes(sshString('ssh-ed25519'), sshString(publicKey))
  const inner = bytes(check, 1, 2, 3, 4, blob, sshString(pair), sshString('a comment'))
  const padded = bytes(
    inner,
    Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, index) => index + 1),
  )
  const kdf = cipher === 'none' ? 'none' : 'bcrypt'
  const outer = ['openssh-key-v1\0', sshString(cipher), sshString(kdf), sshString(''), 0, 0, 0, count]
  return pem('OPENSSH PRIVATE KEY', bytes(outer, sshString(blob), sshString(padded)))
}

const codeOf = (run: () => unknown): Code => {
  try {
    run()
  } catch (error) {
    if (error instanceof Diagnostic) return error.code
    throw error
  }
  throw new Error('nothing was thrown')
}

const PUBLIC: Record<string, Uint8Array | string> = {
  'the raw format': raw,
  'the raw format in hexadecimal': hex(raw),
  'the raw format in base64': base64(raw),
  '32 bytes in hexadecimal': hex(publicKey),
  '32 bytes in upper-case hexadecimal': hex(publicKey).toUpperCase(),
  '32 bytes in base64': base64(publicKey),
  '32 bytes in base64url without padding': base64url(publicKey),
  'hexadecimal with a line end, as bytes': bytes(`${hex(publicKey)}\n`),
  'SPKI as DER': spki(publicKey),
  'SPKI as DER in base64': base64(spki(publicKey)),
  'SPKI as PEM': pem('PUBLIC KEY', spki(publicKey)),
  'SPKI as PEM, as bytes': bytes(pem('PUBLIC KEY', spki(publicKey))),
  'SPKI as PEM with CRLF': pem('PUBLIC KEY', spki(publicKey), '\r\n'),
  'SPKI as PEM on one line': pem('PUBLIC KEY', spki(publicKey), ' '),
  'SPKI as PEM in base64': base64(bytes(pem('PUBLIC KEY', spki(publicKey)))),
  'SPKI as PEM after a byte order mark': bytes('\ufeff', pem('PUBLIC KEY', spki(publicKey))),
  'SPKI as PEM between other lines': `signing key\n${pem('PUBLIC KEY', spki(publicKey))}the end\n`,
  JWK: JSON.stringify(jwk()),
  'a JWK set with other keys': JSON.stringify({
    keys: [{ kty: 'RSA', n: 'AQAB' }, null, 7, jwk({ kid: 'x' })],
  }),
  'an OpenSSH line': `${sshLine(publicKey)} alice@example\n`,
  'an OpenSSH line without a comment': sshLine(publicKey),
  'a .keys list': `# from a hosting service\n\nssh-rsa AAAA x\n  # and\n${sshLine(publicKey)}\r\necdsa-sha2-nistp256 AAAA\n`,
}

describe('public keys', () => {
  it.each(Object.entries(PUBLIC))('are read from %s', (_, data) => {
    const keys = parsePublicKeys(data, 'alice.pub')
    expect(keys).toEqual([
      {
        kind: 'key',
        name: 'alice.pub',
        publicKey,
        keyId: hex(defaultKeyId(publicKey)),
        fingerprint: hex(hash(publicKey)),
      },
    ])
  })

  it('are numbered when there are several', () => {
    const several = [
      `${sshLine(publicKey)}\n${sshLine(BOB.publicKey)}`,
      pem('PUBLIC KEY', spki(publicKey)) + pem('PUBLIC KEY', spki(BOB.publicKey)),
      JSON.stringify({ keys: [jwk(), jwk({ x: base64url(BOB.publicKey) })] }),
    ]
    for (const data of several) {
      const keys = parsePublicKeys(data, 'team.keys')
      expect(keys.map((key) => key.name)).toEqual(['team.keys#1', 'team.keys#2'])
      expect(keys.map((key) => key.publicKey)).toEqual([publicKey, BOB.publicKey])
    }
  })

  it('are copies: nobody changes a trusted key through the bytes it was read from', () => {
    const data = Buffer.from(raw)
    const [key] = parsePublicKeys(data, 'k')
    const direct = Uint8Array.from(publicKey)
    const other = trustedKey(direct, 'k')
    data.fill(0)
    direct.fill(0)
    expect(key!.publicKey).toEqual(publicKey)
    expect(other.publicKey).toEqual(publicKey)
  })

  it('have the key id that other signers give them', () => {
    // The id and key of k1 of the signed files in test/fixtures, made by wasmsign2 0.2.6.
    const k1 = Buffer.from('2427acf8b4c36a8b4d6c186f573e5c695797c730dbdc6ac1682015d8ead0f945', 'hex')
    expect(toHex(defaultKeyId(k1))).toBe('158c4b2a5679e6bed5037485')
  })
})

const identity = bytes(1, new Uint8Array(31))
const orderEight = Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex')

describe('weak keys', () => {
  it.each<[string, Uint8Array | string]>([
    ['the identity', bytes(1, identity)],
    ['the identity in PEM', pem('PUBLIC KEY', spki(identity))],
    ['a point of order 8', hex(orderEight)],
    ['a point of order 8 in a JWK', JSON.stringify(jwk({ x: base64url(orderEight) }))],
    ['a point of order 8 in an OpenSSH line', sshLine(orderEight)],
    ['a point of order 8 after a good key', `${sshLine(publicKey)}\n${sshLine(orderEight)}`],
    ['no point at all', hex(bytes(2, new Uint8Array(31)))],
    ['a coordinate that is not reduced', hex(bytes(0xee, new Uint8Array(30).fill(0xff), 0x7f))],
    ['31 bytes in an OpenSSH line', sshLine(publicKey.slice(1))],
  ])('are refused: %s', (_, data) => expect(codeOf(() => parsePublicKeys(data, 'k'))).toBe('KEY_WEAK'))
})

const SECRET: Record<string, Uint8Array | string> = {
  'the raw format': rawSecret,
  'the raw format in hexadecimal': hex(rawSecret),
  'the raw format in base64': base64(rawSecret),
  'PKCS#8 as DER': pkcs8(seed),
  'PKCS#8 as DER in base64': base64(pkcs8(seed)),
  'PKCS#8 as PEM': pem('PRIVATE KEY', pkcs8(seed)),
  'PKCS#8 as PEM with CRLF, as bytes': bytes(pem('PRIVATE KEY', pkcs8(seed), '\r\n')),
  'PKCS#8 as PEM in base64': base64(bytes(pem('PRIVATE KEY', pkcs8(seed)))),
  'PKCS#8 of version 2': bytes(
    Buffer.from('3051020101300506032b657004220420', 'hex'),
    seed,
    0x81,
    0x21,
    0,
    publicKey,
  ),
  JWK: JSON.stringify(seedOfEveryKind),
  OpenSSH: sshSecret(),
}

/** Every way in which key material could show up in a text. */
const MATERIAL = [seed, pkcs8(seed), rawSecret, bytes(seed, publicKey)].flatMap((secret) => {
  const texts = [hex(secret), base64(secret), base64url(secret), Buffer.from(secret).toString('latin1')]
  return texts.flatMap((text) => [text, text.toUpperCase()])
})

function expectNoMaterial(text: string): void {
  for (const material of MATERIAL) {
    for (let at = 0; at + 16 <= material.length; at += 8) {
      const piece = material.slice(at, at + 16)
      if (!piece.startsWith('302e0201') && !/^MC4CAQAwBQYDK2Vw/i.test(piece))
        expect(text).not.toContain(piece)
    }
  }
}

function everythingOf(error: unknown): string {
  const { message, stack, what, hint, cause } = error as Diagnostic
  return [message, what, hint, String(cause), JSON.stringify(error), stack].join('\n')
}

describe('secret keys', () => {
  it('would be noticed in a text by these tests', () => {
    for (const text of [
      hex(seed),
      base64(pkcs8(seed)),
      JSON.stringify(seedOfEveryKind),
      pem('PRIVATE KEY', pkcs8(seed)),
    ])
      expect(() => expectNoMaterial(`it says ${text} there`)).toThrow()
  })

  it.each(Object.entries(SECRET))('are read from %s', (_, data) => {
    expect(parseSecretKey(data, 'alice.key')).toEqual({ seed, publicKey })
  })

  it.each(Object.entries(SECRET))(
    'are refused where a public key belongs, and never shown: %s',
    (_, data) => {
      let error: unknown
      try {
        parsePublicKeys(data, 'alice.key')
      } catch (thrown) {
        error = thrown
      }
      expect((error as Diagnostic).code).toBe('KEY_SECRET')
      expect((error as Diagnostic).message).toContain('alice.key is a secret key where a public key belongs')
      expectNoMaterial(everythingOf(error))
    },
  )

  it('are refused beside a public key as well', () => {
    const mixed = pem('PUBLIC KEY', spki(publicKey)) + pem('PRIVATE KEY', pkcs8(seed))
    expect(codeOf(() => parsePublicKeys(mixed, 'k'))).toBe('KEY_SECRET')
    expect(codeOf(() => parsePublicKeys(JSON.stringify({ keys: [jwk(), seedOfEveryKind] }), 'k'))).toBe(
      'KEY_SECRET',
    )
    expect(parseSecretKey(mixed, 'k')).toEqual({ seed, publicKey })
  })

  it.each(Object.entries(SECRET))('are never shown when they are damaged: %s', (_, data) => {
    const whole = bytes(data)
    for (let cut = 1; cut < whole.length; cut += 7) {
      const damaged = [
        whole.subarray(0, cut),
        whole.subarray(cut),
        bytes(whole.subarray(0, cut), '!', whole.subarray(cut)),
      ]
      for (const read of [parsePublicKeys, parseSecretKey]) {
        for (const some of damaged) {
          try {
            read(some, 'alice.key')
          } catch (error) {
            expect(error).toBeInstanceOf(Diagnostic)
            expectNoMaterial(everythingOf(error))
          }
        }
      }
    }
  })

  it.each<[Code, string, Uint8Array | string]>([
    ['KEY_NOT_SECRET', 'a public key', raw],
    ['KEY_NOT_SECRET', 'an OpenSSH line', sshLine(publicKey)],
    ['KEY_MISMATCH', 'halves that do not belong together', bytes(0x81, seed, BOB.publicKey)],
    [
      'KEY_MISMATCH',
      'a JWK whose halves do not',
      JSON.stringify({ ...seedOfEveryKind, x: base64url(BOB.publicKey) }),
    ],
    ['KEY_MISMATCH', 'an OpenSSH key whose halves do not', sshSecret({ pair: bytes(seed, BOB.publicKey) })],
    [
      'KEY_UNREADABLE',
      'two secret keys',
      pem('PRIVATE KEY', pkcs8(seed)) + pem('PRIVATE KEY', pkcs8(BOB.seed)),
    ],
    ['KEY_UNREADABLE', 'an OpenSSH file of two keys', sshSecret({ count: 2 })],
    ['KEY_UNREADABLE', 'an OpenSSH key with differing check numbers', sshSecret({ check: [9, 9, 9, 9] })],
  ])('%s: %s', (code, _, data) => expect(codeOf(() => parseSecretKey(data, 'k'))).toBe(code))
})

describe('protected keys', () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const encrypted = privateKey
    .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString()

  it.each([
    ['PKCS#8', encrypted],
    ['OpenSSH', sshSecret({ cipher: 'aes256-ctr' })],
  ])('are named for what they are: %s', (_, data) => {
    for (const read of [parsePublicKeys, parseSecretKey])
      expect(codeOf(() => read(data, 'k'))).toBe('KEY_ENCRYPTED')
  })
})

describe('what is no key', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const ed448 = generateKeyPairSync('ed448')

  it.each<[string, Uint8Array | string]>([
    ['nothing', ''],
    ['white space', ' \n\t'],
    ['no bytes', bytes()],
    ['prose', 'this is not a key'],
    ['31 bytes in hexadecimal', hex(publicKey).slice(2)],
    ['33 bytes of another type', bytes(2, publicKey)],
    ['32 bare bytes that are letters', bytes('x'.repeat(32))],
    ['31 bare bytes', publicKey.slice(1)],
    ['a byte too many', bytes(raw, 0)],
    ['DER with a byte after it', bytes(spki(publicKey), 0)],
    ['PEM that is cut', pem('PUBLIC KEY', spki(publicKey)).slice(0, -5)],
    ['PEM that says it is something else', pem('CERTIFICATE', spki(publicKey))],
    ['PEM whose content is something else', pem('PUBLIC KEY', pkcs8(seed))],
    ['PEM with two ends', pem('PUBLIC KEY', spki(publicKey)).replace('END', 'BEGIN')],
    ['PEM with letters outside base64', pem('PUBLIC KEY', spki(publicKey)).replace('MCow', 'M*ow')],
    ['an RSA key', rsa.export({ format: 'pem', type: 'spki' })],
    ['an Ed448 key', ed448.publicKey.export({ format: 'pem', type: 'spki' })],
    ['JSON that is cut', JSON.stringify(jwk()).slice(0, -1)],
    ['a JWK of another type', JSON.stringify(jwk({ kty: 'EC' }))],
    ['a JWK of another curve', JSON.stringify(jwk({ crv: 'X25519' }))],
    ['a JWK without a key', JSON.stringify(jwk({ x: undefined }))],
    ['a JWK whose key is a number', JSON.stringify(jwk({ x: 7 }))],
    ['a JWK of 31 bytes', JSON.stringify(jwk({ x: base64url(publicKey.slice(1)) }))],
    ['a JWK that is null', '{"keys":[null]}'],
    ['an OpenSSH line of another type', sshLine(publicKey, { type: 'ssh-rsa' })],
    ['an OpenSSH line whose inside is of another type', sshLine(publicKey, { inner: 'ssh-rsa' })],
    ['an OpenSSH line with bytes after the key', sshLine(publicKey, { rest: [0] })],
    ['an OpenSSH line without a key', 'ssh-ed25519'],
    ['a security key', sshLine(publicKey, { type: 'sk-ssh-ed25519@openssh.com' })],
  ])('is refused: %s', (_, data) => expect(codeOf(() => parsePublicKeys(data, 'k'))).toBe('KEY_UNREADABLE'))

  it('is refused by a Diagnostic, whatever it is', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc.string({ unit: 'binary', maxLength: 120 }),
      fc.json(),
      fc.constantFrom(...Object.values(PUBLIC), ...Object.values(SECRET)).chain((data) => {
        const whole = bytes(data)
        return fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, value]) => {
          const changed = Uint8Array.from(whole)
          changed[at] = value
          return changed
        })
      }),
    )
    fc.assert(
      fc.property(anything, (data) => {
        for (const read of [parsePublicKeys, parseSecretKey]) {
          try {
            read(data, 'k')
          } catch (error) {
            expect(error).toBeInstanceOf(Diagnostic)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['comments on one line', '# '.repeat(50_000)],
    ['comment lines', '#\n'.repeat(50_000)],
    ['beginnings of PEM blocks', '-----BEGIN A-----'.repeat(10_000)],
    ['brackets', '{'.repeat(100_000)],
    ['digits', `${'A'.repeat(300_000)}!`],
  ])('is refused in no time: %s without end', (_, text) => {
    const start = performance.now()
    expect(codeOf(() => parsePublicKeys(`${text}x`, 'k'))).toBe('KEY_UNREADABLE')
    expect(performance.now() - start).toBeLessThan(2000)
  })
})

describe('formats', () => {
  it.each(KEY_FORMATS)('%s comes back, for any key', (format) => {
    for (let round = 0; round < 5; round++) {
      const key = generateKey()
      expect(parseSecretKey(formatSecretKey(key, format), 'k')).toEqual(key)
      expect(parsePublicKeys(formatPublicKey(key, format), 'k')[0]!.publicKey).toEqual(key.publicKey)
    }
  })

  it('are those of node:crypto', () => {
    const key = generateKey()
    const secret = createPrivateKey(Buffer.from(formatSecretKey(key, 'pem')))
    expect(createPublicKey(secret).export({ format: 'pem', type: 'spki' })).toBe(
      Buffer.from(formatPublicKey(key, 'pem')).toString(),
    )
    const decoded = JSON.parse(Buffer.from(formatSecretKey(key, 'jwk')).toString()) as Record<string, string>
    expect(secret.export({ format: 'jwk' })).toEqual(decoded)
    expect(formatSecretKey(key, 'raw')).toEqual(bytes(0x81, key.seed, key.publicKey))
    expect(formatPublicKey(key, 'raw')).toEqual(bytes(1, key.publicKey))
  })
})
