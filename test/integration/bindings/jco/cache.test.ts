import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type CacheJob, cacheKey } from '../../../../src/bindings/jco/cache-entry.js'
import { createCache, pruneCache } from '../../../../src/bindings/jco/cache.js'
import type { BindgenOptions } from '../../../../src/bindings/jco/job.js'
import type { Output } from '../../../../src/bindings/jco/output.js'
import { jcoVersion } from '../../../../src/bindings/jco/scripts.js'
import { packageVersion } from '../../../../src/disk/versions.js'
import type { Options } from '../../../../src/plugin/options.js'
import { Pipeline } from '../../../../src/plugin/pipeline.js'
import { DIST, observeModule } from '../../../kit/bindings.js'
import { build } from '../../../kit/bundlers.js'
import {
  type Content,
  encodeContent,
  entriesOf,
  NO_JCO,
  readContent,
  recordedJco,
  recordOutput,
  transpileWith,
  writeContent,
} from '../../../kit/cache.js'
import { inState, makeProject, OTHER_PEM, type Project, TRUSTED_PEM } from '../../../kit/project.js'
import { assemble, SHAPES } from '../../../kit/shapes.js'
import { sourceOf } from '../../../kit/sources.js'
import { constantComponent } from '../../../kit/wat.js'

/** Two core modules of its own, and an adapter that jco makes. */
let bytes: Uint8Array<ArrayBuffer>
let job: CacheJob
let output: Output
beforeAll(async () => {
  bytes = new Uint8Array(await assemble(SHAPES['composition']!.wat))
  const recorded = await recordOutput(bytes)
  job = recorded.job
  output = recorded.output
})

/** A project whose cache holds one entry. */
function filled(): { project: Project; folder: string; file: string } {
  const project = makeProject()
  const folder = project.at('cache')
  createCache(() => folder)
    .entry(job)
    .write(output)
  return { project, folder, file: entriesOf(folder)[0]! }
}

const read = (folder: string, of: CacheJob = job) =>
  createCache(() => folder)
    .entry(of)
    .read()

describe('an output of jco', () => {
  test('is made once, and read by later processes', async () => {
    const project = makeProject()
    const folder = project.at('some/where')
    const fresh = await transpileWith(folder, bytes)
    expect(entriesOf(folder)).toHaveLength(1)
    expect(await transpileWith(folder, bytes, { worker: NO_JCO })).toEqual(fresh)
    expect(entriesOf(folder)).toHaveLength(1)
  })

  test('is the same from the disk, in the same order, to the byte', () => {
    const { folder } = filled()
    const stored = read(folder)!
    expect(stored).toEqual(output)
    expect(Object.keys(stored.files)).toEqual(Object.keys(output.files))
    const other = filled()
    expect(readFileSync(other.file)).toEqual(readFileSync(entriesOf(folder)[0]!))
  })

  test('is compiled to see whether it is JavaScript once, before it is stored', async () => {
    const broken = { 'component.js': brokenCode() }
    const { worker } = recordedJco(makeProject(), { ...output, files: { ...output.files, ...broken } })
    const folder = makeProject().at('cache')
    await expect(transpileWith(folder, bytes, { worker })).rejects.toThrow('not valid JavaScript')
    expect(existsSync(folder)).toBe(false)

    const { file, folder: other } = filled()
    writeContent(
      file,
      replace(readContent(file), 'component.js', Buffer.from(brokenCode()).toString('base64')),
    )
    expect((await transpileWith(other, bytes, { worker: NO_JCO })).js).toContain('let let')
  })

  const brokenCode = () => {
    const js = new TextDecoder().decode(output.files['component.js'])
    return new TextEncoder().encode(js.replace('export const _util', 'let let\nexport const _util'))
  }

  test('is stored without the core modules of the component', () => {
    const { file } = filled()
    const stored = readContent(file).files.map(([name, content]) => [name, content !== null])
    expect(Object.fromEntries(stored)).toEqual({
      'component.core.wasm': false,
      'component.core2.wasm': false,
      'component.core3.wasm': true,
      'component.d.ts': true,
      'component.js': true,
    })
  })

  test('is not stored when core modules are numbered in another way', () => {
    const folder = makeProject().at('cache')
    const { 'component.core.wasm': first, 'component.core2.wasm': second } = output.files
    const files = { ...output.files, 'component.core.wasm': second!, 'component.core2.wasm': first! }
    createCache(() => folder)
      .entry(job)
      .write({ ...output, files })
    expect(existsSync(folder)).toBe(false)
  })

  test('is not stored when it fails the checks', async () => {
    const project = makeProject()
    const files = { ...output.files, 'component.js': new TextEncoder().encode('export {}') }
    const { worker } = recordedJco(project, { ...output, files })
    await expect(transpileWith(project.at('cache'), bytes, { worker })).rejects.toThrow('SEAM_CHANGED')
    expect(existsSync(project.at('cache'))).toBe(false)
  })

  test('is not stored when it is out of all proportion', () => {
    const folder = makeProject().at('cache')
    const files = { ...output.files, 'interfaces/a.d.ts': new Uint8Array(64 * 2 ** 20) }
    createCache(() => folder)
      .entry({ ...job, maxOutputBytes: 2 ** 30 })
      .write({ ...output, files })
    expect(existsSync(folder)).toBe(false)
  })

  test('is not read when it is larger than the limit of now', async () => {
    const { folder } = filled()
    const size = Object.values(output.files).reduce((sum, file) => sum + file.length, 0)
    expect(read(folder, { ...job, maxOutputBytes: size })).toEqual(output)
    expect(read(folder, { ...job, maxOutputBytes: size - 1 })).toBeUndefined()
    await expect(transpileWith(folder, bytes, { limits: { maxOutputBytes: size - 1 } })).rejects.toThrow(
      'TRANSPILE_TOO_LARGE',
    )
  })
})

