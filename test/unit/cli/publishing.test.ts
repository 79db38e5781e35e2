/** What a publisher does: keys, signatures, parts, and files that other tools made. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeUtf8, toHex } from '../../../src/format/encoding.js'
import { decodeSignature } from '../../kit/sections.js'
import { formatPublicKey } from '../../../src/trust/keys/write.js'
import { generateKey } from '../../../src/trust/keys/trusted-key.js'
import { parsePublicKeys } from '../../../src/trust/keys/read.js'
import { sign as signBytes } from '../../../src/trust/sign.js'
import { form } from '../../kit/project.js'
import { openTerminal, type Terminal } from '../../kit/terminal.js'

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]
const custom = (name: string, content: string) => [
  0x00,
  1 + name.length + content.length,
  name.length,
  ...encodeUtf8(name + content),
]
const COMPONENT = Uint8Array.from([
  ...PREAMBLE,
  ...custom('a', 'program'),
  ...custom('notes', 'for people'),
  ...custom('.debug_info', 'x'),
])

/** A terminal in which a key pair and an unsigned component are. */
async function prepared(): Promise<Terminal> {
  const terminal = openTerminal()
  await terminal.run('keygen', 'release')
  terminal.write('x.wasm', COMPONENT)
  return terminal
}

describe('keygen and public-key', () => {
  it.each(['pem', 'raw', 'jwk', 'openssh'])(
    'makes pairs in the format %s, of which either half gives the same public key',
    async (format) => {
      const terminal = openTerminal()
      expect((await terminal.run('keygen', 'a', '--format', format)).code).toBe(0)
      expect(terminal.modeOf('a.key')).toBe(0o600)
      const shown = await Promise.all(
        ['a.key', 'a.pub'].map((file) => terminal.run('public-key', '--show', file)),
      )
      expect(shown[0]!.out).toBe(shown[1]!.out)
      expect(shown[0]!.out).toMatch(/^fingerprint [0-9a-f]{64}$/)
    },
  )

  it('turns any format into any other', async () => {
    const terminal = openTerminal()
    await terminal.run('keygen', 'a')
    const formats = ['pem', 'raw', 'jwk', 'openssh']
    for (const format of formats)
      expect((await terminal.run('public-key', 'a.key', '--format', format, '-o', `a.${format}`)).code).toBe(
        0,
      )
    const keys = formats.map(
      (format) => parsePublicKeys(terminal.read(`a.${format}`), format)[0]!.fingerprint,
    )
    expect(new Set(keys).size).toBe(1)
  })

  it('names both files with -k and -K, as wsc and wasmsign2 do', async () => {
    const terminal = openTerminal()
    expect((await terminal.run('keygen', '-k', 'secret', '-K', 'public', '--format', 'raw')).code).toBe(0)
    expect([terminal.read('secret')[0], terminal.read('public')[0]]).toEqual([0x81, 0x01])
  })

  it('knows generate-key and export-public-key, which write raw files', async () => {
    const terminal = openTerminal()
    expect((await terminal.run('generate-key', '-o', 'k')).code).toBe(0)
    expect((await terminal.run('export-public-key', '-k', 'k', '-o', 'exported')).code).toBe(0)
    expect(terminal.read('exported')).toEqual(terminal.read('k.pub'))
    expect((await terminal.run('generate-key')).code).toBe(2)
  })

  it('prints no raw bytes to a terminal, and no unknown format', async () => {
    const terminal = await prepared()
    expect((await terminal.run('public-key', 'release.key', '--format', 'raw')).code).toBe(2)
    expect((await terminal.run('public-key', 'release.key', '--format', 'pgp')).code).toBe(2)
    expect((await terminal.run('public-key')).code).toBe(2)
    expect((await terminal.run('public-key', 'gone.key')).code).toBe(3)
  })
})

