import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { userKey } from '../../../src/disk/user-key.js'
import { DIST, observeModule } from '../../kit/bindings.js'
import { makeProject, type Project } from '../../kit/project.js'

const FILE = 'state/unplugin-signed-wasm/cache.key'

let project: Project
beforeEach(() => {
  project = makeProject()
  vi.stubEnv('XDG_STATE_HOME', project.at('state'))
})
afterEach(() => vi.unstubAllEnvs())

const modeOf = (file: string) => lstatSync(file).mode & 0o777
const isWindows = process.platform === 'win32'
const isRoot = process.getuid?.() === 0

describe('the key of the user', () => {
  it('is made once, random, and for nobody else to read', () => {
    const key = userKey()!
    expect([key.length, new Set(key).size > 8]).toEqual([32, true])
    expect(userKey()).toEqual(key)
    expect(new Uint8Array(readFileSync(project.at(FILE)))).toEqual(key)
    expect(project.files('state')).toHaveLength(1)
    if (!isWindows) expect([modeOf(project.at(FILE)), modeOf(project.at(FILE, '..'))]).toEqual([0o600, 0o700])

    vi.stubEnv('XDG_STATE_HOME', project.at('other'))
    expect(userKey()).not.toEqual(key)
  })

  it('is one for all processes that look for it at the same time', async () => {
    const COUNT = 4
    const script = (own: number) => `
      import { existsSync, writeFileSync } from 'node:fs'
      import { userKey } from '${DIST}/disk/user-key.js'
      const file = (name) => new URL('../ready-' + name, import.meta.url)
      writeFileSync(file('${own}'), '')
      while (![...Array(${COUNT}).keys()].every((other) => existsSync(file(other))));
      const keys = []
      for (let round = 0; round < 50; round++) {
        process.env.XDG_STATE_HOME = ${JSON.stringify(project.at('round'))} + round
        keys.push(Buffer.from(userKey() ?? []).toString('hex'))
      }
      report(keys)`
    const observed = await Promise.all(
      Array.from({ length: COUNT }, (_, own) => observeModule(project.at(`process-${own}`), script(own))),
    )
    const [first, ...others] = observed.map(({ value }) => value as string[])
    expect(first!.every((key) => key.length === 64)).toBe(true)
    expect(new Set(first).size).toBe(50)
    for (const other of others) expect(other).toEqual(first)
  })

  it('is in the folder for state of a home, where nothing else is said', async () => {
    const home = { linux: '.local/state', darwin: 'Library/Application Support' } as Record<string, string>
    const script = `
      import { userKey } from '${DIST}/disk/user-key.js'
      for (const name of ['XDG_STATE_HOME', 'LOCALAPPDATA', 'HOME']) delete process.env[name]
      Object.assign(process.env, ${JSON.stringify({ HOME: project.at('home'), LOCALAPPDATA: project.at('home/local') })})
      process.env.XDG_STATE_HOME = 'relative'
      report(userKey()?.length)`
    mkdirSync(project.at('home'))
    expect(await observeModule(project.at('process'), script)).toEqual({ value: 32, stderr: '' })
    const folder = isWindows ? 'local' : (home[process.platform] ?? '.local/state')
    expect(project.files('home')).toEqual([`${folder}/unplugin-signed-wasm/cache.key`])
    expect(existsSync(project.at('process/relative'))).toBe(false)
  })

  it.runIf(!isWindows)('is none without a home, and none is made', () => {
    vi.stubEnv('XDG_STATE_HOME', '')
    for (const home of ['', 'relative', project.at('missing'), project.at('package.json')]) {
      vi.stubEnv('HOME', home)
      expect(userKey(), home).toBeUndefined()
    }
    expect(project.files('.')).toEqual(['package.json'])
  })

  const CHANGES: Record<string, (file: string) => void> = {
    'is too short': (file) => writeFileSync(file, Buffer.alloc(31)),
    'is too long': (file) => writeFileSync(file, Buffer.alloc(33)),
    'is empty': (file) => writeFileSync(file, ''),
    'is a link': (file) => {
      renameSync(file, `${file}.moved`)
      symlinkSync(`${file}.moved`, file)
    },
    'leads nowhere': (file) => {
      renameSync(file, `${file}.moved`)
      symlinkSync(`${file}.gone`, file)
    },
    'is a folder': (file) => {
      renameSync(file, `${file}.moved`)
      mkdirSync(file)
    },
    ...(!isWindows && {
      'can be read by a group': (file) => chmodSync(file, 0o640),
      'can be read by all': (file) => chmodSync(file, 0o604),
      'lies in a folder that all can write to': (file) => chmodSync(path.dirname(file), 0o777),
    }),
    ...(isRoot && {
      'is the file of another user': (file) => chownSync(file, 12_345, 12_345),
      'lies in the folder of another user': (file) => chownSync(path.dirname(file), 12_345, 12_345),
    }),
  }

  it.each(Object.entries(CHANGES))('is none, and stays as it is, when it %s', (_, change) => {
    userKey()
    change(project.at(FILE))
    const before = lstatSync(project.at(FILE))
    expect(userKey()).toBeUndefined()
    const after = lstatSync(project.at(FILE))
    expect([after.ino, after.size, after.mtimeMs]).toEqual([before.ino, before.size, before.mtimeMs])
    expect(existsSync(`${project.at(FILE)}.gone`)).toBe(false)
  })

  it('is none where its folder cannot be made', () => {
    project.write({ state: 'a file' })
    expect(userKey()).toBeUndefined()
    vi.stubEnv('XDG_STATE_HOME', '/proc/no/such')
    expect(userKey()).toBeUndefined()
  })

  it.runIf(isRoot)('is not made in what belongs to another user, as the home that sudo leaves', () => {
    mkdirSync(project.at('state'))
    chownSync(project.at('state'), 12_345, 12_345)
    expect(userKey()).toBeUndefined()
    expect(project.files('state')).toEqual([])
  })
})
