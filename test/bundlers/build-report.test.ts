/** The report of a build, and `verify --report`, which compares a finished output with it. */

import { existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { Ajv } from 'ajv'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Options } from '../../src/index.js'
import { build, BUNDLERS, type BundlerName } from '../kit/bundlers.js'
import { makeProject, type Project } from '../kit/project.js'
import { ALICE, MALLORY } from '../kit/sections.js'
import { by, fingerprintOf, HELLO, inTerminal, OTHER, policyText, RELEASE_PUB } from '../kit/teams.js'
import { startServer } from '../kit/vite-server.js'
import { coreModule } from '../kit/wat.js'

const core = await coreModule()

const schema = JSON.parse(
  readFileSync(new URL('../../src/schema/build-report.json', import.meta.url), 'utf8'),
) as object
const validate = new Ajv({ allErrors: false }).compile(schema)

interface Report {
  policies: object[]
  files: { names: string[]; contents: string[]; rules: string[]; signers: object[]; unsigned?: string[] }[]
  outputs: { name: string; wasm: { digest: string; encoding?: string; from: string[] }[] }[]
  unverified: string[]
  warnings: object[]
}

const RULES = [
  { files: 'src/**', signers: ['release'] },
  { files: 'npm:acme', unsigned: 'reviewed' },
]

async function projectWith(others: Record<string, string | Uint8Array> = {}): Promise<Project> {
  const project = makeProject({
    'package.json': JSON.stringify({ name: 'app', type: 'module', dependencies: { acme: '1' } }),
    'release.pub': RELEASE_PUB,
    'src/hello.wasm': by(HELLO, ALICE),
    'node_modules/acme/package.json': JSON.stringify({ name: 'acme', type: 'module', main: 'index.js' }),
    'node_modules/acme/index.js': `export const data = '${Buffer.from(core).toString('base64')}'`,
    'main.js': `import hello from './src/hello.wasm'\nimport { data } from './node_modules/acme/index.js'\nglobalThis.a = [hello, data]`,
    'signed-wasm.json': policyText(RULES),
    ...others,
  })
  await inTerminal(project, 'lock', '--yes')
  return project
}

const REPORT = 'reports/wasm.json'

const built = (project: Project, bundler: BundlerName, options: Options = {}) =>
  build[bundler]({ project, options: { report: REPORT, ...options }, target: 'browser', out: 'dist' })

const textOf = (project: Project) => Buffer.from(project.read(REPORT)).toString()

function reportOf(project: Project): Report {
  const report = JSON.parse(textOf(project)) as Report
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true)
  return report
}

const compared = (project: Project, folder = 'dist') =>
  inTerminal(project, 'verify', '--report', REPORT, `${folder}/**`)

const codesIn = (text: string) =>
  [...text.matchAll(/\[signed-wasm\] (\w+) (\S+):/g)].map(([, code, file]) => `${code} ${file}`)