describe('sign', () => {
  it('adds to the signatures that are there, or replaces them', async () => {
    const terminal = await prepared()
    await terminal.run('keygen', 'other')
    await terminal.run('sign', '--write', '-k', 'release.key', 'x.wasm')
    await terminal.run('sign', '--write', '-k', 'other.key', 'x.wasm')
    for (const key of ['release.pub', 'other.pub'])
      expect((await terminal.run('verify', '--key', key, 'x.wasm')).code).toBe(0)
    await terminal.run('keygen', 'third')
    await terminal.run('sign', '--write', '--replace', '-k', 'third.key', 'x.wasm')
    expect((await terminal.run('verify', '--key', 'third.pub', 'x.wasm')).code).toBe(0)
    expect((await terminal.run('verify', '--key', 'other.pub', 'x.wasm')).code).toBe(1)
  })

  it('writes to a folder, under the same names', async () => {
    const terminal = await prepared()
    terminal.write('out/keep', '')
    expect((await terminal.run('sign', '-k', 'release.key', '--out-dir', 'out', 'x.wasm')).code).toBe(0)
    expect((await terminal.run('verify', '--key', 'release.pub', 'out/x.wasm')).code).toBe(0)
    expect(terminal.read('x.wasm')).toEqual(COMPONENT)
  })

  it('takes -i, like wsc and wasmsign2', async () => {
    const terminal = await prepared()
    expect((await terminal.run('sign', '-i', 'x.wasm', '-o', 'y.wasm', '-k', 'release.key')).code).toBe(0)
    expect((await terminal.run('verify', '-i', 'y.wasm', '-K', 'release.pub')).code).toBe(0)
  })

  it.each([
    ['none', ''],
    ['00ff', '00ff'],
  ])('writes the key id %s', async (keyId, expected) => {
    const terminal = await prepared()
    await terminal.run('sign', '-k', 'release.key', '--key-id', keyId, '--detached', 'x.wasm')
    expect(toHex(decodeSignature(terminal.read('x.wasm.sig'))[0]!.records[0]!.keyId)).toBe(expected)
    expect((await terminal.run('verify', '--detached', '--key', 'release.pub', 'x.wasm')).code).toBe(0)
  })

  it('refuses a key id that is no hexadecimal', async () => {
    const terminal = await prepared()
    expect(
      (await terminal.run('sign', '--write', '-k', 'release.key', '--key-id', 'xyz', 'x.wasm')).code,
    ).toBe(2)
  })

  it('takes the key from a variable, on one line', async () => {
    const terminal = await prepared()
    terminal.env['SIGNING_KEY'] = Buffer.from(terminal.read('release.key'))
      .toString()
      .trim()
      .replaceAll('\n', '\\n')
    expect((await terminal.run('sign', '--write', '--key-env', 'SIGNING_KEY', 'x.wasm')).code).toBe(0)
    expect((await terminal.run('sign', '--write', '--key-env', 'UNSET', 'x.wasm')).code).toBe(3)
  })

  it('signs apart with -S and --detached, and leaves the file as it is', async () => {
    const terminal = await prepared()
    expect((await terminal.run('sign', '-k', 'release.key', '-S', 's', 'x.wasm')).code).toBe(0)
    expect(terminal.read('x.wasm')).toEqual(COMPONENT)
    expect((await terminal.run('verify', '--key', 'release.pub', '-S', 's', 'x.wasm')).code).toBe(0)
    terminal.write(
      'x.wasm',
      Uint8Array.from(COMPONENT, (byte, index) => (index === 14 ? byte ^ 1 : byte)),
    )
    expect((await terminal.run('verify', '--key', 'release.pub', '-S', 's', 'x.wasm')).code).toBe(1)
  })

  it('adds a second signer to a detached signature, and drops one only with --replace', async () => {
    const terminal = await prepared()
    for (const name of ['second', 'third']) await terminal.run('keygen', name)
    const signApart = (key: string, ...more: string[]) =>
      terminal.run('sign', '--detached', '-k', `${key}.key`, ...more, 'x.wasm')
    const holds = async (...keys: string[]) =>
      Promise.all(
        ['release', 'second', 'third'].map(
          async (key) =>
            (await terminal.run('verify', '--detached', '--key', `${key}.pub`, 'x.wasm')).code ===
            (keys.includes(key) ? 0 : 1),
        ),
      )
    const yes = [true, true, true]
    await signApart('release')
    expect(await holds('release')).toEqual(yes)
    expect((await signApart('second')).code).toBe(0)
    expect(await holds('release', 'second')).toEqual(yes)
    expect((await signApart('third', '--force')).code).toBe(0)
    expect(await holds('release', 'second', 'third')).toEqual(yes)
    expect((await signApart('third')).err).toContain('SIGNATURE_DUPLICATE x.wasm')
    expect((await signApart('second', '--replace')).code).toBe(0)
    expect(await holds('second')).toEqual(yes)
    expect(terminal.read('x.wasm')).toEqual(COMPONENT)
    terminal.write('s', terminal.read('x.wasm.sig'))
    expect((await terminal.run('sign', '-k', 'release.key', '-S', 's', 'x.wasm')).code).toBe(0)
    for (const key of ['release.pub', 'second.pub'])
      expect((await terminal.run('verify', '--key', key, '-S', 's', 'x.wasm')).code).toBe(0)
  })

  it('adds nothing to a detached signature of other content, and writes over no other file', async () => {
    const terminal = await prepared()
    await terminal.run('sign', '--detached', '-k', 'release.key', 'x.wasm')
    terminal.write('x.wasm', Uint8Array.from([...COMPONENT, ...custom('more', 'x')]))
    const stale = await terminal.run('sign', '--detached', '--force', '-k', 'release.key', 'x.wasm')
    expect([stale.code, stale.err]).toEqual([1, expect.stringContaining('SIGNATURE_STALE x.wasm')])
    const hint = /npx unplugin-signed-wasm (sign .*)$/.exec(stale.err)![1]!.replace('<name>', 'release')
    expect((await terminal.run(...hint.split(' '))).code).toBe(0)
    expect((await terminal.run('verify', '--detached', '--key', 'release.pub', 'x.wasm')).code).toBe(0)
    terminal.write('notes', 'mine')
    for (const more of [[], ['--force'], ['--replace']]) {
      const { code, err } = await terminal.run('sign', '-k', 'release.key', '-S', 'notes', ...more, 'x.wasm')
      expect([code, err]).toEqual([1, expect.stringContaining('SIGNATURE_INVALID notes')])
    }
    expect(Buffer.from(terminal.read('notes')).toString()).toBe('mine')
  })

  it('signs a padded file apart only together with its canonical form', async () => {
    const terminal = await prepared()
    terminal.write('padded.wasm', Uint8Array.from([...PREAMBLE, 0x00, 0x82, 0x00, 0x01, 0x78]))
    const refused = await terminal.run('sign', '-k', 'release.key', '--detached', 'padded.wasm')
    expect([refused.code, refused.err, terminal.has('padded.wasm.sig')]).toEqual([
      1,
      expect.stringContaining('NOT_CANONICAL'),
      false,
    ])
    expect(
      (await terminal.run('sign', '-k', 'release.key', '--detached', '--write', 'padded.wasm')).code,
    ).toBe(0)
    expect((await terminal.run('verify', '--detached', '--key', 'release.pub', 'padded.wasm')).code).toBe(0)
  })

  it('leaves the key to somebody else: message out, signature in', async () => {
    const terminal = await prepared()
    expect((await terminal.run('sign', '-K', 'release.pub', '--message-out', 'm', 'x.wasm')).code).toBe(0)
    const { privateKey } = await import('node:crypto').then(({ createPrivateKey }) => ({
      privateKey: createPrivateKey(Buffer.from(terminal.read('release.key'))),
    }))
    const { sign: nodeSign } = await import('node:crypto')
    terminal.write('m.sig', nodeSign(null, terminal.read('m'), privateKey))
    expect(
      (await terminal.run('sign', '-K', 'release.pub', '--signature-in', 'm.sig', '--write', 'x.wasm')).code,
    ).toBe(0)
    expect((await terminal.run('verify', '--key', 'release.pub', 'x.wasm')).code).toBe(0)
    const made = terminal.read('m.sig')
    for (const [name, text] of Object.entries({
      hex: toHex(made),
      'upper-case hex': `${toHex(made).toUpperCase()}\n`,
      base64: `${Buffer.from(made).toString('base64')}\n`,
      'wrapped base64': Buffer.from(made).toString('base64').replace(/.{40}/g, '$&\r\n'),
      base64url: Buffer.from(made).toString('base64url'),
    })) {
      terminal.write('text.sig', text)
      const args = [
        'sign',
        '-K',
        'release.pub',
        '--signature-in',
        'text.sig',
        '--detached',
        '--replace',
        'x.wasm',
      ]
      expect([name, (await terminal.run(...args)).err]).toEqual([name, ''])
    }
    terminal.write('bad.sig', new Uint8Array(64))
    const refused = await terminal.run(
      'sign',
      '-K',
      'release.pub',
      '--signature-in',
      'bad.sig',
      '-o',
      'z.wasm',
      'x.wasm',
    )
    expect([refused.code, terminal.has('z.wasm')]).toEqual([1, false])
  })

  it('warns about a secret key that others can read', async () => {
    const terminal = await prepared()
    terminal.write('loose.key', terminal.read('release.key'), 0o644)
    const { err } = await terminal.run('sign', '-k', 'loose.key', '-o', 'y.wasm', 'x.wasm')
    expect(err).toContain('warning: loose.key can be read by other users')
    expect((await terminal.run('sign', '-k', 'release.key', '-o', 'z.wasm', 'x.wasm')).err).toBe('')
  })

  it('warns about no key that is none', async () => {
    const terminal = await prepared()
    const { code, err } = await terminal.run('sign', '-k', 'release.pub', '-o', 'y.wasm', 'x.wasm')
    expect([code, err]).toEqual([3, expect.stringMatching(/^\[signed-wasm\] KEY_NOT_SECRET: release\.pub /)])
  })
})

