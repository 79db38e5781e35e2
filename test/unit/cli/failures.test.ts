/** What fails around the command, and ends neither as a stack nor as a word about a file. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatSecretKey } from '../../../src/trust/keys/write.js'
import { generateKey } from '../../../src/trust/keys/trusted-key.js'
import { fixture, inState, REPOSITORY, TRUSTED_PEM } from '../../kit/project.js'
import { openTerminal, type Terminal } from '../../kit/terminal.js'

const BIN = path.join(REPOSITORY, 'dist/cli/main.js')

function open(): Terminal {
  const terminal = openTerminal()
  terminal.write('release.pub', TRUSTED_PEM)
  terminal.write('good.wasm', inState(fixture('hello'), 'signed'))
  terminal.write('bad.wasm', fixture('hello'))
  return terminal
}

/** Runs a script in which `$W` is the real command, and gives what came of it. */
function shell({ folder }: Terminal, script: string) {
  const env = { ...process.env, W: `${process.execPath} ${BIN}`, GITHUB_ACTIONS: '' }
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: folder, env, timeout: 60_000 })
  const said = stdout.toString() + stderr.toString()
  expect(said).not.toMatch(/\n +at |crashed|node:internal/)
  return { status, out: stdout.toString(), err: stderr.toString() }
}

const MANY = Array.from({ length: 2000 }, () => 'bad.wasm').join(' ')

describe.skipIf(process.platform === 'win32')('a reader that leaves', () => {
  it('hides no exit code, and is no crash', () => {
    const terminal = open()
    for (const [files, code] of [
      ['good.wasm', 0],
      [MANY, 1],
      ['gone.wasm', 3],
    ] as const)
      for (const format of ['human', 'json', 'sarif']) {
        const script = `$W verify --key release.pub --format ${format} ${files} | true; exit \${PIPESTATUS[0]}`
        expect([format, code, shell(terminal, script).status]).toEqual([format, code, code])
      }
    expect(shell(terminal, '$W inspect good.wasm 2>&1 | head -c 1; exit ${PIPESTATUS[0]}').status).toBe(0)
    expect(shell(terminal, '$W --help | true; exit ${PIPESTATUS[0]}').status).toBe(0)
    expect(
      shell(terminal, '$W verify --key gone.pub good.wasm 2>&1 >/dev/null | true; exit ${PIPESTATUS[0]}')
        .status,
    ).toBe(3)
  })

  it('of bytes is told', () => {
    const terminal = open()
    terminal.write(
      'large.wasm',
      Buffer.concat([
        fixture('hello').subarray(0, 8),
        Buffer.from([0, 0x81, 0x80, 0x40, 0]),
        Buffer.alloc(2 ** 20),
      ]),
    )
    const { status, err } = shell(terminal, '$W split large.wasm -o - | true; exit ${PIPESTATUS[0]}')
    expect([status, err]).toEqual([
      3,
      expect.stringContaining('FILE_UNWRITABLE -: cannot be written: its reader has left (EPIPE)'),
    ])
  })
})

describe.runIf(process.platform === 'linux')('a full disk', () => {
  it('that loses the report, or the text, is told by the exit code', () => {
    const terminal = open()
    const lost = shell(terminal, '$W verify --key release.pub good.wasm > /dev/full')
    expect([lost.status, lost.err]).toEqual([
      3,
      expect.stringContaining('FILE_UNWRITABLE -: cannot be written: there is no space left (ENOSPC)'),
    ])
    expect(shell(terminal, '$W verify --key release.pub bad.wasm > /dev/full').status).toBe(1)
    expect(shell(terminal, '$W verify --key release.pub -o /dev/full good.wasm').status).toBe(3)
    expect(shell(terminal, '$W --version > /dev/full').status).toBe(3)
    expect(shell(terminal, '$W verify --key gone.pub good.wasm 2> /dev/full').status).toBe(3)
    expect(shell(terminal, '$W verify --key release.pub good.wasm > /dev/full 2>&1').status).toBe(3)
  })
})