describe('the key', () => {
  const keyWith = (options: object, of: Uint8Array = bytes) =>
    cacheKey({ source: sourceOf(of), options: { ...job.options, ...options } })

  const jspi = (imports: string[], exports: string[]): Partial<BindgenOptions> => ({
    asyncMode: { tag: 'jspi', val: { imports, exports } },
  })

  test('is another for every option of jco, every name and every byte', async () => {
    const changed: Partial<BindgenOptions>[] = [
      {},
      jspi([], []),
      jspi(['a'], []),
      jspi(['b', 'a'], []),
      jspi(['a', 'b'], []),
      jspi([], ['a']),
      { validLiftingOptimization: true },
      { tracing: true },
      { strict: true },
      { flagsAsBigint: true },
      { variantsInlineCases: true },
      { useNamespaceObjects: true },
      { enumValuesScreamingSnakeCase: true },
      { name: 'other' },
      { map: [['a', 'b']] },
    ]
    const keys = [...changed.map((options) => keyWith(options)), keyWith({}, bytes.slice(0, -1))]
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.every((key) => /^[0-9a-f]{64}$/.test(key))).toBe(true)
  })

  test('does not depend on the order in which options are written', () => {
    expect(keyWith({ name: 'a', strict: true })).toBe(keyWith({ strict: true, name: 'a' }))
  })

  describe('is another', () => {
    const MODULES = {
      own: '../../../../src/disk/versions.js',
      jco: '../../../../src/bindings/jco/scripts.js',
    }

    afterEach(() => {
      for (const module of Object.values(MODULES)) vi.doUnmock(module)
      vi.resetModules()
    })

    const keyUnder = async ({ own = packageVersion(), jco = jcoVersion() }) => {
      vi.resetModules()
      vi.doMock(MODULES.own, () => ({ packageVersion: () => own }))
      vi.doMock(MODULES.jco, () => ({ jcoVersion: () => jco }))
      const other = await import('../../../../src/bindings/jco/cache-entry.js')
      return other.cacheKey({ source: sourceOf(bytes), options: job.options })
    }

    test('for another version of this package, or of jco', async () => {
      expect(await keyUnder({})).toBe(keyWith({}))
      expect(await keyUnder({ own: '99.0.0' })).not.toBe(keyWith({}))
      expect(await keyUnder({ jco: jcoVersion().replace('0.15.0', '99.0.0') })).not.toBe(keyWith({}))
    })
  })

  test('of other options does not find the output', async () => {
    const { folder } = filled()
    for (const jco of [{ strict: true }, { tracing: true }]) {
      await expect(transpileWith(folder, bytes, { jco, worker: NO_JCO })).rejects.toThrow('TRANSPILE_FAILED')
    }
    await expect(transpileWith(folder, bytes, { name: 'other', worker: NO_JCO })).rejects.toThrow(
      'TRANSPILE_FAILED',
    )
    await transpileWith(folder, bytes, { worker: NO_JCO })
  })
})

