/** What holds for every command: usage, exit codes, files that are written whole or not at all. */

import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, symlinkSync, truncateSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { problem } from '../../../src/errors/raise.js'
import { formatSecretKey } from '../../../src/trust/keys/write.js'
import { generateKey } from '../../../src/trust/keys/trusted-key.js'
import { fixture, REPOSITORY } from '../../kit/project.js'
import { openTerminal, type Terminal } from '../../kit/terminal.js'

const HELLO = fixture('hello')
const COMMANDS = [
  'keygen',
  'public-key',
  'sign',
  'verify',
  'inspect',
  'split',
  'detach',
  'attach',
  'matrix',
  'keys',
]
const ALIASES = ['generate-key', 'export-public-key', 'show', 'verify_matrix', 'verify-matrix']
const BIN = path.join(REPOSITORY, 'dist/cli/main.js')

const lastByteChanged = (bytes: Uint8Array) => bytes.with(bytes.length - 1, 0x7a)

async function signedHello(terminal: Terminal = openTerminal()): Promise<Terminal> {
  await terminal.run('keygen', 'release')
  terminal.write('hello.wasm', HELLO)
  await terminal.run('sign', '--write', '-k', 'release.key', 'hello.wasm')
  return terminal
}

describe('usage', () => {
  const terminal = openTerminal()

  it('lists every command when called with none, or for help', async () => {
    for (const args of [[], ['--help'], ['-h'], ['help']]) {
      const { code, out } = await terminal.run(...args)
      expect(code).toBe(0)
      for (const name of COMMANDS) expect(out).toContain(`\n  ${name}`)
    }
  })

  it.each([...COMMANDS, ...ALIASES])('explains %s with an example', async (name) => {
    const { code, out, err } = await terminal.run(name, '--help')
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^ {2}\$ npx unplugin-signed-wasm /m)
    expect(out.split('\n')[0]).toContain(`npx unplugin-signed-wasm ${name} `)
  })

  it('tells its version', async () => {
    expect((await terminal.run('--version')).out).toMatch(/^\d+\.\d+\.\d+/)
  })

  it.each([
    [['verfy'], 'did you mean verify?'],
    [['constructor'], 'unknown command constructor'],
    [['verify', '--kye', 'x', 'y'], 'did you mean --key?'],
    [['verify', '--key'], 'argument missing'],
    [['verify', '--key', 'x'], 'give a file'],
    [['verify', 'x'], 'give a trusted key'],
    [['verify', '--key', 'x', '--mode', 'off', 'y'], '--mode must be'],
    [['verify', '--key', 'x', '--format', 'xml', 'y'], '--format must be one of human'],
    [['sign', 'x', '--write'], 'give the secret key'],
    [['sign', 'x', '-k', 'y'], 'say where to'],
    [['sign', 'x', '-k', 'y', '--write', '-o', 'z'], 'say where to'],
    [['sign', 'x', 'y', '-k', 'k', '-o', 'z'], 'take one file'],
    [['keygen', 'a', 'b'], 'give one name'],
    [['keygen', '--format', 'pgp'], '--format must be one of pem'],
  ])('answers %j with exit code 2 and the way on', async (args, message) => {
    const { code, out, err } = await terminal.run(...args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(message)
    expect(err).toMatch(/\n {2}hint: npx unplugin-signed-wasm .*--help$/)
  })
})

