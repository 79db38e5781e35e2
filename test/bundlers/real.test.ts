/** Real components through a real bundler: what is shipped is, byte for byte, what was signed. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rollup } from 'rollup'
import { signedWasm } from '../../src/index.js'
import { buildBigComponent } from '../fixtures/components/big.mjs'
import { build, BUNDLERS, entryIn } from '../kit/bundlers.js'
import { fixture, inState, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { HAS_BROWSER, runInBrowser, runInNode } from '../kit/run.js'

describe('a component of more than 10 MB', () => {
  let big: Uint8Array
  beforeAll(async () => {
    big = inState(await buildBigComponent(), 'signed')
    expect(big.length).toBeGreaterThan(10_000_000)
  })

  const MAIN = `import { greet } from './big.wasm'\nglobalThis.answers = greet('Ada')`
  const targets = HAS_BROWSER ? (['node', 'browser'] as const) : (['node'] as const)

  describe.each(BUNDLERS)('%s', (name) => {
    it.each(targets)('is shipped once, as it is, and runs: %s', async (target) => {
      const project = makeProject({ 'big.wasm': big, 'main.js': MAIN })
      await build[name]({ project, options: { keys: TRUSTED_PEM }, target, out: 'dist' })
      const wasm = project.files('dist').filter((file) => file.endsWith('.wasm'))
      expect(wasm.map((file) => Buffer.compare(project.read(`dist/${file}`), big))).toEqual([0])
      const [outcome] =
        target === 'node'
          ? await runInNode([project.at(entryIn('dist', name, target))])
          : await runInBrowser(project.root, [entryIn('dist', name, target)])
      expect(outcome).toEqual({ answers: 'Hello, Ada, from JS!' })
    })
  })
})

const folder = process.env['SIGNED_WASM_COMPONENTS']
if (!folder) console.warn('\n  SIGNED_WASM_COMPONENTS IS NOT SET: real components of others are not built.\n')

describe('every component, built by every bundler', () => {
  const own = ['hello', 'hello2', 'calculator', 'counter', 'composed', 'awkward', 'host', 'wasi']
  const others =
    folder && existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.wasm')) : []
  if (folder)
    it('finds the components that were named', () => expect(others.length).toBeGreaterThanOrEqual(18))

  // `?instantiate`, so that hosts are nobody's business here; their answers are compared with jco's elsewhere.
  it.each(BUNDLERS)('%s ships the signed bytes of each', async (name) => {
    const files = Object.fromEntries([
      ...own.map((component) => [`own-${component}.wasm`, inState(fixture(component), 'signed')]),
      ...others.map((file) => [
        `other-${file}`,
        inState(new Uint8Array(readFileSync(path.join(folder!, file))), 'signed'),
      ]),
    ]) as Record<string, Uint8Array>
    const names = Object.keys(files)
    const main = [
      ...names.map((file, index) => `import i${index} from ${JSON.stringify(`./${file}?instantiate`)}`),
      `globalThis.answers = [${names.map((_, index) => `typeof i${index}`).join(', ')}]`,
    ].join('\n')
    const project = makeProject({ ...files, 'main.js': main })
    await build[name]({ project, options: { keys: TRUSTED_PEM }, target: 'node', out: 'dist' })
    const shipped = project
      .files('dist')
      .filter((file) => file.endsWith('.wasm'))
      .map((file) => Buffer.from(project.read(`dist/${file}`)).toString('base64'))
    const signed = Object.values(files).map((bytes) => Buffer.from(bytes).toString('base64'))
    expect(shipped.toSorted()).toEqual(signed.toSorted())
  })
})

describe('a project in which something is missing', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'signed-wasm no shim-'))
  afterAll(() => rmSync(root, { recursive: true }))

  it('is told which import nobody provides, and in which file', async () => {
    const project = makeProject({
      'host.wasm': inState(fixture('host'), 'signed'),
      'main.js': `import { run } from './host.wasm'\nrun('x')`,
    })
    const building = build.rollup({ project, options: { keys: TRUSTED_PEM }, target: 'node', out: 'dist' })
    await expect(building).rejects.toThrow(/IMPORTS_MISSING host\.wasm: .*acme:app\/directory@1\.0\.0/)
  })

  it('is told which package to install', async () => {
    writeFileSync(path.join(root, 'wasi.wasm'), inState(fixture('wasi'), 'signed'))
    writeFileSync(path.join(root, 'main.js'), `import { run } from './wasi.wasm'\nrun()`)
    const before = process.cwd()
    process.chdir(root)
    try {
      const building = rollup({
        input: path.join(root, 'main.js'),
        plugins: [signedWasm.rollup({ keys: TRUSTED_PEM })],
        logLevel: 'silent',
      })
      await expect(building).rejects.toThrow(
        /SHIM_MISSING wasi\.wasm: .*\n {2}hint: npm install @bytecodealliance\/preview2-shim/,
      )
    } finally {
      process.chdir(before)
    }
  })
})
