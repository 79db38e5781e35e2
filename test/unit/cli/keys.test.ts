/** One key, in every encoding that it may come in, at every door that it may come through. */

import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readKeyring } from '../../../src/disk/keyring.js'
import { isKeyText, parsePublicKeys, parseSecretKey } from '../../../src/trust/keys/read.js'
import { generateKey, trustedKey } from '../../../src/trust/keys/trusted-key.js'
import { formatPublicKey, formatSecretKey } from '../../../src/trust/keys/write.js'
import { Gate } from '../../../src/plugin/gate.js'
import { resolveOptions } from '../../../src/plugin/options.js'
import { signerId } from '../../../src/trust/statement.js'
import { fixture } from '../../kit/project.js'
import { openTerminal } from '../../kit/terminal.js'

const key = generateKey()
const { fingerprint } = trustedKey(key.publicKey, 'it')

type Format = 'pem' | 'jwk' | 'openssh'
const PUBLIC = (format: Format) => Buffer.from(formatPublicKey(key, format)).toString()
const SECRET = (format: Format) => Buffer.from(formatSecretKey(key, format)).toString()

const wrapped = (data: Uint8Array | string, width = 20) =>
  Buffer.from(data)
    .toString('base64')
    .replace(new RegExp(`.{${width}}`, 'g'), '$&\n')