describe('what other implementations would refuse', () => {
  const long = (bytes: number) => {
    const size = [0, 7, 14, 21].map((shift) => (((bytes + 2) >> shift) & 0x7f) | (shift < 21 ? 0x80 : 0))
    return Buffer.concat([Uint8Array.from([...PREAMBLE, 0, ...size, 1, 0x78]), Buffer.alloc(bytes)])
  }
  const many = (count: number) =>
    Uint8Array.from([...PREAMBLE, ...Array.from({ length: count }, () => [0, 2, 1, 0x78]).flat()])

  it.each([
    ['a section of more than 16 MiB', long(16 * 2 ** 20 - 1), 'a section of 16777217 bytes'],
    ['more than 4096 sections', many(4096), '4097 sections'],
  ])('is signed with a warning: %s', async (_, bytes, words) => {
    const terminal = await prepared()
    terminal.write('x.wasm', bytes)
    const { code, err } = await terminal.run('sign', '--write', '-k', 'release.key', 'x.wasm')
    expect([code, err]).toEqual([0, expect.stringContaining(`warning: x.wasm has ${words}`)])
  })

  it.each([
    ['16 MiB', long(16 * 2 ** 20 - 2)],
    ['4096 sections', many(4095)],
  ])('is not what has %s', async (_, bytes) => {
    const terminal = await prepared()
    terminal.write('x.wasm', bytes)
    expect((await terminal.run('sign', '--write', '-k', 'release.key', 'x.wasm')).err).toBe('')
  })
})

