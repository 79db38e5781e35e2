/** What is written, and what never is: links, devices, pipes, other files, halves of a pair. */

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  truncateSync,
} from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { failAt } from '../kit/disk.js'
import { fixture, inState, REPOSITORY, TRUSTED_PEM } from '../kit/project.js'
import { openTerminal, type Terminal } from '../kit/terminal.js'

const HELLO = fixture('hello')
const SIGNED = inState(HELLO, 'signed')
const BIN = path.join(REPOSITORY, 'dist/cli/main.js')

async function open(...names: string[]): Promise<Terminal> {
  const terminal = openTerminal()
  await terminal.run('keygen', 'release')
  for (const name of names) terminal.write(name, HELLO)
  return terminal
}

/** Runs the real command in a shell, where `$W` is the command. */
function shell(terminal: Terminal, script: string, input?: Uint8Array) {
  const env = { ...process.env, W: `${process.execPath} ${BIN}`, GITHUB_ACTIONS: '' }
  return spawnSync('bash', ['-c', script], { cwd: terminal.folder, env, input, timeout: 60_000 })
}

const left = (terminal: Terminal) => readdirSync(terminal.folder).toSorted()

describe.skipIf(process.platform === 'win32')('THREAT 44: what is no file', () => {
  it('is written to and stays what it is: a pipe', async () => {
    const terminal = await open('x.wasm')
    execFileSync('mkfifo', [terminal.at('pipe')])
    const { status, stdout, stderr } = shell(
      terminal,
      '$W sign -k release.key -o pipe x.wasm >&2 & cat pipe; wait $!',
    )
    expect([status, stderr.toString()]).toEqual([0, 'signed pipe\n'])
    expect(lstatSync(terminal.at('pipe')).isFIFO()).toBe(true)
    terminal.write('y.wasm', new Uint8Array(stdout))
    expect((await terminal.run('verify', '--key', 'release.pub', 'y.wasm')).code).toBe(0)
  })

  it.each(['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1', 'link'])(
    'is written to and stays what it is: standard output as %s, to a pipe or a file',
    async (name) => {
      const terminal = await open('x.wasm')
      symlinkSync('/dev/stdout', terminal.at('link'))
      const command = `$W sign -k release.key -o ${name} x.wasm`
      const piped = shell(terminal, `${command} | cat`)
      expect([piped.status, piped.stderr.toString()]).toEqual([0, `signed ${name}\n`])
      terminal.write('y.wasm', new Uint8Array(piped.stdout))
      expect((await terminal.run('verify', '--key', 'release.pub', 'y.wasm')).code).toBe(0)
      expect(shell(terminal, `${command} > z.wasm`).status).toBe(0)
      expect(terminal.read('z.wasm')).toEqual(terminal.read('y.wasm'))
      expect(lstatSync('/dev/stdout').isSymbolicLink()).toBe(true)
    },
  )

  it('is written to and stays what it is: another descriptor, a null device', async () => {
    const terminal = await open('x.wasm')
    expect(shell(terminal, '$W sign -k release.key -o /dev/fd/3 x.wasm 3> y.wasm').status).toBe(0)
    expect((await terminal.run('verify', '--key', 'release.pub', 'y.wasm')).code).toBe(0)
    expect(shell(terminal, '$W sign -k release.key -o /dev/null x.wasm').status).toBe(0)
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true)
    const closed = shell(terminal, '$W sign -k release.key -o /dev/fd/9 x.wasm')
    expect([closed.status, closed.stderr.toString()]).toEqual([
      3,
      expect.stringContaining('FILE_UNWRITABLE /dev/fd/9'),
    ])
  })

  it('is where any command can write to', async () => {
    const terminal = await open()
    terminal.write('x.wasm', SIGNED)
    terminal.write('trusted.pub', TRUSTED_PEM)
    expect(
      shell(terminal, '$W public-key release.key -o - --format raw | wc -c').stdout.toString().trim(),
    ).toBe('33')
    expect(shell(terminal, '$W detach x.wasm -o /dev/null -S - | wc -c').stdout.toString().trim()).not.toBe(
      '0',
    )
    expect(shell(terminal, '$W split x.wasm -o - --force').status).toBe(1)
    const report = shell(terminal, '$W verify --key trusted.pub --format json -o - x.wasm')
    expect(JSON.parse(report.stdout.toString())).toMatchObject({ summary: { accepted: 1 } })
    expect(report.stderr.toString()).toContain('1 file: 1 accepted')
  })

  it('is read where it is named: standard input and descriptors, once, and within the limit', async () => {
    const terminal = await open('plain.wasm')
    terminal.write('x.wasm', SIGNED)
    terminal.write('trusted.pub', TRUSTED_PEM)
    for (const script of [
      '$W verify --key trusted.pub - < x.wasm',
      'cat x.wasm | $W verify --key trusted.pub -',
      'cat x.wasm | $W verify --key trusted.pub /dev/stdin',
      '$W verify --key <(cat trusted.pub) x.wasm',
      '$W verify --key - x.wasm < trusted.pub',
      '$W inspect - < x.wasm',
      '$W sign -k <(cat release.key) - -o - < x.wasm | $W verify --key release.pub -',
      'cat release.key | $W sign -k - x.wasm -o y.wasm && $W verify --key release.pub y.wasm',
      '$W sign --detached -k release.key - -S x.sig < plain.wasm && $W verify --key release.pub -S - plain.wasm < x.sig',
    ]) {
      const { status, stderr } = shell(terminal, `set -o pipefail; ${script}`)
      expect([script, status, stderr.toString().replace(/^signed.*\n/, '')]).toEqual([script, 0, ''])
    }
    for (const [script, code, message] of [
      ['$W verify --key - - < trusted.pub', 3, 'standard input was read already'],
      ['cat x.wasm | $W verify --key trusted.pub --max-bytes 9 -', 3, 'FILE_TOO_LARGE -: is more bytes'],
      ['$W sign --write -k release.key - < x.wasm', 2, 'has no name'],
      ['$W sign --detached -k release.key - < x.wasm', 2, 'has no name'],
      ['$W detach - -o new.wasm < x.wasm', 2, 'has no name'],
      ['$W verify --key trusted.pub - < /', 3, 'FILE_UNREADABLE -'],
    ] as const) {
      const { status, stdout, stderr } = shell(terminal, script)
      expect([script, status, stdout.toString() + stderr.toString()]).toEqual([
        script,
        code,
        expect.stringContaining(message),
      ])
    }
  })
})