describe('verify', () => {
  it('accepts what a trusted key signed: exit code 0', async () => {
    const terminal = await signedHello()
    const { code, out, err } = await terminal.run('verify', '--key', 'release.pub', 'hello.wasm')
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('ok      hello.wasm  signed by release.pub')
  })

  it.each<[string, (terminal: Terminal) => Promise<unknown>]>([
    ['COMPONENT_UNSIGNED', async (t) => t.write('hello.wasm', HELLO)],
    ['CONTENT_MODIFIED', async (t) => t.write('hello.wasm', lastByteChanged(t.read('hello.wasm')))],
    ['SIGNATURE_INVALID', async (t) => t.write('hello.wasm', t.read('hello.wasm').with(21, 9))],
    ['WASM_MALFORMED', async (t) => t.write('hello.wasm', 'plain text')],
    ['SIGNER_UNTRUSTED', async (t) => t.run('keygen', 'release', '--force')],
  ])('refuses %s with exit code 1, and lenient with 0 unless it is no wasm', async (code, spoil) => {
    const terminal = await signedHello()
    await spoil(terminal)
    const strict = await terminal.run('verify', '--key', 'release.pub', 'hello.wasm')
    expect([strict.code, strict.out]).toEqual([
      1,
      expect.stringContaining(`[signed-wasm] ${code} hello.wasm: `),
    ])
    const lenient = await terminal.run('verify', '--mode', 'lenient', '--key', 'release.pub', 'hello.wasm')
    expect([lenient.code, lenient.out]).toEqual([
      code === 'WASM_MALFORMED' ? 1 : 0,
      expect.stringContaining(code),
    ])
  })

  it('looks at every file, in the order given, whatever became of the first', async () => {
    const terminal = await signedHello()
    terminal.write('bad.wasm', HELLO)
    const { code, out } = await terminal.run(
      'verify',
      '--key',
      'release.pub',
      'bad.wasm',
      'gone.wasm',
      'hello.wasm',
    )
    expect(code).toBe(1)
    expect(
      out
        .split('\n')
        .slice(0, 3)
        .map((line) => line.split(/ +/)[1]),
    ).toEqual(['bad.wasm', 'gone.wasm', 'hello.wasm'])
  })

  it('ends with 3 when all that is wrong is that a file cannot be read', async () => {
    const terminal = await signedHello()
    expect((await terminal.run('verify', '--key', 'release.pub', 'gone.wasm', 'hello.wasm')).code).toBe(3)
    mkdirSync(terminal.at('folder.wasm'))
    expect((await terminal.run('verify', '--key', 'release.pub', 'folder.wasm')).out).toContain(
      'FILE_NOT_REGULAR',
    )
    expect((await terminal.run('verify', '--key', 'release.pub', 'nothing/*.wasm')).code).toBe(3)
  })

  it.runIf(process.platform === 'linux')(
    'waits for no pipe, and takes no file that is too large',
    async () => {
      const terminal = await signedHello()
      execFileSync('mkfifo', [terminal.at('pipe.wasm')])
      terminal.write('large.wasm', HELLO)
      truncateSync(terminal.at('large.wasm'), 2 ** 31) // it takes no room: all of it is a hole
      for (const [file, message] of [
        ['pipe.wasm', 'FILE_NOT_REGULAR pipe.wasm'],
        ['large.wasm', 'FILE_TOO_LARGE large.wasm: is 2147483648 bytes, and at most 67108864 are read'],
        ['gone.wasm', 'FILE_UNREADABLE gone.wasm: cannot be read: there is no such file'],
        ['hello.wasm/x', 'FILE_UNREADABLE hello.wasm/x: cannot be read: there is no such file'],
      ] as const) {
        const verified = await terminal.run('verify', '--key', 'release.pub', file)
        expect([verified.code, verified.out]).toEqual([3, expect.stringContaining(message)])
        const inspected = await terminal.run('inspect', file)
        expect([inspected.code, inspected.err]).toEqual([3, expect.stringContaining(message)])
      }
    },
  )

  it.each([
    ['gone.pub', 'KEY_NOT_FOUND'],
    ['release.key', 'KEY_SECRET'],
    ['hello.wasm', 'KEY_UNREADABLE'],
    ['empty', 'NO_TRUSTED_KEYS'],
  ])('ends with 3 for the key %s: %s', async (key, code) => {
    const terminal = await signedHello()
    mkdirSync(terminal.at('empty'))
    const ended = await terminal.run('verify', '--key', key, 'hello.wasm')
    expect([ended.code, ended.out, ended.err]).toEqual([3, '', expect.stringContaining(code)])
  })

  it('expands globs itself, for shells that do not', async () => {
    const terminal = await signedHello()
    terminal.write('deep/er/hello.wasm', terminal.read('hello.wasm'))
    const { out } = await terminal.run('verify', '--key', 'release.pub', '**/*.wasm')
    expect(out).toContain('2 files: 2 accepted')
    expect(out).toContain('deep/er/hello.wasm')
  })

  it('reports to GitHub when it runs there, and to a file when asked', async () => {
    const terminal = await signedHello()
    terminal.write('bad.wasm', HELLO)
    terminal.env['GITHUB_ACTIONS'] = 'true'
    expect((await terminal.run('verify', '--key', 'release.pub', 'bad.wasm')).out).toMatch(
      /^::error file=bad\.wasm/,
    )
    const { out } = await terminal.run(
      'verify',
      '--key',
      'release.pub',
      '--format',
      'json',
      '--output',
      'r.json',
      'bad.wasm',
    )
    expect(out).toContain('REFUSED bad.wasm')
    expect(JSON.parse(Buffer.from(terminal.read('r.json')).toString())).toMatchObject({
      summary: { refused: 1 },
    })
  })

  it('colours only for a terminal, or when forced, and never against NO_COLOR', async () => {
    const isColored = async (terminal: Terminal) =>
      (await terminal.run('verify', '--key', 'release.pub', 'hello.wasm')).out.includes('\u001b[')
    const [plain, tty] = [await signedHello(), await signedHello(openTerminal({ tty: true }))]
    expect([await isColored(plain), await isColored(tty)]).toEqual([false, true])
    plain.env['FORCE_COLOR'] = '1'
    tty.env['NO_COLOR'] = '1'
    expect([await isColored(plain), await isColored(tty)]).toEqual([true, false])
  })

  it('FORCE_COLOR=0 gives no colour, on a terminal either', async () => {
    const tty = await signedHello(openTerminal({ tty: true }))
    tty.env['FORCE_COLOR'] = '0'
    const { out } = await tty.run('verify', '--key', 'release.pub', 'hello.wasm')
    expect(out).toContain('1 accepted')
    expect(out).not.toContain('\u001b[')
  })
})