describe.skipIf(process.platform === 'win32')('a name', () => {
  const LONG = 'x'.repeat(300)

  it('that is too long is told, for whatever it is', async () => {
    const terminal = open()
    for (const args of [
      ['verify', '--key', 'release.pub', LONG],
      ['verify', '--key', LONG, 'good.wasm'],
      ['verify', '--key', 'release.pub', '-o', LONG, 'good.wasm'],
      ['verify', '--key', 'release.pub', `${'d/'.repeat(3000)}x.wasm`],
      ['inspect', LONG],
      ['keygen', LONG],
      ['split', 'bad.wasm', '-o', LONG],
      ['public-key', LONG],
      ['types', '--key', 'release.pub', '--dir', LONG, 'good.wasm'],
    ]) {
      const { code, err, out } = await terminal.run(...args)
      expect([args, code]).toEqual([args, 3])
      expect(out + err).toMatch(/ENAMETOOLONG|too long/)
    }
  })

  it('may be as long as names can be', async () => {
    const terminal = open()
    const name = `${'x'.repeat(250)}.wasm`
    expect((await terminal.run('split', 'bad.wasm', '-o', name)).code).toBe(0)
    expect((await terminal.run('split', 'bad.wasm', '-o', name, '--force')).code).toBe(0)
  })

  it('may go through what is no folder, or be a folder', async () => {
    const terminal = open()
    mkdirSync(terminal.at('folder'))
    for (const [args, code] of [
      [['split', 'bad.wasm', '-o', 'good.wasm/x'], 3],
      [['split', 'bad.wasm', '-o', 'folder', '--force'], 3],
      [['split', 'bad.wasm', '-o', 'gone/x'], 3],
      [['keygen', 'good.wasm/x'], 3],
      [['verify', '--key', 'release.pub', 'folder'], 3],
      [['verify', '--key', 'folder/x', 'good.wasm'], 3],
      [['verify', '--key', 'release.pub', '-o', 'folder', '--force', 'good.wasm'], 3],
      [['sign', '-k', 'folder', '--write', 'good.wasm'], 3],
    ] as const) {
      const ended = await terminal.run(...args)
      expect([args, ended.code]).toEqual([args, code])
      expect(ended.out + ended.err).toMatch(/(?:FILE|KEY)_[A-Z_]+/)
    }
  })
})

describe.skipIf(process.platform === 'win32')('the current folder', () => {
  it('may be gone', () => {
    const terminal = open()
    const { status, err } = shell(
      terminal,
      `mkdir gone; cd gone; rmdir ../gone; $W verify --key release.pub x.wasm`,
    )
    expect([status, err]).toEqual([
      3,
      expect.stringContaining('FILE_UNREADABLE the current folder: cannot be read'),
    ])
    rmSync(terminal.at('gone'), { recursive: true, force: true })
  })
})

describe('a secret key', () => {
  const key = generateKey()
  const forms = {
    PEM: Buffer.from(formatSecretKey(key, 'pem')).toString(),
    'PEM on one line': Buffer.from(formatSecretKey(key, 'pem')).toString().replaceAll('\n', '\\n'),
    'PEM in base64': Buffer.from(formatSecretKey(key, 'pem')).toString('base64'),
    JWK: Buffer.from(formatSecretKey(key, 'jwk')).toString(),
    'raw in base64': Buffer.from(formatSecretKey(key, 'raw')).toString('base64'),
    'raw in hex': Buffer.from(formatSecretKey(key, 'raw')).toString('hex'),
  }

  it.each(Object.entries(forms))('given in the place of a name is never shown: %s', async (_, text) => {
    const terminal = open()
    const pieces = [
      Buffer.from(key.seed).toString('hex'),
      Buffer.from(key.seed).toString('base64').slice(0, 20),
    ]
    const inner = Buffer.from(Buffer.from(formatSecretKey(key, 'pem')).toString('base64'))
      .toString()
      .slice(60, 90)
    for (const args of [
      ['sign', '-k', text, '--write', 'bad.wasm'],
      ['sign', `--key=${text}`, '--write', 'bad.wasm'],
      ['sign', '--key-env', text, '--write', 'bad.wasm'],
      ['sign', `-k${text}`, '--write', 'bad.wasm'],
      ['sign', '--write', 'bad.wasm', `--${text}`],
      ['sign', '-K', text, '--message-out', 'm', 'bad.wasm'],
      ['verify', `--key=${text}`, 'good.wasm'],
      ['verify', '--key-env', text, 'good.wasm'],
      ['public-key', text],
      ['public-key', '--', text],
      [text],
    ]) {
      const { code, out, err } = await terminal.run(...args)
      expect([2, 3]).toContain(code)
      for (const piece of [...pieces, inner]) expect(out + err).not.toContain(piece)
    }
  })
})