describe.skipIf(process.platform === 'win32')('THREAT 44: links', () => {
  it('in the project lead to the file that is signed, out of it to none', async () => {
    const [terminal, other] = [await open('real/x.wasm'), openTerminal()]
    other.write('x.wasm', HELLO)
    symlinkSync('real/x.wasm', terminal.at('in.wasm'))
    symlinkSync('real', terminal.at('folder'))
    symlinkSync(other.at('x.wasm'), terminal.at('out.wasm'))
    symlinkSync(other.folder, terminal.at('away'))
    symlinkSync('gone.wasm', terminal.at('dangling.wasm'))
    for (const name of ['out.wasm', 'away/x.wasm']) {
      const { code, err } = await terminal.run('sign', '--write', '-k', 'release.key', name)
      expect([code, err]).toEqual([
        3,
        expect.stringContaining(`FILE_UNWRITABLE ${name}: cannot be written: it is a link`),
      ])
    }
    for (const name of ['in.wasm', 'folder/x.wasm']) {
      terminal.write('real/x.wasm', HELLO)
      expect((await terminal.run('sign', '--write', '-k', 'release.key', name)).code).toBe(0)
      expect((await terminal.run('verify', '--key', 'release.pub', 'real/x.wasm')).code).toBe(0)
    }
    for (const name of ['out.wasm', 'away/new.wasm', 'dangling.wasm']) {
      const args = ['sign', '--force', '-k', 'release.key', '-o', name, 'real/x.wasm', '--replace']
      expect([name, (await terminal.run(...args)).code]).toEqual([name, 3])
    }
    expect(lstatSync(terminal.at('in.wasm')).isSymbolicLink()).toBe(true)
    expect([other.read('x.wasm'), left(other)]).toEqual([HELLO, ['x.wasm']])
  })

  it('are refused where keys are written, with --force as well', async () => {
    const [terminal, other] = [await open(), openTerminal()]
    other.write('victim', 'old')
    for (const name of ['a.key', 'b.pub', 'o.pub']) symlinkSync(other.at('victim'), terminal.at(name))
    terminal.write('kept', 'x')
    symlinkSync('kept', terminal.at('inside.pub'))
    for (const args of [
      ['keygen', 'a', '--force'],
      ['keygen', 'b', '--force'],
      ['public-key', 'release.key', '-o', 'o.pub', '--force'],
      ['public-key', 'release.key', '-o', 'inside.pub', '--force'],
      ['export-public-key', '-k', 'release.key', '-o', 'inside.pub', '--force'],
    ])
      expect([args, (await terminal.run(...args)).code]).toEqual([args, 3])
    expect(Buffer.from(other.read('victim')).toString()).toBe('old')
    expect(Buffer.from(terminal.read('kept')).toString()).toBe('x')
    expect((await terminal.run('keygen', 'a')).err).toContain('FILE_EXISTS a.key')
    expect(left(terminal).filter((name) => /^[ab]\./.test(name))).toEqual(['a.key', 'b.pub'])
  })

  it('that are hard do not carry a signature to their other name', async () => {
    const terminal = await open('x.wasm')
    linkSync(terminal.at('x.wasm'), terminal.at('store.wasm'))
    expect((await terminal.run('sign', '--write', '-k', 'release.key', 'x.wasm')).code).toBe(0)
    expect(terminal.read('store.wasm')).toEqual(HELLO)
  })
})