describe('keygen in a git work tree', () => {
  const git = (terminal: Terminal, ...args: string[]) =>
    execFileSync('git', ['-c', 'init.defaultBranch=main', ...args], { cwd: terminal.folder, stdio: 'ignore' })

  it('warns about a secret key that git would take, and about no other', async () => {
    const terminal = openTerminal()
    expect((await terminal.run('keygen', 'before')).err).toBe('')
    git(terminal, 'init')
    const { code, err } = await terminal.run('keygen', 'release')
    expect([code, err]).toEqual([
      0,
      'warning: release.key lies in a git work tree that does not ignore it\n  hint: add release.key to .gitignore',
    ])
    terminal.write('.gitignore', '*.key\n')
    expect((await terminal.run('keygen', 'other')).err).toBe('')
    mkdirSync(terminal.at('keys'))
    expect((await terminal.run('keygen', '-k', 'keys/a b.secret', '-K', 'a.pub')).err).toContain(
      'keys/a b.secret lies in',
    )
    const outside = openTerminal()
    expect((await terminal.run('keygen', outside.at('release'))).err).toBe('')
  })

  it('runs nothing that the repository brings along', async () => {
    const terminal = openTerminal()
    git(terminal, 'init')
    git(terminal, 'config', 'core.fsmonitor', 'touch ran; false')
    await terminal.run('keygen', 'release')
    expect(terminal.has('ran')).toBe(false)
  })
})

