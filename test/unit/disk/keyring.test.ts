import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readKeyring } from '../../../src/disk/keyring.js'
import type { KeySource } from '../../../src/disk/keyring.js'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import { formatPublicKey, formatSecretKey, type KeyFormat } from '../../../src/trust/keys/write.js'
import { generateKey, trustedKey } from '../../../src/trust/keys/trusted-key.js'
import { failAt } from '../../kit/disk.js'

const root = mkdtempSync(path.join(tmpdir(), 'signed-wasm keyring ö-'))
afterAll(() => rmSync(root, { recursive: true }))

const [one, two] = [generateKey(), generateKey()]
const fingerprint = (key: typeof one) => trustedKey(key.publicKey, 'x').fingerprint
const write = (name: string, content: string | Uint8Array) => {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
  writeFileSync(path.join(root, name), content)
}
const text = (key: typeof one, format: KeyFormat = 'pem') =>
  Buffer.from(formatPublicKey(key, format)).toString()

const read = (sources: KeySource | KeySource[], environment: Record<string, string> = {}) =>
  readKeyring([sources].flat(), { root, environment })
const found = (sources: KeySource | KeySource[], environment?: Record<string, string>) =>
  read(sources, environment).keys.map((key) => key.fingerprint)

write('one.pub', text(one))
write('folder/a.pem', text(one))
write('folder/b.pk', formatPublicKey(two, 'raw'))
write('folder/README.md', 'not a key')
write('folder/notes.txt', 'nor this')
write('deep/er/two.jwk', text(two, 'jwk'))

describe('files, folders and globs', () => {
  it('reads one file, and names the key as the file is called', () => {
    expect(read('one.pub')).toMatchObject({
      keys: [{ name: 'one.pub', fingerprint: fingerprint(one) }],
      watch: [path.join(root, 'one.pub')],
    })
    expect(found(path.join(root, 'one.pub'))).toEqual([fingerprint(one)])
  })

  it('reads the key files of a folder, counts the others, and watches it', () => {
    const { keys, ignoredFiles, watch } = read('folder')
    expect(keys.map(({ name }) => name)).toEqual(['folder/a.pem', 'folder/b.pk'])
    expect(ignoredFiles).toBe(2)
    expect(watch).toContain(path.join(root, 'folder'))
  })

  it('reads what a glob matches, in a fixed order, with nothing from node_modules', () => {
    write('node_modules/evil/evil.pem', text(generateKey()))
    expect(found(['**/*.{pem,jwk}'])).toEqual([fingerprint(two), fingerprint(one)])
  })

  it('follows a link that the project made', () => {
    symlinkSync(path.join(root, 'one.pub'), path.join(root, 'link.pub'))
    expect(found('link.pub')).toEqual([fingerprint(one)])
  })

  it.each(['missing.pub', 'missing/*.pub', 'missing/'])('says that nothing is at %s', (source) => {
    expect(() => read(source)).toThrow('KEY_NOT_FOUND')
  })

  it('refuses a secret key in a key folder, and says no word of it', () => {
    write('leaky/a.pem', formatSecretKey(one, 'pem'))
    const error = (() => {
      try {
        return read('leaky')
      } catch (thrown) {
        return String(thrown)
      }
    })()
    expect(error).toContain('KEY_SECRET: leaky/a.pem')
    expect(error).not.toContain(Buffer.from(one.seed).toString('base64').slice(0, 12))
  })

  it('refuses a folder called like a key, a huge file, and a pattern out of all proportion', () => {
    mkdirSync(path.join(root, 'odd/x.pub'), { recursive: true })
    expect(read('odd').keys).toEqual([])
    write('huge.pub', new Uint8Array(1024 * 1024 + 1))
    expect(() => read('huge.pub')).toThrow('larger than 1 MiB')
    expect(() => read(`${'*a'.repeat(200)}b`)).toThrow('KEY_UNREADABLE')
    expect(() => read(`${'*a'.repeat(120)}/${'*b'.repeat(20)}`)).toThrow('OPTION_INVALID')
  })
})