describe('THREAT 44: what is there', () => {
  it('stays, where two inputs would become one file', async () => {
    const terminal = await open('a/x.wasm', 'b/x.wasm', 'c/X.wasm')
    for (const pair of [
      ['a/x.wasm', 'b/x.wasm'],
      ['a/x.wasm', 'c/X.wasm'],
    ]) {
      const { code, err } = await terminal.run(
        'sign',
        '-k',
        'release.key',
        '--out-dir',
        'out',
        '--force',
        ...pair,
      )
      expect([code, err]).toEqual([
        2,
        expect.stringContaining(`OUTPUT_CLASH ${pair[1]}: would be written in the place of ${pair[0]}`),
      ])
    }
    expect(existsSync(terminal.at('out'))).toBe(false)
    expect(
      (await terminal.run('sign', '-k', 'release.key', '--out-dir', 'out', 'a/x.wasm', 'a/x.wasm')).code,
    ).toBe(0)
    expect((await terminal.run('verify', '--key', 'release.pub', 'out/x.wasm')).code).toBe(0)
  })

  it('stays, when one of several outputs is there', async () => {
    const terminal = await open('a.wasm', 'b.wasm')
    terminal.write('out/b.wasm', 'mine')
    const { code, err } = await terminal.run(
      'sign',
      '-k',
      'release.key',
      '--out-dir',
      'out',
      'a.wasm',
      'b.wasm',
    )
    expect([code, err]).toEqual([3, expect.stringContaining('FILE_EXISTS out/b.wasm')])
    expect(readdirSync(terminal.at('out'))).toEqual(['b.wasm'])
  })

  it('stays, where it is read: keys, signatures, the message', async () => {
    const terminal = await open('x.wasm')
    await terminal.run('sign', '--detached', '-k', 'release.key', 'x.wasm')
    const digest = () =>
      left(terminal).map((name) => [name, createHash('sha256').update(terminal.read(name)).digest('hex')])
    const before = digest()
    for (const args of [
      ['sign', '-k', 'release.key', '-o', 'release.key', 'x.wasm'],
      ['sign', '-k', 'release.key', '-o', './release.key', 'x.wasm'],
      ['sign', '-k', 'release.key', '-S', 'release.key', '--replace', 'x.wasm'],
      ['sign', '-k', 'release.key', '-o', 'same', '-S', 'same', 'x.wasm'],
      ['sign', '-K', 'release.pub', '--message-out', 'release.pub', 'x.wasm'],
      ['sign', '-K', 'release.pub', '--message-out', 'x.wasm', 'x.wasm'],
      ['attach', 'x.wasm', '-o', 'x.wasm.sig'],
      ['detach', 'x.wasm', '-o', 'same', '-S', 'same'],
      ['detach', 'x.wasm', '-o', 'y.wasm', '-S', 'x.wasm'],
      ['public-key', 'release.key', '-o', 'release.key'],
    ])
      expect([args, (await terminal.run(...args, '--force')).code]).toEqual([args, 2])
    expect(digest()).toEqual(before)
  })

  it('stays, where a report would be written over what is none of ours', async () => {
    const terminal = await open()
    terminal.write('trusted.pub', TRUSTED_PEM)
    for (const name of ['x.wasm', 'y.wasm']) terminal.write(name, SIGNED)
    terminal.write('notes.json', '{"tool":{"name":"eslint"}}')
    terminal.write('report.xml', '<?xml version="1.0"?><testsuites><testsuite name="jest"/></testsuites>')
    const verify = (...args: string[]) =>
      terminal.run('verify', '--key', 'trusted.pub', 'x.wasm', 'y.wasm', ...args)
    for (const name of ['notes.json', 'report.xml', 'release.key']) {
      const { code, err } = await verify('-o', name)
      expect([name, code, err]).toEqual([name, 3, expect.stringContaining(`FILE_EXISTS ${name}`)])
    }
    for (const name of ['x.wasm', './y.wasm', 'trusted.pub']) {
      const { code, err } = await verify('-o', name, '--force')
      expect([name, code, err]).toEqual([name, 2, expect.stringContaining(`OUTPUT_CLASH ${name}`)])
    }
    expect([terminal.read('x.wasm'), terminal.read('y.wasm')]).toEqual([SIGNED, SIGNED])
    expect((await verify('-o', 'notes.json', '--format', 'json', '--force')).code).toBe(0)
    const formats = ['human', 'json', 'github', 'sarif', 'junit']
    for (const first of formats)
      for (const second of formats) {
        expect([first, (await verify('-o', `r.${first}`, '--format', first)).code]).toEqual([first, 0])
        expect([second, (await verify('-o', `r.${first}`, '--format', second)).code]).toEqual([second, 0])
      }
    expect((await verify('-o', 'r.human', '--format', 'human', '--quiet')).code).toBe(0)
    expect((await verify('-o', 'r.human')).code).toBe(0)
  })

  it('stays, where keygen has one path for both halves, and where the second cannot be written', async () => {
    const terminal = openTerminal()
    terminal.write('folder/x', '')
    symlinkSync('folder', terminal.at('link'))
    for (const [secret, open_] of [
      ['a', 'a'],
      ['a', './a'],
      ['folder/a', 'link/a'],
    ] as const) {
      const { code, err } = await terminal.run('keygen', '-k', secret, '-K', open_, '--force')
      expect([code, err]).toEqual([2, expect.stringContaining('OUTPUT_CLASH')])
    }
    expect((await terminal.run('keygen', '-k', 'gone/a.key', '-K', 'a.pub')).code).toBe(3)
    expect((await terminal.run('keygen', '-k', 'a.key', '-K', 'gone/a.pub')).code).toBe(3)
    expect((await terminal.run('keygen', '-k', 'folder', '-K', 'a.pub', '--force')).code).toBe(3)
    expect(left(terminal)).toEqual(['folder', 'link'])
    await terminal.run('keygen', 'b')
    const before = terminal.read('b.pub')
    expect((await terminal.run('keygen', '-k', 'folder', '-K', 'b.pub', '--force')).code).toBe(3)
    expect(terminal.read('b.pub')).toEqual(before)
  })

  it('stays, where there are no hard links to make new files by', async () => {
    failAt(undefined, 'linkSync', 'EPERM')
    const terminal = await open('x.wasm')
    expect(left(terminal)).toEqual(['release.key', 'release.pub', 'x.wasm'])
    expect((await terminal.run('sign', '-k', 'release.key', '-o', 'y.wasm', 'x.wasm')).code).toBe(0)
    expect((await terminal.run('sign', '-k', 'release.key', '-o', 'y.wasm', 'x.wasm')).err).toContain(
      'FILE_EXISTS y.wasm',
    )
    expect((await terminal.run('keygen', 'release')).err).toContain('FILE_EXISTS')
    expect(terminal.modeOf('release.key')).toBe(0o600)
  })
})