describe('what people compare', () => {
  it('is the fingerprint, in one spelling, wherever a key is named', async () => {
    const terminal = await prepared()
    await terminal.run('keygen', 'other')
    const said = [await terminal.run('keygen', 'third')]
    const { out } = await terminal.run('public-key', '--show', 'release.pub')
    const [fingerprint] = /[0-9a-f]{64}/.exec(out)!
    await terminal.run('sign', '--write', '-k', 'release.key', 'x.wasm')
    said.push(
      await terminal.run('verify', '--key', 'release.pub', 'x.wasm'),
      await terminal.run('matrix', '--key', 'release.pub', 'x.wasm'),
      await terminal.run('public-key', '--show', 'release.key'),
    )
    for (const { out: text, err } of said.slice(1)) expect(text + err).toContain(`fingerprint ${fingerprint}`)
    const untrusted = await terminal.run('verify', '--key', 'other.pub', 'x.wasm')
    expect(untrusted.out).toMatch(
      /signed by key id [0-9a-f]{24}; you trust other\.pub \(fingerprint [0-9a-f]{64}\)/,
    )
    for (const { out: text, err } of said) expect(text + err).not.toMatch(/key id/)
  })

  it('is followed by a word on raw keys only for those who ask for the format of other tools', async () => {
    const terminal = openTerminal()
    const said = async (...args: string[]) => (await terminal.run('keygen', '--force', 'a', ...args)).err
    expect([await said(), await said('--format', 'pem'), await said('--format', 'raw')]).toEqual(['', '', ''])
    expect(await said('--format', 'openssh')).toContain('--format raw')
    expect(await said('--format', 'jwk')).toContain('--format raw')
  })
})