describe('what cannot be opened', () => {
  /** What is said of it: always a Diagnostic, with a way on. */
  const said = (source: string) => {
    try {
      return `accepted ${read(source).keys.length}`
    } catch (error) {
      expect(error).toBeInstanceOf(Diagnostic)
      expect(error).toMatchObject({ code: 'KEY_UNREADABLE', exit: 'io' })
      expect((error as Diagnostic).hint).toContain('check the path and its permissions')
      return (error as Diagnostic).what
    }
  }

  it('is a link that leads nowhere, in a folder or by itself', () => {
    write('dangling/a.pub', text(one))
    symlinkSync(path.join(root, 'gone.pub'), path.join(root, 'dangling/b.pub'))
    const what = 'dangling/b.pub cannot be read as a key: it is a link that leads nowhere, or has just gone'
    expect(said('dangling')).toBe(what)
    expect(said('dangling/b.pub')).toBe(what)
    expect(said('dangling/*.pub')).toBe(what)
  })

  it('is a link that leads in a circle', () => {
    mkdirSync(path.join(root, 'circle'))
    symlinkSync(path.join(root, 'circle/a.pub'), path.join(root, 'circle/a.pub'))
    expect(said('circle')).toBe(
      'circle/a.pub cannot be read as a key: it cannot be read: it is a link, or links lead in a circle (ELOOP)',
    )
    expect(said('circle/a.pub')).toContain('the path cannot be followed (ELOOP)')
  })

  it.each([
    ['a folder that is closed to us', 'EACCES'],
    ['a folder that has just gone', 'ENOENT'],
  ])('is %s', (_, code) => {
    write('closed/a.pub', text(one))
    failAt(path.join(root, 'closed'), 'readdirSync', code)
    expect(said('closed')).toBe(`closed cannot be read as a key: the folder cannot be read (${code})`)
  })

  it.each([
    ['a file that is closed to us', 'EACCES', 'it cannot be read: permission is denied (EACCES)'],
    ['a file that has just gone', 'ENOENT', 'it is a link that leads nowhere, or has just gone'],
  ])('is %s', (_, code, reason) => {
    write('shut/a.pub', text(one))
    failAt(path.join(root, 'shut/a.pub'), 'openSync', code)
    for (const source of ['shut', 'shut/a.pub', 'shut/*'])
      expect(said(source)).toBe(`shut/a.pub cannot be read as a key: ${reason}`)
  })

  it('is a path through what is no folder, or is closed to us', () => {
    expect(said('one.pub/a.pub')).toContain('(ENOTDIR)')
    failAt(path.join(root, 'beyond/a.pub'), 'statSync', 'EACCES')
    expect(said('beyond/a.pub')).toContain('the path cannot be followed (EACCES)')
  })

  it.runIf(process.platform === 'linux')('is a pipe or a device, for which nobody waits', () => {
    mkdirSync(path.join(root, 'special'))
    execFileSync('mkfifo', [path.join(root, 'special/pipe.pub')])
    for (const source of ['special', 'special/pipe.pub', '/dev/zero', '/dev/null'])
      expect(said(source)).toContain('it is not a regular file')
  })
})

describe('literals', () => {
  const bytes = formatPublicKey(one, 'raw')
  it.each<[string, KeySource]>([
    ['PEM', text(one)],
    ['JWK', text(one, 'jwk')],
    ['OpenSSH', text(one, 'openssh')],
    ['hex', Buffer.from(one.publicKey).toString('hex')],
    ['hex of the raw format', Buffer.from(bytes).toString('hex')],
    ['base64', Buffer.from(one.publicKey).toString('base64').replace(/\//g, '_').replace(/\+/g, '-')],
    ['raw bytes', bytes],
    ['PEM as bytes', formatPublicKey(one, 'pem')],
  ])('takes a key as %s', (_, source) => {
    expect(found(source)).toEqual([fingerprint(one)])
  })

  it('takes a key once, by its first name', () => {
    expect(read(['one.pub', text(one), 'folder/a.pem']).keys.map(({ name }) => name)).toEqual(['one.pub'])
  })
})

describe('environment', () => {
  const source = { env: 'TRUSTED_PUBLIC_KEY' }
  const pinned = (key: typeof one) => ({ ...source, fingerprint: fingerprint(key).toUpperCase() })

  it.each([
    ['as it is', text(one)],
    ['on one line with \\n', text(one).replaceAll('\n', '\\n')],
    ['with \\r\\n', text(one).replaceAll('\n', '\\r\\n')],
    ['as base64 of the PEM', Buffer.from(text(one)).toString('base64')],
    ['as hex', Buffer.from(one.publicKey).toString('hex')],
  ])('reads a variable that holds a key %s', (_, value) => {
    expect(found(source, { TRUSTED_PUBLIC_KEY: value })).toEqual([fingerprint(one)])
  })

  it.each([{}, { TRUSTED_PUBLIC_KEY: '' }, { TRUSTED_PUBLIC_KEY: ' \n' }])(
    'takes %j for an error, not for no key',
    (environment) => {
      expect(() => read(source, environment as Record<string, string>)).toThrow('KEY_ENV_UNSET')
    },
  )

  it('takes only the pinned key, when one is pinned', () => {
    const environment = { TRUSTED_PUBLIC_KEY: text(one) }
    expect(read(pinned(one), environment)).toMatchObject({
      keys: [{ fingerprint: fingerprint(one) }],
      trustedVariables: [],
    })
    expect(() => read(pinned(two), environment)).toThrow('KEY_FINGERPRINT')
    expect(() => read(pinned(one), { TRUSTED_PUBLIC_KEY: text(one) + text(two) })).toThrow('KEY_FINGERPRINT')
  })

  it('says whose word is taken, when none is pinned', () => {
    expect(read(source, { TRUSTED_PUBLIC_KEY: text(one) }).trustedVariables).toEqual(['TRUSTED_PUBLIC_KEY'])
  })
})