/** Runs jco once more, and leaves the entry as it was at first. */
async function expectReplaced(project: Project, folder: string, file: string, whole: Buffer): Promise<void> {
  const { worker, runs } = recordedJco(project, output)
  const made = await transpileWith(folder, bytes, { worker })
  expect(runs()).toBe(1)
  expect(made.js).toBe(new TextDecoder().decode(output.files['component.js']))
  expect(readFileSync(file)).toEqual(whole)
  expect(await transpileWith(folder, bytes, { worker })).toEqual(made)
  expect(runs()).toBe(1)
}

const replace = (content: Content, name: string, base64: string | null): Content => ({
  ...content,
  files: content.files.map((file) => (file[0] === name ? [name, base64] : file)),
})

const text = (source: string) => Buffer.from(source).toString('base64')

describe('a damaged entry is none, and is replaced', () => {
  test('wherever a character of it is another', () => {
    const { folder, file } = filled()
    const whole = readFileSync(file)
    const step = Math.ceil(whole.length / 400)
    for (let at = 0; at < whole.length; at += at < 300 ? 1 : step) {
      const changed = Buffer.from(whole)
      changed[at]! ^= 1
      writeFileSync(file, changed)
      expect(read(folder), `at ${at}`).toBeUndefined()
    }
    writeFileSync(file, whole)
    expect(read(folder)).toEqual(output)
  })

  test.each(['component.js', 'component.d.ts', 'component.core3.wasm'])(
    'in %s, after its first line was written',
    async (name) => {
      const { project, folder, file } = filled()
      const whole = readFileSync(file)
      const content = encodeContent(replace(readContent(file), name, text('other')))
      writeFileSync(file, Buffer.concat([whole.subarray(0, 65), content]))
      await expectReplaced(project, folder, file, whole)
    },
  )

  test('wherever it ends', () => {
    const { folder, file } = filled()
    const whole = readFileSync(file)
    for (const length of [0, 1, 63, 64, 65, 66, 200, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, length))
      expect(read(folder), `after ${length}`).toBeUndefined()
    }
    writeFileSync(file, Buffer.concat([whole, Buffer.from(' ')]))
    expect(read(folder)).toBeUndefined()
  })

  test.each([
    ['empty', (file: string) => writeFileSync(file, '')],
    ['half', (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2))],
    ['of four gigabytes', (file: string) => truncateSync(file, 4 * 2 ** 30)],
    ['zeros', (file: string) => writeFileSync(file, Buffer.alloc(1000))],
    [
      'of another component',
      (file: string) => writeContent(file, { ...readContent(file), key: '0'.repeat(64) }),
    ],
  ])('when it is %s', async (_, damage) => {
    const { project, folder, file } = filled()
    const whole = readFileSync(file)
    damage(file)
    await expectReplaced(project, folder, file, whole)
  })

  const CORE = 'component.core.wasm'
  test.each<[string, (content: Content) => unknown]>([
    ['with a core module in it', (content) => replace(content, CORE, text('\0asm\x01\0\0\0'))],
    ['with the very core module in it', (content) => replace(content, CORE, base64Of(CORE))],
    [
      'with a core module twice',
      (content) => ({ ...content, files: [...content.files, [CORE, base64Of(CORE)]] }),
    ],
    [
      'with code twice',
      (content) => ({ ...content, files: [...content.files, ['component.js', base64Of('component.js')]] }),
    ],
    [
      'with a core module missing',
      (content) => ({ ...content, files: content.files.filter(([name]) => name !== CORE) }),
    ],
    [
      'with a core module that there is not',
      (content) => ({ ...content, files: [...content.files, ['component.core4.wasm', null]] }),
    ],
    [
      'with an adapter said to be in the component',
      (content) => replace(content, 'component.core3.wasm', null),
    ],
    ['with offsets', (content) => replace(content, CORE, [8, 100] as never)],
    ['with a length below nothing', (content) => replace(content, 'component.js', -1 as never)],
    ['with a length that is no whole number', (content) => replace(content, 'component.js', 0.5 as never)],
    ['with a length beyond its end', (content) => replace(content, 'component.js', (2 ** 40) as never)],
    ['with more behind its files', (content) => Buffer.concat([encodeContent(content), Buffer.from(' ')])],
    [
      'with a file that leads elsewhere',
      (content) => ({ ...content, files: [...content.files, ['../x.d.ts', text('')]] }),
    ],
    ['with code of another shape', (content) => replace(content, 'component.js', text('export {}'))],
    [
      'without code',
      (content) => ({ ...content, files: content.files.filter(([name]) => name !== 'component.js') }),
    ],
    ['with files that are no list', (content) => ({ ...content, files: {} })],
    ['with files without names', (content) => ({ ...content, files: [[1, text('')]] })],
    ['with imports that are no names', (content) => ({ ...content, imports: [1] })],
    ['with an export of no kind', (content) => ({ ...content, exports: [['a', 'class']] })],
    ['with no imports', ({ imports: _, ...content }) => content],
    ['that is null', () => null],
    ['that is a list', () => []],
    ['that is no JSON', () => '{'],
  ])('%s, though it is intact', async (_, change) => {
    const { project, folder, file } = filled()
    const whole = readFileSync(file)
    writeContent(file, change(readContent(file)))
    await expectReplaced(project, folder, file, whole)
  })

  const base64Of = (name: string) => Buffer.from(output.files[name]!).toString('base64')
})