/** A FAT file system, where this machine can have one: mounted from an image. */
function mountFat(terminal: Terminal): string | undefined {
  terminal.write('image', '')
  truncateSync(terminal.at('image'), 8 * 2 ** 20)
  mkdirSync(terminal.at('fat'))
  const script = 'mkfs.vfat image >/dev/null && mount -o loop image fat'
  return spawnSync('bash', ['-c', script], { cwd: terminal.folder }).status === 0
    ? terminal.at('fat')
    : undefined
}

describe.runIf(process.platform === 'linux')('THREAT 44: a FAT file system', () => {
  it('holds what is written, without overwriting', async ({ skip }) => {
    const terminal = await open('x.wasm')
    const fat = mountFat(terminal)
    if (fat === undefined) return skip('SKIPPED: no FAT image can be mounted here')
    try {
      expect((await terminal.run('keygen', 'fat/k')).err).toContain('can be read by other users')
      expect((await terminal.run('keygen', 'fat/k')).err).toContain('FILE_EXISTS')
      expect((await terminal.run('keygen', '-k', 'fat/A', '-K', 'fat/a', '--force')).err).toContain(
        'OUTPUT_CLASH',
      )
      expect((await terminal.run('sign', '-k', 'fat/k.key', '-o', 'fat/x.wasm', 'x.wasm')).code).toBe(0)
      expect((await terminal.run('verify', '--key', 'fat/k.pub', 'fat/x.wasm')).code).toBe(0)
      expect(readdirSync(fat).toSorted()).toEqual(['k.key', 'k.pub', 'x.wasm'])
    } finally {
      spawnSync('umount', [fat])
    }
  })
})