describe('progress', () => {
  it('is shown on a terminal from the second second on, and wiped at the end', async () => {
    const terminal = await signedHello(openTerminal({ tty: true }))
    let now = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 600))
    const { err } = await terminal.run(
      'verify',
      '--key',
      'release.pub',
      'hello.wasm',
      'hello.wasm',
      'hello.wasm',
    )
    const plain = await signedHello()
    now = 0
    const silent = await plain.run('verify', '--key', 'release.pub', 'hello.wasm', 'hello.wasm', 'hello.wasm')
    clock.mockRestore()
    expect(err).toContain('\r2 of 3')
    expect(err.endsWith('\r\u001b[K')).toBe(true)
    expect(silent.err).toBe('')
  })
})

describe('files', () => {
  it('never overwrites a key pair, nor half of one, without --force', async () => {
    const terminal = await signedHello()
    const before = terminal.read('release.key')
    expect((await terminal.run('keygen', 'release')).err).toContain('FILE_EXISTS release.key')
    terminal.write('half.pub', 'something')
    expect((await terminal.run('keygen', 'half')).code).toBe(3)
    expect(terminal.has('half.key')).toBe(false)
    expect(terminal.read('release.key')).toEqual(before)
    expect((await terminal.run('keygen', 'release', '--force')).code).toBe(0)
    expect(terminal.read('release.key')).not.toEqual(before)
  })

  it('gives a secret key to its owner alone', async () => {
    const terminal = await signedHello()
    expect(terminal.modeOf('release.key')).toBe(0o600)
    chmodSync(terminal.at('release.key'), 0o644)
    await terminal.run('keygen', 'release', '--force')
    expect(terminal.modeOf('release.key')).toBe(0o600)
  })

  it.skipIf(process.platform === 'win32')('keep their mode when they are replaced', async () => {
    const terminal = await signedHello()
    for (const mode of [0o600, 0o755]) {
      terminal.write('hello.wasm', HELLO, mode)
      expect((await terminal.run('sign', '--write', '-k', 'release.key', 'hello.wasm')).code).toBe(0)
      expect(terminal.modeOf('hello.wasm')).toBe(mode)
    }
  })

  it('signs all files or none', async () => {
    const terminal = await signedHello()
    terminal.write('a.wasm', HELLO)
    terminal.write('b.wasm', 'no wasm')
    const { code, err } = await terminal.run('sign', '--write', '-k', 'release.key', 'a.wasm', 'b.wasm')
    expect([code, err]).toEqual([1, expect.stringContaining('WASM_MALFORMED b.wasm')])
    expect(terminal.read('a.wasm')).toEqual(HELLO)
  })

  it('says so when a key has signed a file already, or is the wrong half', async () => {
    const terminal = await signedHello()
    const again = await terminal.run('sign', '--write', '-k', 'release.key', 'hello.wasm')
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('SIGNATURE_DUPLICATE hello.wasm')])
    const half = await terminal.run('sign', '--write', '-k', 'release.pub', 'hello.wasm')
    expect([half.code, half.err]).toEqual([3, expect.stringContaining('KEY_NOT_SECRET')])
  })

  it('leaves the old file whole and nothing beside it when the disk is full', async () => {
    const write = () => {
      throw problem('FILE_UNWRITABLE', { file: 'hello.wasm', reason: 'ENOSPC' })
    }
    const terminal = await signedHello(openTerminal())
    const before = terminal.read('hello.wasm')
    const full = openTerminal({ disk: { write } })
    full.write('hello.wasm', HELLO)
    full.write('release.key', terminal.read('release.key'), 0o600)
    expect((await full.run('sign', '--write', '-k', 'release.key', 'hello.wasm')).code).toBe(3)
    expect(full.read('hello.wasm')).toEqual(HELLO)
    expect(terminal.read('hello.wasm')).toEqual(before)
  })

  it.runIf(process.platform === 'linux')('survives a real disk that takes no more bytes', async () => {
    const terminal = await signedHello()
    const before = terminal.read('hello.wasm')
    // `ulimit -f` counts 1 kB blocks in bash; SIGXFSZ is ignored so that the write fails instead.
    const script = `trap '' XFSZ; ulimit -f 0; exec ${JSON.stringify(process.execPath)} ${JSON.stringify(BIN)} sign --write --replace -k release.key hello.wasm`
    const { status, stderr } = spawnSync('bash', ['-c', script], { cwd: terminal.folder })
    expect(status).toBe(3)
    expect(stderr.toString()).toContain('FILE_UNWRITABLE')
    expect(terminal.read('hello.wasm')).toEqual(before)
    expect(readdirSync(terminal.folder).filter((name) => name.includes('.tmp'))).toEqual([])
  })

  it('never prints a secret key, whatever goes wrong', async () => {
    const key = generateKey()
    const forms = ['pem', 'raw', 'jwk', 'openssh'] as const
    const secrets = [
      Buffer.from(key.seed).toString('hex'),
      Buffer.from(key.seed).toString('base64').slice(0, 20),
      Buffer.from(key.seed).toString('base64url').slice(0, 20),
    ]
    const terminal = openTerminal()
    terminal.write('hello.wasm', HELLO)
    for (const form of forms) {
      const bytes = formatSecretKey(key, form)
      terminal.write('whole', bytes, 0o600)
      terminal.write('cut', bytes.subarray(0, bytes.length - 5), 0o600)
      for (const name of ['whole', 'cut']) {
        const said = await Promise.all([
          terminal.run('verify', '--key', name, 'hello.wasm'),
          terminal.run('sign', '--detached', '--force', '-k', name, 'hello.wasm'),
          terminal.run('public-key', name),
          terminal.run('public-key', '--show', name),
        ])
        const output = said.map(({ out, err }) => out + err).join('\n')
        for (const secret of secrets) expect(output).not.toContain(secret)
      }
    }
  })
})