describe('the folder', () => {
  test('is read by itself: no link, pipe or folder in the place of an entry', async () => {
    const { project, folder, file } = filled()
    const whole = readFileSync(file)
    project.write({ elsewhere: whole })
    unlinkSync(file)
    symlinkSync(project.at('elsewhere'), file)
    expect(read(folder)).toBeUndefined()
    const linked = recordedJco(project, output)
    await transpileWith(folder, bytes, { worker: linked.worker })
    expect([linked.runs(), lstatSync(file).isSymbolicLink()]).toEqual([1, true])
    expect(readFileSync(project.at('elsewhere'))).toEqual(whole)

    unlinkSync(file)
    symlinkSync('/dev/zero', file)
    expect(read(folder)).toBeUndefined()
    unlinkSync(file)
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [file])
      expect(read(folder)).toBeUndefined()
      unlinkSync(file)
    }
    mkdirSync(file)
    const { worker } = recordedJco(project, output)
    await transpileWith(folder, bytes, { worker })
    expect(entriesOf(folder)).toEqual([file])
  })

  test('is done without where it cannot be made', async () => {
    const project = makeProject({ cache: 'a file' })
    const { worker, runs } = recordedJco(project, output)
    await transpileWith(project.at('cache'), bytes, { worker })
    await transpileWith(project.at('cache/deeper'), bytes, { worker })
    await transpileWith(project.at('nul\0l'), bytes, { worker })
    expect(runs()).toBe(3)
    expect(project.read('cache')).toEqual(new TextEncoder().encode('a file'))
    pruneCache(project.at('cache'))
  })

  // Nothing is closed to root.
  const canBeClosed = process.platform !== 'win32' && process.getuid?.() !== 0
  if (!canBeClosed)
    console.warn('\n  SKIPPED: a cache that cannot be written to, because root can write everywhere.\n')
  test.runIf(canBeClosed)(
    'is read where it cannot be written to, and done without where it cannot be read',
    async () => {
      const { project, folder, file } = filled()
      const { worker, runs } = recordedJco(project, output)
      chmodSync(folder, 0o500)
      await transpileWith(folder, bytes, { worker: NO_JCO })
      await transpileWith(folder, bytes, { worker, name: 'component', jco: { strict: true } })
      expect(entriesOf(folder)).toEqual([file])
      chmodSync(folder, 0o700)
      chmodSync(file, 0o000)
      await transpileWith(folder, bytes, { worker })
      expect(runs()).toBe(2)
    },
  )

  test('is shared by processes that write and read one entry at the same time', async () => {
    const COUNT = 3
    const project = makeProject({ 'x.wasm': bytes })
    const folder = project.at('cache')
    const script = (own: number) => `
      import { existsSync, readFileSync, writeFileSync } from 'node:fs'
      import { setTimeout } from 'node:timers/promises'
      import { isDeepStrictEqual } from 'node:util'
      import { createCache } from '${DIST}/bindings/jco/cache.js'
      import { createTranspiler } from '${DIST}/bindings/jco/transpiler.js'
      import { coreModuleSlices } from '${DIST}/format/wasm.js'
      const limits = { timeoutMs: 60000, maxOutputBytes: 5e7, maxMemoryBytes: 1e9 }
      const cache = createCache(() => ${JSON.stringify(folder)})
      let entry, output
      const watched = {
        ...cache,
        entry: (job) => {
          entry = cache.entry(job)
          return { read: () => undefined, write: (made) => { output = made; entry.write(made) } }
        },
      }
      const { transpile, close } = createTranspiler({ jco: {}, limits, cache: watched })
      const bytes = new Uint8Array(readFileSync(new URL('../x.wasm', import.meta.url)))
      await transpile({ bytes, contentDigest: '${job.source.contentDigest}', cores: coreModuleSlices(bytes) }, { name: 'component', file: 'x.wasm' })
      await close()
      writeFileSync(new URL('../ready-${own}', import.meta.url), '')
      const isReady = (other) => existsSync(new URL('../ready-' + other, import.meta.url))
      while (![...Array(${COUNT}).keys()].every(isReady)) await setTimeout(5)
      let wrong = 0
      for (let i = 0; i < 200; i++) {
        entry.write(output)
        const stored = entry.read()
        if (stored === undefined || !isDeepStrictEqual(Object.entries(stored.files), Object.entries(output.files))) wrong++
      }
      report(wrong)`
    const observed = await Promise.all(
      Array.from({ length: COUNT }, (_, own) => observeModule(project.at(`process-${own}`), script(own))),
    )
    expect(observed).toEqual(Array.from({ length: COUNT }, () => ({ value: 0, stderr: '' })))
    expect(entriesOf(folder)).toHaveLength(1)
    expect(read(folder)).toEqual(output)
  })
})