describe.skipIf(process.platform === 'win32')('a secret key file', () => {
  it.each([0o640, 0o604, 0o644])(
    'a group-readable key is warned about, or one that all can read: mode %i',
    async (mode) => {
      const terminal = await prepared()
      terminal.write('loose.key', terminal.read('release.key'), mode)
      const { code, err } = await terminal.run('sign', '-k', 'loose.key', '-o', 'y.wasm', 'x.wasm')
      expect([code, err]).toEqual([
        0,
        'warning: loose.key can be read by other users of this machine\n  hint: chmod 600 loose.key',
      ])
    },
  )

  it.each([0o600, 0o400, 0o622])('one that only its owner can read is not: mode %i', async (mode) => {
    const terminal = await prepared()
    terminal.write('own.key', terminal.read('release.key'), mode)
    expect(await terminal.run('sign', '-k', 'own.key', '-o', 'y.wasm', 'x.wasm')).toMatchObject({
      code: 0,
      err: '',
    })
  })

  it('is read whole or not at all, and nothing else in its place', async () => {
    const terminal = await prepared()
    terminal.write('large.key', new Uint8Array(1024 * 1024 + 1), 0o600)
    symlinkSync('circle.key', terminal.at('circle.key'))
    symlinkSync('nowhere.key', terminal.at('dangling.key'))
    mkdirSync(terminal.at('folder.key'))
    execFileSync('mkfifo', ['-m', '600', terminal.at('pipe.key')])
    for (const [file, code] of [
      ['large.key', 'FILE_TOO_LARGE'],
      ['circle.key', 'FILE_UNREADABLE'],
      ['dangling.key', 'FILE_UNREADABLE'],
      ['gone.key', 'FILE_UNREADABLE'],
      ['folder.key', 'FILE_NOT_REGULAR'],
      ['pipe.key', 'FILE_NOT_REGULAR'],
    ] as const) {
      for (const args of [
        ['sign', '--write', '-k', file, 'x.wasm'],
        ['sign', '--message-out', 'm', '-K', file, 'x.wasm'],
        ['public-key', file],
        ['export-public-key', '-k', file, '-o', 'z'],
      ])
        expect(await terminal.run(...args)).toMatchObject({
          code: 3,
          err: expect.stringContaining(`${code} ${file}: `),
        })
    }
  })
})

describe('parts', () => {
  it('verifies the parts that were asked for, and calls that partial', async () => {
    const terminal = await prepared()
    expect((await terminal.run('sign', '--split', 'a', '-k', 'release.key', '--write', 'x.wasm')).code).toBe(
      0,
    )
    expect((await terminal.run('verify', '--key', 'release.pub', 'x.wasm')).code).toBe(0)

    const bytes = terminal.read('x.wasm')
    terminal.write(
      'x.wasm',
      Uint8Array.from(bytes, (byte, index) => (index === bytes.length - 25 ? byte ^ 1 : byte)),
    )
    expect((await terminal.run('verify', '--key', 'release.pub', 'x.wasm')).out).toContain(
      'SIGNATURE_PARTIAL',
    )
    const partial = await terminal.run('verify', '--key', 'release.pub', '--split', 'a', 'x.wasm')
    expect([partial.code, partial.out]).toEqual([
      0,
      expect.stringContaining('the parts asked for are signed by release.pub'),
    ])
    expect((await terminal.run('verify', '--key', 'release.pub', '--split', '.debug*', 'x.wasm')).code).toBe(
      1,
    )
  })

  it('takes patterns for names literally, but for one trailing *', async () => {
    const terminal = await prepared()
    for (const pattern of ['.*', '(a', '^a$', 'a+']) {
      terminal.write('x.wasm', COMPONENT)
      expect((await terminal.run('split', 'x.wasm', '-o', 'y.wasm', '-s', pattern, '--force')).code).toBe(0)
    }
  })

  it('says which keys signed which parts', async () => {
    const terminal = await prepared()
    await terminal.run('keygen', 'other')
    await terminal.run('sign', '--write', '-k', 'release.key', 'x.wasm')
    const { code, out } = await terminal.run('matrix', 'x.wasm', '--key', 'release.pub', '--key', 'other.pub')
    expect(code).toBe(0)
    expect(out).toMatch(/whole file +release\.pub .*\n +nothing +other\.pub/)
    expect((await terminal.run('verify_matrix', 'x.wasm', '--key', 'other.pub')).code).toBe(1)
  })
})