describe.skipIf(process.platform === 'win32')('a signal', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s leaves no temporary file, and is obeyed',
    async (signal) => {
      const terminal = await open()
      // A file of some size, written to and synced: there is time to be cut off in.
      const custom = new Uint8Array(48 * 2 ** 20)
      const size = [0, 1, 2, 3].map((index) => ((custom.length + 2) >> (7 * index)) & 0x7f)
      const header = [
        0,
        0x61,
        0x73,
        0x6d,
        0x0d,
        0,
        1,
        0,
        0,
        ...size.map((byte, index) => (index < 3 ? byte | 0x80 : byte)),
        1,
        0x78,
      ]
      terminal.write('x.wasm', Buffer.concat([Uint8Array.from(header), custom]))
      const child = spawn(process.execPath, [BIN, 'sign', '-k', 'release.key', '-o', 'y.wasm', 'x.wasm'], {
        cwd: terminal.folder,
      })
      const ended = new Promise((resolve) => child.on('exit', (code, by) => resolve(by ?? code)))
      while (!left(terminal).some((name) => name.endsWith('.tmp')) && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 1))
      child.kill(signal)
      expect(await ended).toBe(signal)
      expect(left(terminal).filter((name) => name.endsWith('.tmp'))).toEqual([])
      if (terminal.has('y.wasm'))
        expect((await terminal.run('verify', '--key', 'release.pub', 'y.wasm')).code).toBe(0)
    },
  )
})

/** Whether a process may have mounts of its own here. */
const HAS_MOUNTS = spawnSync('unshare', ['--mount', 'true']).status === 0
if (!HAS_MOUNTS) console.warn('SKIPPED: a file that is a mount, which this machine does not let us make')

describe.runIf(HAS_MOUNTS)('THREAT 44: a file that is a mount of its own', () => {
  it('stays, and is told of', async () => {
    const terminal = await open('x.wasm')
    const script = `mount --bind x.wasm x.wasm && ${process.execPath} ${BIN} sign --write -k release.key x.wasm`
    const { status, stderr } = spawnSync('unshare', ['--mount', 'bash', '-c', script], {
      cwd: terminal.folder,
    })
    expect([status, stderr.toString()]).toEqual([
      3,
      expect.stringContaining(
        'FILE_UNWRITABLE x.wasm: cannot be written: it is in use, or a mount of its own (EBUSY)',
      ),
    ])
    expect([terminal.read('x.wasm'), left(terminal)]).toEqual([
      HELLO,
      ['release.key', 'release.pub', 'x.wasm'],
    ])
  })
})

describe('a new file', () => {
  it.skipIf(process.platform === 'win32')(
    'in a folder that may not be written to is refused with its code',
    async () => {
      const terminal = await open('x.wasm')
      mkdirSync(terminal.at('closed'))
      chmodSync(terminal.at('closed'), 0o500)
      failAt(undefined, 'renameSync', 'EBUSY')
      const busy = await terminal.run('sign', '--write', '-k', 'release.key', 'x.wasm')
      expect([busy.code, busy.err]).toEqual([
        3,
        expect.stringContaining('it is in use, or a mount of its own (EBUSY)'),
      ])
      expect(left(terminal).filter((name) => name.includes('.tmp'))).toEqual([])
    },
  )
})