describe.each(BUNDLERS)('the report of a build, with %s', (bundler) => {
  it('says what was let in by whom, and what the output holds', async () => {
    const project = await projectWith()
    await built(project, bundler)
    const { policies, files, outputs, unverified, warnings } = reportOf(project)
    expect(policies).toEqual([
      { id: expect.stringMatching(/^sha256-/) as string, mode: 'strict', file: 'signed-wasm.json' },
    ])
    const locked = JSON.parse(Buffer.from(project.read('signed-wasm.lock.json')).toString()) as {
      files: Record<string, { content?: string; file?: string }>
    }
    expect(files.find(({ names }) => names[0] === 'src/hello.wasm')).toEqual({
      names: ['src/hello.wasm'],
      contents: [locked.files['src/hello.wasm']!.content],
      signers: [{ name: 'release', id: fingerprintOf(ALICE) }],
      rules: ['src/**'],
      imports: [],
    })
    expect(files.find(({ names }) => names[0] === 'npm:acme/index.js')).toMatchObject({
      signers: [],
      rules: ['npm:acme'],
      unsigned: ['reviewed'],
    })
    expect(files).toHaveLength(2)
    const whole = outputs.flatMap(({ wasm }) => wasm).filter(({ from }) => from.includes('src/hello.wasm'))
    expect(whole.length).toBeGreaterThan(0)
    expect(outputs.flatMap(({ wasm }) => wasm.flatMap(({ from }) => from))).toContain('npm:acme/index.js')
    for (const { name } of outputs) expect(project.files('dist'), name).toContain(name)
    expect([unverified, warnings]).toEqual([[], []])
  })

  it('is the same wherever and whenever it is built, and stands beside what it was built from', async () => {
    const [one, other] = [await projectWith(), await projectWith()]
    await built(one, bundler)
    await built(other, bundler)
    expect(textOf(other)).toBe(textOf(one))
    expect(textOf(one)).not.toContain(one.root)
    await built(one, bundler)
    expect(textOf(one)).toBe(textOf(other))
  })

  it('is gone where something is refused, and there again when all passes', async () => {
    const project = await projectWith()
    await built(project, bundler)
    project.write({ 'src/hello.wasm': by(OTHER, MALLORY) })
    await expect(built(project, bundler)).rejects.toThrow('SIGNER_UNTRUSTED')
    expect(existsSync(project.at(REPORT))).toBe(false)
    project.write({ 'src/hello.wasm': by(HELLO, ALICE) })
    await built(project, bundler)
    expect(reportOf(project).files).toHaveLength(2)
    // What the search of the output finds is refused as well.
    project.write({
      'node_modules/acme/index.js': `export const data = '${Buffer.from(HELLO).toString('base64')}'`,
    })
    await expect(built(project, bundler)).rejects.toThrow('LOCK_DIFFERS')
    expect(existsSync(project.at(REPORT))).toBe(false)
  })

  it('is what a finished output is compared with: what is added, changed or missing is named', async () => {
    const project = await projectWith()
    await built(project, bundler)
    const fine = await compared(project)
    expect([fine.code, fine.out], fine.err).toEqual([0, expect.stringContaining(' 0 refused')])
    // Wherever it lies.
    renameSync(project.at('dist'), project.at('served'))
    expect((await compared(project, 'served')).code).toBe(0)
    const [wasm, script] = [/\.wasm$/, /\.js$/].map((kind) =>
      project
        .files('served')
        .find((file) => kind.test(file) && reportOf(project).outputs.some(({ name }) => name === file)),
    )
    const changed = Buffer.from(project.read(`served/${wasm ?? script}`))
    const place = wasm === undefined ? changed.indexOf('AGFzb') + 40 : changed.length - 1
    changed[place] = changed[place] === 0x41 ? 0x42 : 0x41
    project.write({
      [`served/${wasm ?? script}`]: changed,
      'served/.hidden/x.js': `export default '${Buffer.from(core).toString('base64')}'`,
      'served/node_modules/x.bin': gzipSync(core),
    })
    const other = await compared(project, 'served')
    expect(other.code).toBe(1)
    expect(codesIn(other.out)).toEqual(
      expect.arrayContaining([
        'OUTPUT_ADDED served/.hidden/x.js',
        'OUTPUT_ADDED served/node_modules/x.bin',
        `OUTPUT_CHANGED served/${wasm ?? script}`,
      ]) as unknown,
    )
    expect(codesIn(other.out)).toHaveLength(3)
    rmSync(project.at('served', (wasm ?? script)!))
    expect(codesIn((await compared(project, 'served')).out)).toContain(
      `OUTPUT_MISSING served/${wasm ?? script}`,
    )
  })
})