describe('detach and attach', () => {
  it('are inverse', async () => {
    const terminal = await prepared()
    await terminal.run('sign', '--write', '-k', 'release.key', 'x.wasm')
    expect((await terminal.run('detach', 'x.wasm', '-o', 'bare.wasm', '-S', 'x.sig')).code).toBe(0)
    expect(terminal.read('bare.wasm')).toEqual(COMPONENT)
    expect((await terminal.run('attach', 'bare.wasm', '-S', 'x.sig', '-o', 'again.wasm')).code).toBe(0)
    expect(terminal.read('again.wasm')).toEqual(terminal.read('x.wasm'))
  })

  it('refuse what makes no sense, and write nothing then', async () => {
    const terminal = await prepared()
    const bare = await terminal.run('detach', 'x.wasm', '-o', 'y.wasm')
    expect([bare.code, bare.err, terminal.has('y.wasm'), terminal.has('x.wasm.sig')]).toEqual([
      1,
      expect.stringContaining('NOT_SIGNED x.wasm'),
      false,
      false,
    ])
    await terminal.run('sign', '-k', 'release.key', '--detached', 'x.wasm')
    await terminal.run('sign', '-k', 'release.key', '--write', 'x.wasm')
    const twice = await terminal.run('attach', 'x.wasm', '-o', 'y.wasm')
    expect([twice.code, twice.err, terminal.has('y.wasm')]).toEqual([
      1,
      expect.stringContaining('ALREADY_SIGNED x.wasm'),
      false,
    ])
    expect((await terminal.run('split', 'x.wasm', '-o', 'y.wasm')).err).toContain('ALREADY_SIGNED')
    expect((await terminal.run('split', 'x.wasm')).code).toBe(2)
  })
})