describe('pruning', () => {
  const NOW = Date.UTC(2030, 0, 1)
  const DAY = 24 * 60 * 60_000
  const name = (digit: string) => `${digit.repeat(64)}.entry`

  /** Makes files by their age in days; sparse, so that size costs nothing. */
  function aged(files: Record<string, { days: number; bytes?: number }>): Project {
    const project = makeProject()
    for (const [file, { days, bytes: size = 10 }] of Object.entries(files)) {
      project.write({ [`cache/${file}`]: '' })
      truncateSync(project.at('cache', file), size)
      const time = new Date(NOW - days * DAY)
      utimesSync(project.at('cache', file), time, time)
    }
    return project
  }

  test('removes what was not used for 30 days', () => {
    const project = aged({ [name('a')]: { days: 29.9 }, [name('b')]: { days: 30.1 } })
    pruneCache(project.at('cache'), NOW)
    expect(project.files('cache')).toEqual([name('a')])
  })

  test('removes what was used longest ago, until 256 MiB are left', () => {
    const project = aged({
      [name('a')]: { days: 3, bytes: 100 * 2 ** 20 },
      [name('b')]: { days: 1, bytes: 100 * 2 ** 20 },
      [name('c')]: { days: 2, bytes: 100 * 2 ** 20 },
      [name('d')]: { days: 4 },
    })
    pruneCache(project.at('cache'), NOW)
    expect(project.files('cache').toSorted()).toEqual([name('b'), name('c'), name('d')])
  })

  test('removes what a killed writer left behind, but not what is being written', () => {
    const left = `${name('a')}.123.00ff00ff.tmp`
    const busy = `${name('b')}.123.00ff00ff.tmp`
    const project = aged({ [left]: { days: 0.5 }, [busy]: { days: 0.01 } })
    pruneCache(project.at('cache'), NOW)
    expect(project.files('cache')).toEqual([busy])
  })

  test('touches nothing but files of its own, and follows no link', () => {
    const foreign = [
      'notes.txt',
      'a.entry',
      `${name('a')}.bak`,
      `${'A'.repeat(64)}.entry`,
      `sub/${name('b')}`,
    ]
    const project = aged(Object.fromEntries(foreign.map((file) => [file, { days: 100 }])))
    mkdirSync(project.at('cache', name('c')))
    project.write({ 'target/file': 'x', [`target/${name('d')}`]: 'x' })
    for (const file of ['file', name('d')]) utimesSync(project.at('target', file), 0, 0)
    symlinkSync(project.at('target/file'), project.at('cache', name('e')))
    symlinkSync(project.at('target'), project.at('cache', name('f')))
    pruneCache(project.at('cache'), NOW)
    expect(project.files('cache').toSorted()).toEqual(foreign.toSorted())
    expect(project.files('target').toSorted()).toEqual([name('d'), 'file'])
    expect(lstatSync(project.at('cache', name('e'))).isSymbolicLink()).toBe(true)
    expect(existsSync(project.at('cache', name('c')))).toBe(true)
  })

  test('counts from the last use', () => {
    const { folder, file } = filled()
    utimesSync(file, 0, 0)
    expect(read(folder)).toEqual(output)
    pruneCache(folder)
    expect(entriesOf(folder)).toEqual([file])
    utimesSync(file, 0, 0)
    pruneCache(folder)
    expect(entriesOf(folder)).toEqual([])
  })
})