describe('the bin', () => {
  const node = (...args: string[]) => spawnSync(process.execPath, args, { encoding: 'utf8' })

  it('runs through a link, as package managers install it', async () => {
    const terminal = openTerminal()
    symlinkSync(BIN, terminal.at('signed-wasm'))
    expect(node(terminal.at('signed-wasm'), '--version').stdout).toMatch(/^\d+\./)
    expect(node(BIN, 'nonsense').status).toBe(2)
  })

  it('verifies without loading jco, a bundler or any other command', async () => {
    const terminal = await signedHello()
    const code = `
      const { registerHooks } = await import('node:module')
      process.argv = [process.execPath, ${JSON.stringify(BIN)}, 'verify', '--key', 'release.pub', 'hello.wasm']
      await import(${JSON.stringify(`file://${BIN}`)})`
    const trace = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: terminal.folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_DEBUG: 'esm' },
    })
    const loaded = [...trace.stderr.matchAll(/file:\/\/\S+/g)].map(([url]) => url)
    expect(trace.stdout).toContain('1 accepted')
    expect(loaded.some((url) => url.includes('dist/cli/commands/verify.js'))).toBe(true)
    expect(loaded.filter((url) => /jco|unplugin\/|magic-string|commands\/(?:sign|keygen)/.test(url))).toEqual(
      [],
    )
  })

  it('is executable and starts with the right line', () => {
    expect(execFileSync('head', ['-1', BIN]).toString()).toBe('#!/usr/bin/env node\n')
  })
})