describe('inspect', () => {
  it('shows what a file says and never calls it valid', async () => {
    const terminal = await prepared()
    await terminal.run('sign', '--write', '-k', 'release.key', 'x.wasm')
    const { code, out } = await terminal.run('inspect', 'x.wasm')
    expect(code).toBe(0)
    expect(out).toMatch(/x\.wasm: component, \d+ bytes/)
    expect(out).toContain('custom "notes"')
    expect(out).toMatch(/Ed25519, key id [0-9a-f]{24}/)
    expect(out).not.toMatch(/valid/i)
    const json = JSON.parse((await terminal.run('show', '--json', 'x.wasm')).out) as {
      sections: unknown[]
      signatures: unknown[]
    }
    expect([json.sections.length, json.signatures.length]).toEqual([4, 1])
  })

  it('shows what a name implements', async () => {
    const terminal = await prepared()
    terminal.write('x.wasm', form('implements'))
    const { code, out } = await terminal.run('inspect', 'x.wasm')
    expect([code, out]).toEqual([
      0,
      expect.stringContaining('imports\n  a (wasi:random/random@0.2.0)\n\nexports\n  f'),
    ])
    const { out: json } = await terminal.run('inspect', '--json', 'x.wasm')
    expect(JSON.parse(json)).toMatchObject({ imports: ['a (wasi:random/random@0.2.0)'], exports: ['f'] })
  })

  it.each([
    ['external-id', 'exports\n  f'],
    ['versionsuffix', 'imports\n  wasi:random/random@0.2\n'],
    ['compact', 'imports\n  none\n\nexports\n  f'],
    ['compact-hostile', 'imports\n  none\n\nexports\n  f'],
  ])('shows the names of %s.wasm, whatever becomes of it', async (name, text) => {
    const terminal = await prepared()
    terminal.write('x.wasm', form(name))
    const { code, out } = await terminal.run('inspect', 'x.wasm')
    expect([code, out]).toEqual([0, expect.stringContaining(text)])
    expect(out).not.toMatch(/UNSAFE|MALFORMED|UNKNOWN|x'y/)
  })

  it('tells a feature that it does not know from damage', async () => {
    const terminal = await prepared()
    terminal.write('x.wasm', Uint8Array.from([...PREAMBLE, 10, 4, 1, 0x03, 1, 0x61]))
    const { code, out } = await terminal.run('inspect', 'x.wasm')
    expect([code, out]).toEqual([0, expect.stringContaining('FEATURE_UNKNOWN: uses a feature')])
  })

  it('escapes names that would move the cursor', async () => {
    const terminal = await prepared()
    terminal.write('x.wasm', Uint8Array.from([...PREAMBLE, ...custom('\u001b[2J', 'x')]))
    expect((await terminal.run('inspect', 'x.wasm')).out).toContain('"\\u{1b}[2J"')
  })

  it('shows names that may not become code, without judging or obeying them', async () => {
    const terminal = await prepared()
    const name = "it's \u001b[2J"
    const imported = [0x00, Buffer.byteLength(name), ...Buffer.from(name), 0x03, 0x01]
    terminal.write('x.wasm', Uint8Array.from([...PREAMBLE, 10, imported.length + 1, 1, ...imported]))
    const { code, out } = await terminal.run('inspect', 'x.wasm')
    expect([code, out]).toEqual([0, expect.stringContaining("imports\n  it's \\u{1b}[2J\n")])
    const { out: json } = await terminal.run('inspect', '--json', 'x.wasm')
    expect(JSON.parse(json)).toMatchObject({ imports: ["it's \\u{1b}[2J"], problems: [] })
  })

  it('shows the sections of a file whose signature or names are damaged, and says what is', async () => {
    const terminal = await prepared()
    await terminal.run('sign', '--write', '-k', 'release.key', 'x.wasm')
    terminal.write('x.wasm', terminal.read('x.wasm').with(21, 9))
    const { code, out } = await terminal.run('inspect', 'x.wasm')
    expect([code, out]).toEqual([0, expect.stringContaining('SIGNATURE_INVALID')])
    expect(out).toContain('custom "notes"')
  })

  it('refuses what is no wasm', async () => {
    const terminal = await prepared()
    terminal.write('x.wasm', 'text')
    expect((await terminal.run('inspect', 'x.wasm')).code).toBe(1)
  })
})

describe('keys fetch', () => {
  const key = generateKey()
  const server = createServer((request, response) => {
    if (request.url === '/octocat.keys') return response.end(formatPublicKey(key, 'openssh'))
    if (request.url === '/moved.keys') return response.writeHead(302, { location: '/octocat.keys' }).end()
    if (request.url === '/html.keys') return response.end('<html></html>')
    if (request.url === '/large.keys') return response.end('#'.repeat(2 * 1024 * 1024))
    return response.writeHead(404).end()
  })
  let host: string
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  it('writes the keys to a file, to be reviewed, and they work', async () => {
    const terminal = openTerminal()
    const { code, out } = await terminal.run('keys', 'fetch', 'octocat', '--host', host, '-o', 'octocat.keys')
    expect([code, out]).toEqual([0, expect.stringContaining('review it before you commit')])
    terminal.write('x.wasm', signBytes(COMPONENT, key).bytes)
    expect((await terminal.run('verify', '--key', 'octocat.keys', 'x.wasm')).code).toBe(0)
  })

  it.each(['gone', 'moved', 'html', 'large'])('writes nothing when the answer is %s', async (account) => {
    const terminal = openTerminal()
    const { code } = await terminal.run('keys', 'fetch', account, '--host', host)
    expect([code, terminal.has(`${account}.keys`)]).toEqual([3, false])
  })

  it('is off in CI unless somebody says --yes', async () => {
    const terminal = openTerminal()
    terminal.env['CI'] = 'true'
    expect((await terminal.run('keys', 'fetch', 'octocat', '--host', host)).code).toBe(2)
    expect((await terminal.run('keys', 'fetch', 'octocat', '--host', host, '--yes')).code).toBe(0)
  })

  it('takes no path for an account', async () => {
    const terminal = openTerminal()
    expect((await terminal.run('keys', 'fetch', '../x', '--host', host)).code).toBe(2)
    expect((await terminal.run('keys', 'push', 'x')).code).toBe(2)
  })
})
