/** Targets on which a URL relative to the code leads nowhere, and what is missing where. */

import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { rolldown } from 'rolldown'
import { rollup } from 'rollup'
import { describe, expect, it } from 'vitest'
import { signedWasm } from '../../src/index.js'
import { build, BUNDLERS } from '../kit/bundlers.js'
import { fixture, inState, linkPackage, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { command, HAS_BROWSER, runInBrowser, runInNode, tool } from '../kit/run.js'
import { constantComponent, wasiComponent } from '../kit/wat.js'

const MAIN = `import { answer } from './x.wasm'\nglobalThis.answers = answer()`
const LAZY_MAIN = `import instantiate from './x.wasm?instantiate'\ninstantiate().then(({ answer }) => (globalThis.answers = answer()))`

const options = { keys: TRUSTED_PEM }
const wasmIn = (files: string[]) => files.filter((file) => file.endsWith('.wasm'))

describe('where a URL cannot work, the component goes into the code', () => {
  it.each(['webpack', 'rspack'] as const)('%s with an absolute public path on Node', async (name) => {
    const project = makeProject({ 'main.js': MAIN, 'x.wasm': inState(await constantComponent(1), 'signed') })
    const output = {
      path: project.at('dist'),
      filename: '[name].js',
      module: true,
      chunkFormat: 'module',
      publicPath: '/static/',
    }
    await build[name]({ project, options, target: 'node', out: 'dist', config: { output } })
    expect(wasmIn(project.files('dist'))).toEqual([])
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 1 }])
  })

  it('esbuild with an absolute public path on Node', async () => {
    const project = makeProject({ 'main.js': MAIN, 'x.wasm': inState(await constantComponent(1), 'signed') })
    await build.esbuild({ project, options, target: 'node', out: 'dist', config: { publicPath: '/static' } })
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 1 }])
  })

  it.each(['cjs', 'iife'])('esbuild with the format %s', async (format) => {
    const project = makeProject({
      'package.json': '{}',
      'main.js': LAZY_MAIN,
      'x.wasm': inState(await constantComponent(1), 'signed'),
    })
    await build.esbuild({ project, options, target: 'node', out: 'dist', config: { format } })
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 1 }])
  })
})

describe('where there is no top-level await', () => {
  const project = async (main: string) =>
    makeProject({
      'package.json': '{}',
      'main.js': main,
      'x.wasm': inState(await constantComponent(1), 'signed'),
    })

  const inRollup = async (name: 'rollup' | 'rolldown', main: string, format: 'cjs' | 'iife' | 'umd') => {
    const { root, at } = await project(main)
    const start = { rollup, rolldown }[name] as typeof rollup
    const bundle = await start({
      input: at('main.js'),
      plugins: [signedWasm[name](options) as never],
      onLog: () => {},
    })
    const output = { file: at('dist/main.cjs'), format, name: 'app' } as const
    return { root, at, write: () => bundle.write(output) }
  }

  const WHERE = (where: string) =>
    new RegExp(
      `TOP_LEVEL_AWAIT [^ ]*x\\.wasm: its exports come out of a top-level await, which ${where} does not have`,
    )

  it.each([
    ['the format cjs', { format: 'cjs' }],
    ['the format iife', { format: 'iife' }],
    ['the target es2020', { target: 'es2020' }],
    ['the target chrome80, firefox78', { target: ['chrome80', 'firefox78'] }],
  ])('esbuild names `?instantiate`, and it works there: %s', async (where, config) => {
    const refused = build.esbuild({
      project: await project(MAIN),
      options,
      target: 'node',
      out: 'dist',
      config,
    })
    await expect(refused).rejects.toThrow(WHERE(where))
    await expect(refused).rejects.toThrow("import instantiate from 'x.wasm?instantiate'")
    const lazy = await project(LAZY_MAIN)
    if ('target' in config) lazy.write({ 'package.json': '{"type":"module"}' })
    await build.esbuild({ project: lazy, options, target: 'node', out: 'dist', config })
    expect(await runInNode([lazy.at('dist/main.js')])).toEqual([{ answers: 1 }])
  })

  it.each(['rollup', 'rolldown'] as const)('%s names it, and it works there', async (name) => {
    for (const format of ['cjs', 'iife', 'umd'] as const) {
      const { write } = await inRollup(name, MAIN, format)
      await expect(write()).rejects.toThrow(WHERE(`the format ${format}`))
    }
    const { at, write } = await inRollup(name, LAZY_MAIN, 'cjs')
    await write()
    expect(await runInNode([at('dist/main.cjs')])).toEqual([{ answers: 1 }])
  })

  it('Vite names it for a library', async () => {
    const lib = (main: string, formats: string[]) => ({
      lib: { entry: main, formats, name: 'app', fileName: 'main' },
    })
    const attempt = async (main: string) => {
      const one = await project(main)
      const config = { build: { ...lib(one.at('main.js'), ['umd']), outDir: 'dist' } }
      return build.vite({ project: one, options, target: 'browser', out: 'dist', config })
    }
    await expect(attempt(MAIN)).rejects.toThrow(WHERE('the format umd'))
    await expect(attempt(LAZY_MAIN)).resolves.toBeDefined()
  })
})

it.each(BUNDLERS)('%s ships files whose names a URL would misread', async (name) => {
  const project = makeProject({
    'main.js': MAIN.replace('./x.wasm', './a b+ü.wasm'),
    'a b+ü.wasm': inState(await constantComponent(1), 'signed'),
  })
  await build[name]({ project, options, target: 'node', out: 'dist' })
  expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 1 }])
})