describe('the report of a build', () => {
  it('is one for all outputs of a process, whose names count from the folder that they are in', async () => {
    const project = await projectWith({
      'server.js': `import hello from './src/hello.wasm'\nglobalThis.b = hello`,
    })
    const options = { report: REPORT }
    await build.vite({ project, options, target: 'browser', out: 'dist/client' })
    await build.vite({ project, options, target: 'node', entry: 'server.js', out: 'dist/server' })
    const { outputs, policies, files } = reportOf(project)
    expect(new Set(outputs.map(({ name }) => name.split('/')[0]))).toEqual(new Set(['client', 'server']))
    expect([policies.length, files.length]).toEqual([1, 2])
    expect((await compared(project)).code).toBe(0)
    expect(codesIn((await compared(project, 'dist/client')).out).join()).toContain('OUTPUT_MISSING')
    // One that is built anew stands beside the other, without what it no longer is.
    await build.vite({ project, options, target: 'browser', entry: 'server.js', out: 'dist/client' })
    expect(reportOf(project).files.map(({ names }) => names[0])).toEqual(['src/hello.wasm'])
    expect((await compared(project)).code).toBe(0)
  })

  it('has both formats of a library that are built at once', async () => {
    const project = await projectWith()
    await build.rollup({
      project,
      options: { report: REPORT },
      target: 'browser',
      out: 'dist/one',
    })
    await build.rollup({ project, options: { report: REPORT }, target: 'browser', out: 'dist/other' })
    expect((await compared(project)).code).toBe(0)
  })

  it('is of what esbuild hands over, where it does not write', async () => {
    const project = await projectWith()
    await build.esbuild({
      project,
      options: { report: REPORT },
      target: 'browser',
      out: 'dist',
      config: { write: false },
    })
    expect(reportOf(project).outputs.length).toBeGreaterThan(0)
    expect(project.files('dist')).toEqual([])
    expect(codesIn((await compared(project)).out)).toContain('OUTPUT_MISSING dist/main.js')
  })

  it('with core modules as files of their own says of which component they are', async () => {
    const project = await projectWith()
    await build.vite({
      project,
      options: { report: REPORT, asset: { modules: 'url' } },
      target: 'browser',
      out: 'dist',
    })
    const cores = reportOf(project).outputs.filter(({ name }) => name.endsWith('.wasm'))
    expect(cores.length).toBeGreaterThan(0)
    for (const { wasm } of cores) expect(wasm.map(({ from }) => from)).toEqual([['src/hello.wasm']])
    expect((await compared(project)).code).toBe(0)
  })

  it('of options alone says what is as trusted as the JavaScript of its package, and what was warned of', async () => {
    const project = await projectWith()
    rmSync(project.at('signed-wasm.json'))
    project.write({ 'src/hello.wasm': by(HELLO, MALLORY) })
    await built(project, 'vite', { keys: 'release.pub', mode: 'lenient' })
    const { policies, files, unverified, warnings } = reportOf(project)
    expect(policies).toEqual([{ id: expect.any(String) as string, mode: 'lenient' }])
    expect(files).toMatchObject([{ names: ['src/hello.wasm'], signers: [], rules: ['every file'] }])
    expect(unverified).toEqual(['npm:acme/index.js'])
    expect(warnings).toContainEqual({ code: 'SIGNER_UNTRUSTED', file: 'src/hello.wasm' })
  })

  it('takes the place of no other file, and of no link', async () => {
    const project = await projectWith({ [REPORT]: '{ "name": "mine" }' })
    await expect(built(project, 'esbuild')).rejects.toThrow(`FILE_EXISTS ${REPORT}`)
    expect(textOf(project)).toBe('{ "name": "mine" }')
    rmSync(project.at(REPORT))
    symlinkSync(project.at('package.json'), project.at(REPORT))
    await expect(built(project, 'esbuild')).rejects.toThrow(`FILE_UNWRITABLE ${REPORT}`)
  })

  it('is not written by a dev server', async () => {
    const project = await projectWith()
    await built(project, 'vite')
    const before = textOf(project)
    const { address } = await startServer(project, { report: REPORT })
    expect((await fetch(`${address}src/hello.wasm`)).status).toBe(200)
    expect(textOf(project)).toBe(before)
  })
})

describe('verify --report', () => {
  const open = async () => {
    const project = await projectWith()
    await built(project, 'esbuild')
    return project
  }

  it.each([
    ['a part of a folder', ['dist/*.js']],
    ['two folders', ['dist/**', 'src/**']],
    ['nothing', []],
    ['keys', ['dist/**', '--key', 'release.pub']],
    ['a policy', ['dist/**', '--policy', 'signed-wasm.json']],
  ])('refuses to be given %s beside it', async (_, args) => {
    const { code, err } = await inTerminal(await open(), 'verify', '--report', REPORT, ...args)
    expect([code, err]).toEqual([2, expect.stringContaining('--report')])
  })

  it('finds nothing in a folder that is not there', async () => {
    const { code, out, err } = await inTerminal(await open(), 'verify', '--report', REPORT, 'gone/**')
    expect([code, `${out}${err}`]).toEqual([1, expect.stringContaining('OUTPUT_MISSING')])
  })

  it.each([
    ['no JSON', '{', 'REPORT_INVALID'],
    ['another file', '{ "name": "mine" }', 'REPORT_INVALID'],
    ['of a later version', (text: string) => text.replace('"version": 1', '"version": 2'), 'REPORT_INVALID'],
    [
      'with an output twice',
      (text: string) => text.replace(/("outputs": \[)([^]*?\n {4}\})(,?)/, '$1$2,$2$3'),
      'REPORT_INVALID',
    ],
  ] as const)('refuses a report that is %s', async (_, change, expected) => {
    const project = await open()
    project.write({ [REPORT]: typeof change === 'string' ? change : change(textOf(project)) })
    const { code, err } = await compared(project)
    expect([code, err]).toEqual([2, expect.stringContaining(`${expected} ${REPORT}: line`)])
  })

  it('writes its findings in every format', async () => {
    const project = await open()
    project.write({ 'dist/more.wasm': core })
    for (const format of ['json', 'sarif', 'junit', 'github']) {
      const { code, out } = await inTerminal(
        project,
        'verify',
        '--report',
        REPORT,
        'dist/**',
        '--format',
        format,
      )
      expect([code, out], format).toEqual([1, expect.stringContaining('OUTPUT_ADDED')])
    }
  })
})
