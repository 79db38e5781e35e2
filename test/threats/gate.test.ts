/** A gate in CI that checks what it was told, and says what it left out. */

import { mkdirSync, symlinkSync, truncateSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { findFiles } from '../../src/disk/find-files.js'
import { failAt } from '../kit/disk.js'
import { fixture, inState, TRUSTED_PEM } from '../kit/project.js'
import { openTerminal, type Terminal } from '../kit/terminal.js'

const SIGNED = inState(fixture('hello'), 'signed')
const UNSIGNED = fixture('hello')

/** A terminal with a key and signed files of these names. */
function open(...names: string[]): Terminal {
  const terminal = openTerminal()
  terminal.write('release.pub', TRUSTED_PEM)
  for (const name of names) terminal.write(name, SIGNED)
  return terminal
}

function link(terminal: Terminal, target: string, name: string): void {
  mkdirSync(path.dirname(terminal.at(name)), { recursive: true })
  symlinkSync(path.isAbsolute(target) ? target : terminal.at(target), terminal.at(name))
}

/** The files that a run has looked at, in order. */
async function looked(terminal: Terminal, ...patterns: string[]) {
  const ended = await terminal.run('verify', '--key', 'release.pub', '--format', 'json', ...patterns)
  const { results } = JSON.parse(ended.out) as { results: { file: string; action: string }[] }
  return { ...ended, files: results.map(({ file }) => file) }
}

describe('THREAT 43: what a pattern of files means', () => {
  it('a linked package of a workspace is looked at', async () => {
    const terminal = open('packages/lib/lib.wasm')
    link(terminal, 'packages/lib', 'node_modules/@acme/lib')
    expect((await looked(terminal, 'node_modules/**/*.wasm')).files).toEqual([
      'node_modules/@acme/lib/lib.wasm',
    ])
    terminal.write('packages/lib/lib.wasm', UNSIGNED)
    expect((await looked(terminal, 'node_modules/**/*.wasm')).code).toBe(1)
    expect((await looked(terminal, 'node_modules/@acme/*/*.wasm')).code).toBe(1)
    expect((await looked(terminal, 'node_modules/*/lib/*.wasm')).code).toBe(1)
  })

  it("pnpm's store is looked at, each folder of it once", async () => {
    const terminal = open('node_modules/.pnpm/a@1.0.0/node_modules/a/dist/a.wasm')
    link(terminal, 'node_modules/.pnpm/a@1.0.0/node_modules/a', 'node_modules/a')
    link(terminal, 'node_modules/.pnpm/a@1.0.0/node_modules/a', 'node_modules/.pnpm/b@1.0.0/node_modules/a')
    const all = await looked(terminal, 'node_modules/**/*.wasm')
    expect(all.files).toEqual(['node_modules/.pnpm/a@1.0.0/node_modules/a/dist/a.wasm'])
    expect(all.err).toBe('node_modules/**/*.wasm matched 1 file')
    // The same folder by another name, where only that name matches.
    for (const pattern of ['node_modules/a/**/*.wasm', 'node_modules/*/dist/*.wasm', 'node_modules/[a]/*/*'])
      expect([pattern, (await looked(terminal, pattern)).files]).toEqual([
        pattern,
        ['node_modules/a/dist/a.wasm'],
      ])
  })

  it.each([
    ['**/*.wasm', ['.output/server/x.wasm', '.x.wasm', 'a/X.WASM', 'a/y.Wasm', 'z.wasm']],
    ['*/**/*.wasm', ['.output/server/x.wasm', 'a/X.WASM', 'a/y.Wasm']],
    ['**/*.WASM', ['.output/server/x.wasm', '.x.wasm', 'a/X.WASM', 'a/y.Wasm', 'z.wasm']],
    ['*.wasm', ['.x.wasm', 'z.wasm']],
    ['{.output/**,a}/*.{wasm,js}', ['.output/server/x.wasm', 'a/X.WASM', 'a/y.Wasm']],
    ['./a/*', ['a/X.WASM', 'a/y.Wasm']],
    ['a/[XY].wasm', ['a/X.WASM']],
    ['**/server/**', ['.output/server/x.wasm']],
  ])('%s means %j', async (pattern, expected) => {
    const terminal = open('.output/server/x.wasm', '.x.wasm', 'a/X.WASM', 'a/y.Wasm', 'z.wasm', '.git/o.wasm')
    expect((await looked(terminal, pattern)).files).toEqual(expected)
  })

  it.each([
    '(app)/x.wasm',
    '[id]/x.wasm',
    '(app)/[id]/x.wasm',
    'a[0].wasm',
    'a{b,c}.wasm',
    '!x.wasm',
    "it's.wasm",
  ])('a file that is there is meant by its own name: %s', async (name) => {
    const terminal = open(name, 'i/x.wasm', 'd/x.wasm', 'ab.wasm')
    expect((await looked(terminal, name)).files).toEqual([name])
  })

  it.each(['(app)/*.wasm', '(app)/**/*.wasm', '[id]/*.wasm', '{a,b}/*.wasm', '**/[id]/*.wasm'])(
    'a folder that is there is meant by its own name as well: %s',
    async (pattern) => {
      const terminal = open('(app)/x.wasm', '[id]/x.wasm', '{a,b}/x.wasm', 'a/x.wasm')
      const { files } = await looked(terminal, pattern)
      expect(files).toContain(
        `${
          pattern
            .replace('/**', '')
            .replace(/^\*\*\//, '')
            .split('/')[0]
        }/x.wasm`,
      )
    },
  )

  it('links in a circle end, and links that lead nowhere are files that cannot be read', async () => {
    const terminal = open('a/x.wasm')
    link(terminal, 'a', 'a/again')
    link(terminal, '.', 'a/up')
    link(terminal, 'gone', 'b/gone.wasm')
    link(terminal, 'b/circle.wasm', 'b/circle.wasm')
    const { files, code } = await looked(terminal, '**/*.wasm')
    expect([code, files]).toEqual([3, ['a/x.wasm', 'b/circle.wasm', 'b/gone.wasm']])
  })

  it('many links to one another cost no more than the folders that there are', () => {
    const terminal = openTerminal()
    for (let level = 0; level < 20; level++) {
      terminal.write(`${level}/x.wasm`, 'x')
      for (const name of ['l', 'r']) link(terminal, String(level + 1), `${level}/${name}`)
    }
    const { files } = findFiles('**/*.wasm', { root: terminal.folder, links: true, dots: true })
    expect(files).toHaveLength(20)
  })
})

describe('THREAT 43: what is outside of the repository', () => {
  it('is counted, shown and an error where a link leads there', async () => {
    const [terminal, other] = [open('in.wasm'), open('lib/out.wasm', 'lib/deep/out.wasm')]
    mkdirSync(terminal.at('.git'))
    link(terminal, other.at('lib'), 'node_modules/lib')
    link(terminal, other.at('lib/out.wasm'), 'one.wasm')
    const folder = await looked(terminal, 'node_modules/**/*.wasm')
    expect(folder.err).toContain('matched 0 files; and 2 outside of the repository')
    expect([folder.code, folder.files]).toEqual([
      1,
      ['node_modules/lib/deep/out.wasm', 'node_modules/lib/out.wasm'],
    ])
    const file = await looked(terminal, '*.wasm')
    expect([file.code, file.files]).toEqual([1, ['in.wasm', 'one.wasm']])
    expect(file.out).toContain('"code": "FILE_OUTSIDE"')
  })

  it('is looked at where it is named', async () => {
    const [terminal, other] = [open(), open('lib/out.wasm')]
    mkdirSync(terminal.at('.git'))
    link(terminal, other.at('lib'), 'linked')
    const outside = path.relative(terminal.folder, other.folder)
    for (const name of [
      'linked/out.wasm',
      'linked/*.wasm',
      `${outside}/lib/*.wasm`,
      `${other.folder}/**/*.wasm`,
    ])
      expect([name, (await looked(terminal, name)).code]).toEqual([name, 0])
  })

  it('begins where git says, or a CI system', async () => {
    const [terminal, other] = [open(), openTerminal()]
    link(terminal, other.folder, 'linked')
    other.write('x.wasm', SIGNED)
    other.write('sub/.git/HEAD', '')
    expect((await looked(terminal, '**/*.wasm')).code).toBe(1)
    terminal.env['GITHUB_WORKSPACE'] = path.dirname(terminal.folder)
    expect((await looked(terminal, '**/*.wasm')).code).toBe(0)
    terminal.env['GITHUB_WORKSPACE'] = other.folder
    expect((await looked(terminal, '**/*.wasm')).code).toBe(1)
  })
})

describe('THREAT 43: what was left out', () => {
  it('is said, and how many files matched', async () => {
    const terminal = open('a.wasm', 'node_modules/x/x.wasm', 'b/node_modules/y.wasm', '.git/z.wasm')
    const { code, err, out } = await terminal.run('verify', '--key', 'release.pub', '**/*.wasm')
    expect([code, err]).toEqual([0, '**/*.wasm matched 1 file; left out: .git (1), node_modules (2)'])
    expect(out).toContain('1 file: 1 accepted')
    const quiet = async (pattern: string) =>
      (await terminal.run('verify', '-q', '--key', 'release.pub', pattern)).err
    expect(await quiet('*.wasm')).toBe('')
    expect(await quiet('**/*.wasm')).toBe(err)
  })

  it.each(['nothing/*.wasm', '**/*.wat', 'src/{a,b}.wasm', '[x].wasm'])(
    'is all there is when nothing matches, which is an error: %s',
    async (pattern) => {
      const terminal = open('a.wasm')
      for (const command of ['verify', 'types', 'matrix', 'inspect']) {
        const keys = command === 'inspect' ? [] : ['--key', 'release.pub']
        const { code, out, err } = await terminal.run(command, ...keys, pattern)
        expect([command, code]).toEqual([command, 3])
        expect(out + err).toContain(`NOTHING_MATCHED: nothing matches ${pattern}`)
      }
      const both = await terminal.run('verify', '--key', 'release.pub', 'a.wasm', pattern)
      expect([both.code, both.out]).toEqual([3, expect.stringContaining('1 file: 1 accepted')])
    },
  )

  it('is a folder that cannot be read, which is an error, and the others are looked at', async () => {
    const terminal = open('a/x.wasm', 'b/y.wasm', 'c/d/z.wasm')
    failAt(terminal.at('b'), 'readdirSync', 'EACCES')
    const { code, files, out } = await looked(terminal, '**/*.wasm')
    expect([code, files]).toEqual([3, ['a/x.wasm', 'c/d/z.wasm', 'b']])
    expect(out).toContain('permission is denied (EACCES)')
    expect((await terminal.run('sign', '--write', '-k', 'k', '**/*.wasm')).err).toContain('FILE_UNREADABLE b')
  })

  it.each([
    ['!a/*.wasm', 'a pattern of what is meant'],
    [`${'a'.repeat(300)}*`, 'globs of at most 256 characters'],
    ['+(a/b)/*.wasm', 'a pattern without / in parentheses'],
    ['{a/,b}{a/,b}{a/,b}{a/,b}{a/,b}{a/,b}{a/,b}{a/,b}{a/,b}*', 'at most 256 others'],
  ])('is nothing that a pattern could mean in another way: %s', async (pattern, message) => {
    const ended = await open('a/x.wasm').run('verify', '--key', 'release.pub', pattern)
    expect([ended.code, ended.err]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('THREAT 44: commands that write', () => {
  it('enter no link to a folder, and nothing hidden, and say so', async () => {
    const terminal = open()
    await terminal.run('keygen', 'k')
    for (const name of ['a/x.wasm', 'other/y.wasm', '.cache/z.wasm', '.hidden.wasm'])
      terminal.write(name, UNSIGNED)
    link(terminal, 'other', 'a/linked')
    const { code, out, err } = await terminal.run(
      'sign',
      '--write',
      '-k',
      'k.key',
      'a/**/*.wasm',
      '*/*.wasm',
      '*.wasm',
    )
    expect([code, out, err]).toEqual([
      3,
      '',
      expect.stringContaining('NOTHING_MATCHED: nothing matches *.wasm'),
    ])
    expect(err).toContain('a/**/*.wasm matched 1 file; left out: links to folders (1)')
    expect(err).toContain('*/*.wasm matched 2 files; left out: names that begin with a dot (1)')
    expect(terminal.read('a/x.wasm')).toEqual(UNSIGNED)
    expect((await terminal.run('sign', '--write', '-k', 'k.key', 'a/**/*.wasm')).out).toBe('signed a/x.wasm')
    expect(terminal.read('other/y.wasm')).toEqual(UNSIGNED)
  })
})

describe('THREAT 16: the size of files', () => {
  it('has the limit of a build, which a flag raises and lowers', async () => {
    const terminal = open('x.wasm')
    const bytes = SIGNED.length
    const run = (...args: string[]) => terminal.run('verify', '--key', 'release.pub', ...args, 'x.wasm')
    expect((await run('--max-bytes', String(bytes))).code).toBe(0)
    const refused = await run('--max-bytes', String(bytes - 1))
    expect([refused.code, refused.out]).toEqual([
      3,
      expect.stringContaining(`FILE_TOO_LARGE x.wasm: is ${bytes} bytes, and at most ${bytes - 1} are read`),
    ])
    for (const text of ['', '-1', '1e3', '1.5', 'x', '0x10', '2147483648'])
      expect([text, (await run(`--max-bytes=${text}`)).code]).toEqual([text, 2])
    for (const command of ['inspect', 'sign', 'split', 'matrix', 'types'])
      expect((await terminal.run(command, '--help')).out).toContain('--max-bytes <number>')
  })

  it.runIf(process.platform === 'linux')(
    'above 2 GiB is told, and the report covers the others',
    async () => {
      const terminal = open('a.wasm', 'z.wasm')
      terminal.write('large.wasm', SIGNED)
      truncateSync(terminal.at('large.wasm'), 3 * 2 ** 30) // it takes no room: all of it is a hole
      const { code, files, out } = await looked(terminal, '--max-bytes', '2147483647', '*.wasm')
      expect([code, files]).toEqual([3, ['a.wasm', 'large.wasm', 'z.wasm']])
      expect(JSON.parse(out)).toMatchObject({
        summary: { accepted: 2, refused: 1 },
        results: [{}, { error: { code: 'FILE_TOO_LARGE' } }, {}],
      })
    },
  )
})