describe('WASI shims', () => {
  it.each(BUNDLERS)('%s takes them from the project for a component that does not see them', async (name) => {
    // As in the strict node_modules of pnpm: the package is a link to a folder that sees nothing.
    const store = mkdtempSync(path.join(tmpdir(), 'store-'))
    try {
      writeFileSync(path.join(store, 'dep.wasm'), inState(await wasiComponent(), 'signed'))
      const project = makeProject({
        'main.js': `import { run } from './linked/dep.wasm'\nglobalThis.answers = run()`,
      })
      symlinkSync(store, project.at('linked'))
      await build[name]({ project, options, target: 'node', out: 'dist' })
      expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: true }])
      // Rollup by itself leaves every package to the runtime.
      if (name === 'rollup' || !HAS_BROWSER) return
      await build[name]({ project, options, target: 'browser', out: 'web' })
      expect(await runInBrowser(project.root, ['web/main.js'])).toEqual([{ answers: true }])
    } finally {
      rmSync(store, { recursive: true })
    }
  })
})

describe('Farm', () => {
  const config = (
    target: string,
    publicPath: string,
    recheck: string,
  ) => `import signedWasm from 'unplugin-signed-wasm/farm'
    export default {
      compilation: {
        input: { index: '${target === 'node' ? './main.js' : './index.html'}' }, persistentCache: false, progress: false,
        output: { targetEnv: '${target === 'node' ? 'node' : 'browser-esnext'}', format: 'esm', publicPath: '${publicPath}'${target === 'node' ? ", entryFilename: '[entryName].js'" : ''} },
      },
      plugins: [signedWasm({ keys: 'trusted.pub', recheck: '${recheck}' })],
    }`

  const runFarm = async (
    target: 'node' | 'browser',
    status: 'signed' | 'tampered',
    component: Uint8Array,
    main: string,
    { publicPath = target === 'node' ? './' : '/', recheck = 'off' } = {},
  ) => {
    const project = makeProject({
      'index.html': '<!doctype html><script type="module" src="./main.js"></script>',
      'main.js': main,
      'x.wasm': inState(component, status),
      'trusted.pub': TRUSTED_PEM,
      'farm.config.mjs': config(target, publicPath, recheck),
    })
    linkPackage(project)
    return { project, ...(await tool('@farmfe/cli/bin/farm.mjs', ['build'], { cwd: project.root })) }
  }

  it('keeps the WASI shims external on Node', async () => {
    const main = `import { run } from './x.wasm'\nglobalThis.answers = run()`
    const { project, code, output } = await runFarm('node', 'signed', fixture('wasi'), main)
    expect(code, output).toBe(0)
    expect(await runInNode([project.at('dist/index.js')])).toEqual([{ answers: 'stdout clock random' }])
  })

  it.runIf(HAS_BROWSER)('builds for browsers, with the signed file beside the page', async () => {
    const { project, code, output } = await runFarm('browser', 'signed', await constantComponent(5), MAIN)
    expect(code, output).toBe(0)
    const assets = wasmIn(project.files('dist'))
    expect(assets).toHaveLength(1)
    expect(project.read(`dist/${assets[0]}`)).toEqual(project.read('x.wasm'))
    expect(await runInBrowser(project.at('dist'), ['index.html'])).toEqual([{ answers: 5 }])
  })

  it.runIf(HAS_BROWSER)('puts it into the code where its URL would be wrong', async () => {
    const { project, code, output } = await runFarm('browser', 'signed', await constantComponent(6), MAIN, {
      publicPath: './',
    })
    expect(code, output).toBe(0)
    expect(await runInBrowser(project.at('dist'), ['index.html'])).toEqual([{ answers: 6 }])
  })

  it.each([
    ['digest', 'DIGEST_MISMATCH'],
    ['signature', 'CONTENT_MODIFIED'],
  ])('checks the file again with %s', async (recheck, code) => {
    for (const target of HAS_BROWSER ? (['node', 'browser'] as const) : (['node'] as const)) {
      const component = await constantComponent(5)
      const { project, output, ...ended } = await runFarm(target, 'signed', component, MAIN, { recheck })
      expect(ended.code, output).toBe(0)
      const inBrowser = () => runInBrowser(project.at('dist'), ['index.html'])
      const inNode = () => runInNode([project.at('dist/index.js')])
      expect(await (target === 'node' ? inNode() : inBrowser())).toEqual([{ answers: 5 }])
      for (const asset of wasmIn(project.files('dist')))
        project.write({ [`dist/${asset}`]: inState(component, 'tampered') })
      const error = expect.stringContaining(`[signed-wasm] ${code}`)
      if (target === 'browser') expect(await inBrowser()).toEqual([{ error }])
      // On Node, modules of Farm's own kind end the process.
      else
        expect(await command(process.execPath, [project.at('dist/index.js')])).toMatchObject({
          code: 1,
          output: error,
        })
    }
  })

  it('refuses a tampered component for browsers', async () => {
    const { project, code, output } = await runFarm('browser', 'tampered', await constantComponent(5), MAIN)
    expect(code).not.toBe(0)
    expect(output).toContain('[signed-wasm] CONTENT_MODIFIED x.wasm')
    expect(wasmIn(project.files('dist'))).toEqual([])
  })
})

it('names the package to install when the WASI shim is missing', async () => {
  // Outside of this repository nothing resolves, so a copy of the pipeline's question is asked there.
  const { code, output } = await command(process.execPath, [
    '--input-type=module',
    '-e',
    `
    import { checkShims } from '${new URL('../../dist/bindings/shims.js', import.meta.url)}'
    checkShims(['@bytecodealliance/preview2-shim/cli'], { file: '/no/such/x.wasm', display: 'x.wasm', root: '/no/such' })`,
  ])
  expect(code).not.toBe(0)
  expect(output).toContain('[signed-wasm] SHIM_MISSING x.wasm')
  expect(output).toContain('npm install @bytecodealliance/preview2-shim')
})
