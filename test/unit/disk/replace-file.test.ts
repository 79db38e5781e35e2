import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { replaceFile } from '../../../src/disk/replace-file.js'
import { failAt } from '../../kit/disk.js'
import { REPOSITORY } from '../../kit/project.js'

const root = mkdtempSync(path.join(tmpdir(), 'signed-wasm replace ö-'))
afterAll(() => rmSync(root, { recursive: true }))

let folder: string
const at = (...names: string[]) => path.join(folder, ...names)
const text = (name: string) => readFileSync(at(name), 'utf8')
const modeOf = (name: string) => statSync(at(name)).mode & 0o7777

beforeEach(() => {
  folder = mkdtempSync(path.join(root, 'x'))
})

describe('a file that is written', () => {
  it('is there whole, alone, with a text or bytes in it', () => {
    replaceFile(at('a'), 'größe')
    replaceFile(at('b'), new Uint8Array(3_000_000).fill(7), { sync: true })
    expect(text('a')).toBe('größe')
    expect(readFileSync(at('b')).equals(Buffer.alloc(3_000_000, 7))).toBe(true)
    expect(readdirSync(folder)).toEqual(['a', 'b'])
  })

  it('takes the place of a file, and never that of a link or of what it leads to', () => {
    writeFileSync(at('old'), 'old')
    symlinkSync(at('old'), at('link'))
    symlinkSync(at('nowhere'), at('dangling'))
    symlinkSync(at('circle'), at('circle'))
    for (const name of ['link', 'dangling', 'circle']) {
      expect(() => replaceFile(at(name), 'new')).toThrow(expect.objectContaining({ code: 'ELOOP' }))
      expect(lstatSync(at(name)).isSymbolicLink()).toBe(true)
    }
    expect([text('old'), readdirSync(folder)]).toEqual(['old', ['circle', 'dangling', 'link', 'old']])
    replaceFile(at('old'), 'new')
    expect(text('old')).toBe('new')
  })

  it('may have a name as long as names can be', () => {
    const name = 'ü'.repeat(127)
    replaceFile(at(name), 'new')
    replaceFile(at(name), 'newer')
    expect(readdirSync(folder)).toEqual([name])
  })

  it('has its folder made when that is asked for', () => {
    expect(() => replaceFile(at('deep/er/a'), 'x')).toThrow('ENOENT')
    replaceFile(at('deep/er/a'), 'x', { makeFolder: true })
    expect(text('deep/er/a')).toBe('x')
  })

  it('never takes the place of another when it must not', () => {
    writeFileSync(at('a'), 'old')
    symlinkSync(at('nowhere'), at('dangling'))
    for (const name of ['a', 'dangling'])
      expect(() => replaceFile(at(name), 'new', { replace: false })).toThrow(
        expect.objectContaining({ code: 'EEXIST' }),
      )
    expect(text('a')).toBe('old')
    replaceFile(at('b'), 'new', { replace: false })
    expect(text('b')).toBe('new')
    expect(readdirSync(folder)).toEqual(['a', 'b', 'dangling'])
  })
})

describe('where the file system has no hard links', () => {
  it.each(['EPERM', 'ENOTSUP', 'ENOSYS', 'EXDEV'])('a new file is made, and none is replaced: %s', (code) => {
    writeFileSync(at('a'), 'old')
    failAt(undefined, 'linkSync', code)
    expect(() => replaceFile(at('a'), 'new', { replace: false })).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    )
    replaceFile(at('b'), 'new', { replace: false, mode: 0o600 })
    expect([text('a'), text('b'), modeOf('b'), readdirSync(folder)]).toEqual([
      'old',
      'new',
      0o600,
      ['a', 'b'],
    ])
  })

  it('a name that was taken for it is given back when the file cannot have it', () => {
    failAt(undefined, 'linkSync', 'EPERM')
    failAt(undefined, 'renameSync', 'EIO')
    expect(() => replaceFile(at('a'), 'new', { replace: false })).toThrow('EIO')
    expect(readdirSync(folder)).toEqual([])
  })

  it.each(['fchmodSync', 'fsyncSync'] as const)('nor what %s is for, it is there all the same', (name) => {
    writeFileSync(at('a'), 'old')
    failAt(undefined, name, 'EINVAL')
    replaceFile(at('a'), 'new', { sync: true })
    expect(text('a')).toBe('new')
    failAt(undefined, name, 'EIO')
    expect(() => replaceFile(at('a'), 'newer', { sync: true })).toThrow('EIO')
    expect(text('a')).toBe('new')
  })
})

describe.skipIf(process.platform === 'win32')('modes', () => {
  it('a replaced file keeps its mode', () => {
    for (const mode of [0o600, 0o640, 0o666, 0o755, 0o444]) {
      writeFileSync(at('a'), 'old')
      chmodSync(at('a'), mode)
      replaceFile(at('a'), 'new')
      expect([text('a'), modeOf('a')]).toEqual(['new', mode])
      rmSync(at('a'))
    }
  })

  it('a replaced file does not keep what it gave to whoever runs it', () => {
    writeFileSync(at('a'), 'old')
    chmodSync(at('a'), 0o6755)
    replaceFile(at('a'), 'new')
    expect(modeOf('a')).toBe(0o755)
  })

  it('a file gets the one that is asked for', () => {
    writeFileSync(at('a'), 'old')
    chmodSync(at('a'), 0o644)
    replaceFile(at('a'), 'new', { mode: 0o600 })
    replaceFile(at('b'), 'new', { mode: 0o600, replace: false })
    expect([modeOf('a'), modeOf('b')]).toEqual([0o600, 0o600])
  })

  it('a new file gets that of any new file else', () => {
    writeFileSync(at('plain'), '')
    replaceFile(at('a'), 'new')
    expect(modeOf('a')).toBe(modeOf('plain'))
  })
})

describe('the temporary file', () => {
  it('goes when the file cannot get its place', () => {
    mkdirSync(at('taken'))
    expect(() => replaceFile(at('taken'), 'x')).toThrow(/EISDIR|EPERM|EEXIST/)
    expect(readdirSync(folder)).toEqual(['taken'])
  })

  it.runIf(process.platform === 'linux')(
    'goes when the disk takes no more bytes, and the old one stays',
    () => {
      writeFileSync(at('a'), 'old')
      const module = JSON.stringify(path.join(REPOSITORY, 'dist/disk/replace-file.js'))
      const code = `import { replaceFile } from ${module}; replaceFile('a', new Uint8Array(1e6))`
      // `ulimit -f` counts 1 kB blocks in bash; SIGXFSZ is ignored so that the write fails instead.
      const script = `trap '' XFSZ; ulimit -f 8; exec "$0" --input-type=module -e "$1"`
      const { status, stderr } = spawnSync('bash', ['-c', script, process.execPath, code], { cwd: folder })
      expect([status, stderr.toString()]).toEqual([1, expect.stringContaining('EFBIG')])
      expect([text('a'), readdirSync(folder)]).toEqual(['old', ['a']])
    },
  )
})