/** Encodings of a text of several lines. */
const encodingsOf = (name: string, text: string): Record<string, string> => ({
  [name]: text,
  [`${name} with \\n for line ends`]: text.replaceAll('\n', '\\n'),
  [`${name} with \\r\\n for line ends`]: text.replaceAll('\n', '\\r\\n'),
  [`${name} with CRLF`]: text.replaceAll('\n', '\r\n'),
  [`${name} after a byte order mark`]: `\ufeff${text}`,
  [`${name} in quotes`]: `"${text.replaceAll('"', "'")}"`.replace(/^"\{[^]*/, text),
  [`${name} in base64`]: Buffer.from(text).toString('base64'),
  [`${name} in wrapped base64`]: wrapped(text, 76),
  [`${name} in base64 wrapped with \\n`]: wrapped(text, 60).replaceAll('\n', '\\n'),
  [`${name} in base64url`]: Buffer.from(text).toString('base64url'),
  [`${name} between white space`]: `\n\t ${text} \r\n`,
})

const der = Buffer.from(PUBLIC('pem').replace(/-----[^-]+-----|\n/g, ''), 'base64')
const bare = Buffer.from(key.publicKey)
const line = PUBLIC('openssh').trim()

const PUBLIC_TEXTS: Record<string, string> = {
  ...encodingsOf('PEM', PUBLIC('pem')),
  ...encodingsOf('JWK', PUBLIC('jwk')),
  ...encodingsOf('an OpenSSH line', PUBLIC('openssh')),
  '32 bytes in hex': bare.toString('hex'),
  '32 bytes in base64': bare.toString('base64'),
  '32 bytes in base64url': bare.toString('base64url'),
  'DER in base64': der.toString('base64'),
  'DER in wrapped base64': wrapped(der),
  'the raw format in hex': Buffer.from(formatPublicKey(key, 'raw')).toString('hex'),
  'an OpenSSH line with options': `restrict,command="echo \\"hello, you\\"",no-pty ${line} me@here`,
  'an OpenSSH line of allowed_signers': `me@example.com,you@example.com namespaces="git,file" ${line}`,
  'an OpenSSH line of known_hosts': `example.com,10.0.0.1 ${line}`,
  'an OpenSSH line with a path in its comment': `${line} C:\\new\\release`,
  'a list with options': `# team\n\nfrom="10.0.0.0/8" ${line} a\nssh-rsa AAAA b\n`,
}

const utf16 = (text: string, { big = false, mark = true } = {}) => {
  const bytes = Buffer.from(`${mark ? '\ufeff' : ''}${text}`, 'utf16le')
  return big ? bytes.swap16() : bytes
}

const PUBLIC_BYTES: Record<string, Uint8Array> = {
  '32 raw bytes': key.publicKey,
  'the raw format': formatPublicKey(key, 'raw'),
  DER: der,
  'PEM in UTF-16': utf16(PUBLIC('pem')),
  'PEM in UTF-16, big endian': utf16(PUBLIC('pem'), { big: true }),
  'PEM in UTF-16 without a mark': utf16(PUBLIC('pem'), { mark: false }),
  'an OpenSSH line in UTF-16': utf16(`${line} ä\r\n`),
  'JWK in UTF-16': utf16(PUBLIC('jwk'), { big: true, mark: false }),
}

describe('one public key', () => {
  const doors: Record<string, (data: Uint8Array | string) => Promise<string | undefined>> = {
    '--key, as a file': async (data) => {
      const terminal = openTerminal()
      terminal.write('it', data)
      const [found] = readKeyring(['it'], { root: terminal.folder, environment: {} }).keys
      return found!.fingerprint
    },
    'public-key --show': async (data) => {
      const terminal = openTerminal()
      terminal.write('it', data)
      return (await terminal.run('public-key', '--show', 'it')).out.replace('fingerprint ', '')
    },
    'the plugin, as a value': async (data) =>
      signerId(new Gate(resolveOptions({ keys: [data], mode: 'strict' })).policy.signers[0]!),
    'the library': async (data) => parsePublicKeys(data, 'it')[0]!.fingerprint,
  }
  const textDoors: Record<string, (text: string) => Promise<string | undefined>> = {
    '--key=': async (text) => readKeyring([text], { root: '/', environment: {} }).keys[0]!.fingerprint,
    '--key-env': async (text) =>
      readKeyring([{ env: 'KEY' }], { root: '/', environment: { KEY: text } }).keys[0]!.fingerprint,
  }

  it.each(Object.entries({ ...PUBLIC_TEXTS, ...PUBLIC_BYTES }))('is that key as %s', async (_, data) => {
    for (const [door, read] of Object.entries(doors))
      expect([door, await read(data)]).toEqual([door, fingerprint])
    if (typeof data !== 'string') return
    for (const [door, read] of Object.entries(textDoors))
      expect([door, await read(data)]).toEqual([door, fingerprint])
  })

  it.each(Object.entries(PUBLIC_TEXTS))('verifies through the command, as %s', async (_, text) => {
    const terminal = openTerminal()
    terminal.write('k', formatSecretKey(key, 'pem'), 0o600)
    terminal.write('x.wasm', fixture('hello'))
    await terminal.run('sign', '--write', '-k', 'k', 'x.wasm')
    terminal.env['KEY'] = text
    expect((await terminal.run('verify', '--key-env', 'KEY', 'x.wasm')).code).toBe(0)
    expect((await terminal.run('verify', `--key=${text}`, 'x.wasm')).code).toBe(0)
  })
})

/** PKCS#8 as different makers write it. @see RFC 5958, section 2 */
const pkcs8 = (...after: readonly number[]) => {
  const body = [
    2,
    1,
    after.length > 0 ? 1 : 0,
    0x30,
    5,
    6,
    3,
    0x2b,
    0x65,
    0x70,
    4,
    34,
    4,
    32,
    ...key.seed,
    ...after,
  ]
  return Uint8Array.from([0x30, body.length, ...body])
}
const half = key.publicKey

const SECRETS: Record<string, Uint8Array | string> = {
  ...encodingsOf('PEM', SECRET('pem')),
  ...encodingsOf('JWK', SECRET('jwk')),
  ...encodingsOf('OpenSSH', SECRET('openssh')),
  'the raw format': formatSecretKey(key, 'raw'),
  'the raw format in wrapped base64': wrapped(formatSecretKey(key, 'raw')),
  'PKCS#8 without the public half': pkcs8(),
  'PKCS#8 with the public half': pkcs8(0x81, 33, 0, ...half),
  'PKCS#8 with the public half in a wrapped bit string': pkcs8(0xa1, 35, 3, 33, 0, ...half),
  'PKCS#8 with attributes': pkcs8(0xa0, 2, 0x31, 0),
  'PKCS#8 with attributes and the public half': pkcs8(0xa0, 2, 0x31, 0, 0x81, 33, 0, ...half),
  'PKCS#8 with NULL for parameters': Uint8Array.from([
    ...[0x30, 48, 2, 1, 0, 0x30, 7, 6, 3, 0x2b, 0x65, 0x70, 5, 0, 4, 34, 4, 32],
    ...key.seed,
  ]),
  'PEM in UTF-16': utf16(SECRET('pem')),
}

describe('one secret key', () => {
  it.each(Object.entries(SECRETS))('signs as %s, from a file and a variable', async (_, data) => {
    expect(parseSecretKey(data, 'it')).toEqual(key)
    const terminal = openTerminal()
    terminal.write('it', data, 0o600)
    terminal.write('x.wasm', fixture('hello'))
    terminal.write('it.pub', formatPublicKey(key, 'pem'))
    expect((await terminal.run('sign', '-k', 'it', '-o', 'y.wasm', 'x.wasm')).code).toBe(0)
    if (typeof data === 'string') {
      terminal.env['KEY'] = data
      expect((await terminal.run('sign', '--key-env', 'KEY', '-o', 'z.wasm', 'x.wasm')).code).toBe(0)
      expect(terminal.read('z.wasm')).toEqual(terminal.read('y.wasm'))
    }
    expect((await terminal.run('verify', '--key', 'it.pub', 'y.wasm')).code).toBe(0)
  })

  it('that has another public half is refused', () => {
    const other = [...half.slice(0, 31), half[31]! ^ 1]
    for (const data of [pkcs8(0x81, 33, 0, ...other), pkcs8(0xa1, 35, 3, 33, 0, ...other)])
      expect(() => parseSecretKey(data, 'it')).toThrow('KEY_MISMATCH')
  })

  it.each([
    ['a byte too many', Uint8Array.from([...pkcs8(), 0])],
    ['a byte too many inside', pkcs8(0)],
    ['another version', pkcs8().with(4, 2)],
    ['a length that is too long', pkcs8().with(1, 47)],
    ['a length in a longer form', Uint8Array.from([0x30, 0x81, 46, ...pkcs8().slice(2)])],
    ['bits that do not count', pkcs8(0x81, 33, 1, ...half)],
    ['a public half that is short', pkcs8(0x81, 32, 0, ...half.slice(1))],
  ])('with %s is refused', (_, data) => {
    expect(() => parseSecretKey(data, 'it')).toThrow('KEY_UNREADABLE')
  })
})

describe('what is refused is told by what it is', () => {
  const spki = (type: string, options: object = {}) =>
    (
      generateKeyPairSync(type as 'rsa', options as { modulusLength: number }).publicKey as unknown as {
        export(options: { format: 'pem'; type: 'spki' }): string
      }
    ).export({ format: 'pem', type: 'spki' })
  const cases: [string, Uint8Array | string, string][] = [
    ['RSA', spki('rsa', { modulusLength: 1024 }), 'it is an RSA key'],
    ['P-256', spki('ec', { namedCurve: 'P-256' }), 'a key of an elliptic curve for ECDSA'],
    ['X25519', spki('x25519'), 'it is an X25519 key'],
    ['Ed448', spki('ed448'), 'it is an Ed448 key'],
    [
      'a certificate',
      '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
      'a PEM block "CERTIFICATE"',
    ],
    [
      'PGP',
      '-----BEGIN PGP PUBLIC KEY BLOCK-----\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----',
      'PGP PUBLIC KEY BLOCK',
    ],
    ['an RSA line', 'ssh-rsa AAAAB3Nz me@here', 'OpenSSH keys of another type: ssh-rsa'],
    ['a security key', 'sk-ssh-ed25519@openssh.com AAAA', 'another type: sk-ssh-ed25519@openssh.com'],
    ['a certificate authority', `cert-authority ${line}`, 'says cert-authority'],
    ['a revoked host', `@revoked * ${line}`, 'says @revoked'],
    ['RFC 4716', '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----', 'RFC 4716'],
    ['PuTTY', 'PuTTY-User-Key-File-3: ssh-ed25519\n', 'a key file of PuTTY'],
    ['minisign', 'untrusted comment: minisign public key\nRWQf6LRCGA9i53ml', 'minisign or signify'],
    ['age', 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p', 'a key of age'],
    ['half a PEM block', '-----BEGIN PUBLIC KEY-----\nMCow', 'a PEM block is not complete'],
    ['31 bytes', Buffer.alloc(31, 7).toString('hex'), 'it holds 31 bytes'],
  ]

  it.each(cases)('%s', (_, data, words) => {
    expect(() => parsePublicKeys(data, 'it')).toThrow(words)
    expect(() => parseSecretKey(data, 'it')).toThrow(words)
  })
})

describe('a path', () => {
  it.each([
    'release.pub',
    'keys/release.pub',
    'keys',
    './keys',
    'C:\\keys\\release.pub',
    'keys/*.pub',
    '../k.pem',
  ])('is no key: %s', (text) => expect(isKeyText(text)).toBe(false))

  it('that looks like a key by chance is one where something is there', async () => {
    const name = `keys/${'A'.repeat(38)}`
    const terminal = openTerminal()
    mkdirSync(terminal.at('keys'))
    terminal.write(name, PUBLIC('pem'))
    expect(isKeyText(name)).toBe(true)
    const [found] = readKeyring([name], { root: terminal.folder, environment: {} }).keys
    expect(found!.fingerprint).toBe(fingerprint)
  })
})

const has = (program: string, ...args: string[]) => spawnSync(program, args).error === undefined

describe('keys of other programs', () => {
  it.runIf(has('openssl', 'version'))('are read as OpenSSL writes them: PKCS#8 and SPKI, DER and PEM', () => {
    const pem = execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519'])
    const secret = parseSecretKey(pem, 'it')
    for (const form of ['PEM', 'DER']) {
      const options = ['pkey', '-outform', form]
      expect(parseSecretKey(execFileSync('openssl', options, { input: pem }), 'it')).toEqual(secret)
      const open = execFileSync('openssl', [...options, '-pubout'], { input: pem })
      expect(parsePublicKeys(open, 'it')[0]!.publicKey).toEqual(secret.publicKey)
    }
    expect(createPrivateKey(pem).asymmetricKeyType).toBe('ed25519')
  })

  it.runIf(has('ssh-keygen', '-?'))(
    'are read as ssh-keygen writes them, and told where they cannot be',
    async () => {
      const terminal = openTerminal()
      const make = (...args: string[]) =>
        execFileSync('ssh-keygen', ['-q', ...args], { cwd: terminal.folder })
      make('-t', 'ed25519', '-N', '', '-C', 'C:\\new "me"', '-f', 'ed')
      make('-t', 'ed25519', '-N', 'secret', '-f', 'locked')
      make('-t', 'rsa', '-b', '2048', '-N', '', '-f', 'rsa')
      const secret = parseSecretKey(terminal.read('ed'), 'ed')
      expect(parsePublicKeys(terminal.read('ed.pub'), 'ed')[0]!.publicKey).toEqual(secret.publicKey)
      const rfc4716 = make('-e', '-f', 'ed.pub')
      expect(() => parsePublicKeys(rfc4716, 'it')).toThrow('RFC 4716')
      expect(() => parseSecretKey(terminal.read('locked'), 'it')).toThrow('KEY_ENCRYPTED')
      expect(() => parsePublicKeys(terminal.read('rsa.pub'), 'it')).toThrow('ssh-rsa')
      expect(() => parseSecretKey(terminal.read('rsa'), 'it')).toThrow('KEY_UNREADABLE')
    },
  )
})