const log = { inform: () => {}, warn: () => {} }
const host = {
  watch: () => {},
  warn: () => {},
  ship: () => ({ kind: 'inline' as const }),
  runtime: '/runtime',
  wantsBytes: false,
  isReference: false,
  wantsCore: undefined,
  identifiersOnly: false,
  lacksAwait: undefined,
  cores: undefined,
}

/** A use of the plugin in a project. */
function open(project: Project, options: Options): Pipeline {
  const pipeline = new Pipeline({ keys: TRUSTED_PEM, cache: 'cache', types: false, ...options })
  pipeline.configure({ root: project.root })
  pipeline.start(log)
  return pipeline
}

describe('with the option `cache`', () => {
  test('entries are where it says, from the root that is known when the build starts', async () => {
    const usual = 'node_modules/.cache/unplugin-signed-wasm'
    const folders = [
      [true, true, usual],
      [true, false, usual],
      ['.jco', false, '.jco'],
      [false, true, undefined],
      [undefined, true, usual],
      [undefined, false, undefined],
    ] as const
    const component = await constantComponent(1)
    for (const [cache, hasPackages, folder] of folders) {
      const project = makeProject({ 'x.wasm': inState(component, 'signed') })
      if (hasPackages) mkdirSync(project.at('node_modules'))
      const before = project.files('.').length
      await open(project, { cache: cache as Options['cache'] & {} }).load(project.at('x.wasm'), host)
      expect(project.files('.').length - before).toBe(folder === undefined ? 0 : 1)
      if (folder !== undefined) expect(project.files(folder)[0]).toMatch(/^[0-9a-f]{64}\.entry$/)
    }
  })

  test('nothing is kept, and nothing is said, where the user has no key', async () => {
    const project = makeProject({ 'x.wasm': inState(await constantComponent(1), 'signed'), state: 'a file' })
    vi.stubEnv('XDG_STATE_HOME', project.at('state'))
    try {
      const before = project.files('.')
      expect(await open(project, {}).load(project.at('x.wasm'), host)).toMatchObject({ kind: 'module' })
      expect(project.files('.')).toEqual(before)
    } finally {
      vi.unstubAllEnvs()
    }
  })

  test('a build with a component prunes once in a process', async () => {
    const project = makeProject({ 'x.wasm': inState(await constantComponent(3), 'signed') })
    const old = (digit: string) => {
      project.write({ [`cache/${digit.repeat(64)}.entry`]: '' })
      utimesSync(project.at(`cache/${digit.repeat(64)}.entry`), 0, 0)
    }
    const isThere = (digit: string) => existsSync(project.at(`cache/${digit.repeat(64)}.entry`))
    old('a')
    const pipeline = open(project, {})
    expect(isThere('a')).toBe(true)
    await pipeline.load(project.at('x.wasm'), host)
    expect(isThere('a')).toBe(false)
    old('b')
    pipeline.start(log)
    await open(project, {}).load(project.at('x.wasm'), host)
    expect(isThere('b')).toBe(true)
  })

  test('a refused file is refused although its output is there', async () => {
    const component = await constantComponent(2)
    const project = makeProject()
    const load = async (options: Options) => open(project, options).load(project.at('x.wasm'), host)

    project.write({ 'x.wasm': inState(component, 'signed') })
    await load({})
    await expect(load({ keys: OTHER_PEM })).rejects.toThrow('SIGNER_UNTRUSTED x.wasm')
    await expect(load({ keys: [] })).rejects.toThrow('NO_TRUSTED_KEYS')
    // An entry is that of a content, whoever signed it.
    for (const [state, code, made] of [
      ['unsigned', 'COMPONENT_UNSIGNED', 0],
      ['tampered', 'CONTENT_MODIFIED', 1],
      ['unknown signer', 'SIGNER_UNTRUSTED', 0],
    ] as const) {
      project.write({ 'x.wasm': inState(component, state) })
      await expect(load({})).rejects.toThrow(`${code} x.wasm`)
      const before = project.files('cache').length
      await load({ mode: 'lenient' })
      expect(project.files('cache')).toHaveLength(before + made)
      await expect(load({})).rejects.toThrow(`${code} x.wasm`)
    }
  })

  test('a build is the same without it, with it empty, and with it full', async () => {
    const project = makeProject({
      'main.js': `import { quadruple } from './x.wasm'\nglobalThis.answers = quadruple(5)`,
      'x.wasm': inState(bytes, 'signed'),
      'tsconfig.json': '{}',
    })
    const buildTo = async (out: string, cache: boolean | string) => {
      const options = { keys: TRUSTED_PEM, cache, types: `${out}-types` }
      await build.rollup({ project, options, target: 'node', out })
      const folders = [out, `${out}-types`]
      return folders.map((folder) =>
        project.files(folder).map((file) => [file, Buffer.from(project.read(`${folder}/${file}`))]),
      )
    }
    const without = await buildTo('a', false)
    expect(without.map((files) => files.length > 1)).toEqual([true, true])
    expect(await buildTo('b', 'cache')).toEqual(without)
    const [file] = entriesOf(project.at('cache'))
    utimesSync(file!, 0, 0)
    const { ino } = statSync(file!)
    expect(await buildTo('c', 'cache')).toEqual(without)
    // Used, and not written again.
    expect(statSync(file!).ino).toBe(ino)
    expect(statSync(file!).mtimeMs).toBeGreaterThan(0)
  })
})
