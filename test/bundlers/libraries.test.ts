/** Libraries with a component in them, built with our plugin and bundled once more by apps that know nothing of it. */

import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { build as viteBuild, type InlineConfig } from 'vite'
import { rspack } from '@rspack/core'
import * as esbuild from 'esbuild'
import { rolldown } from 'rolldown'
import { rollup } from 'rollup'
import webpack from 'webpack'
import { describe, expect, it } from 'vitest'
import { signedWasm } from '../../src/index.js'
import { build, type BundlerName } from '../kit/bundlers.js'
import { inState, makeProject, type Project, REPOSITORY, TRUSTED_PEM } from '../kit/project.js'
import { HAS_BROWSER, runInBrowser, runInNode } from '../kit/run.js'
import { constantComponent } from '../kit/wat.js'

const LIBRARY = `import instantiate from './x.wasm?instantiate'
export const answer = async () => (await instantiate()).answer()
export const unused = 1`

const options = { keys: TRUSTED_PEM }

const quietVite = (project: Project, config: InlineConfig) =>
  viteBuild({ root: project.root, configFile: false, logLevel: 'silent', ...config })

/** How each bundler is told to make a library: modules, in a folder of their own. */
const PRODUCERS: Record<string, (project: Project, out: string) => Promise<unknown>> = {
  vite: (project, out) =>
    quietVite(project, {
      plugins: [signedWasm.vite(options)],
      build: {
        lib: { entry: 'lib.js', formats: ['es'], fileName: () => 'main.js' },
        outDir: out,
        minify: false,
      },
    }),
  ...Object.fromEntries(
    (['rollup', 'rolldown', 'esbuild'] as const).map((name) => [
      name,
      (project: Project, out: string) =>
        build[name]({ project, options, target: 'browser', entry: 'lib.js', out }),
    ]),
  ),
  ...Object.fromEntries(
    (['webpack', 'rspack'] as const).map((name) => [
      name,
      (project: Project, out: string) =>
        build[name]({
          project,
          options,
          target: 'browser',
          entry: 'lib.js',
          out,
          config: {
            experiments: { outputModule: true },
            output: { module: true, library: { type: 'module' }, chunkFormat: 'module' },
          },
        }),
    ]),
  ),
}

/** Apps that have none of our plugin. */
const CONSUMERS: Record<string, (project: Project, out: string) => Promise<unknown>> = {
  vite: (project, out) =>
    quietVite(project, {
      base: './',
      build: {
        outDir: out,
        target: 'es2022',
        modulePreload: false,
        assetsInlineLimit: 0,
        rolldownOptions: { input: project.at('app.js'), output: { entryFileNames: 'main.js' } },
      },
    }),
  ...Object.fromEntries(
    Object.entries({ webpack, rspack }).map(([name, create]) => [
      name,
      (project: Project, out: string) =>
        new Promise<void>((resolve, reject) => {
          const compiler = (create as typeof webpack)({
            context: project.root,
            entry: { main: './app.js' },
            mode: 'production',
            devtool: false,
            performance: false,
            output: { path: project.at(out), filename: 'main.js' },
          })!
          compiler.run((error, stats) =>
            compiler.close(() =>
              error || stats!.hasErrors() ? reject(error ?? new Error(stats!.toString())) : resolve(),
            ),
          )
        }),
    ]),
  ),
}

const APP = `import { answer } from 'lib'\nanswer().then((it) => (globalThis.answers = it), (error) => { throw error })`

/** An app beside a library that is installed as it was published. */
async function install(producer: string): Promise<Project> {
  const source = makeProject({ 'lib.js': LIBRARY, 'x.wasm': inState(await constantComponent(7), 'signed') })
  await PRODUCERS[producer]!(source, 'dist')
  const app = makeProject({
    'app.js': APP,
    'node_modules/lib/package.json': JSON.stringify({
      name: 'lib',
      version: '1.0.0',
      type: 'module',
      exports: './main.js',
    }),
  })
  for (const file of source.files('dist'))
    app.write({ [`node_modules/lib/${file}`]: source.read(`dist/${file}`) })
  return app
}

const scripts = (project: Project, folder: string) =>
  project
    .files(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => readFileSync(project.at(folder, file), 'utf8'))
    .join('\n')

describe.each(Object.keys(PRODUCERS))('a library of %s', (producer) => {
  it('refers to its file by the literal that bundlers know, and runs in Node as it is', async () => {
    const app = await install(producer)
    const code = scripts(app, 'node_modules/lib')
    const wasm = app.files('node_modules/lib').filter((file) => file.endsWith('.wasm'))
    expect(wasm).toHaveLength(1)
    expect(code).toMatch(/new URL\("(?:\.\/)?(?:assets\/)?[\w.-]+\.wasm(?:\?[\w=-]+)?", import\.meta\.url\)/)
    expect(code).not.toMatch(/new URL\(new URL/)
    expect(code).not.toContain(path.dirname(app.root))
    expect(await runInNode([app.at('app.js')])).toEqual([{ answers: 7 }])
  })

  it.runIf(HAS_BROWSER).each(Object.keys(CONSUMERS))(
    'runs in an app of %s, which ships the file',
    async (consumer) => {
      const app = await install(producer)
      await CONSUMERS[consumer]!(app, 'out')
      expect(app.files('out').filter((file) => file.endsWith('.wasm'))).toHaveLength(1)
      expect(await runInBrowser(app.root, ['out/main.js'])).toEqual([{ answers: 7 }])
    },
  )

  // What Rspack makes of modules that it joins, nobody takes for free of effects.
  const droppers = producer === 'rspack' ? [] : Object.keys(CONSUMERS)
  it.each(droppers)('leaves nothing in an app of %s that does not use it', async (consumer) => {
    const app = await install(producer)
    app.write({
      'app.js': `import { unused } from 'lib'\nglobalThis.answers = unused`,
      'node_modules/lib/package.json': JSON.stringify({
        name: 'lib',
        version: '1.0.0',
        type: 'module',
        sideEffects: false,
        exports: './main.js',
      }),
    })
    await CONSUMERS[consumer]!(app, 'out')
    expect(scripts(app, 'out')).not.toMatch(/import\.meta\.url|\.wasm/)
  })
})

describe('what a library brings along', () => {
  const everything = new RegExp(`node_modules|^${REPOSITORY}/?dist/`)

  it.each(['rollup', 'rolldown'] as const)('is part of it, whatever %s leaves to others', async (bundler) => {
    for (const recheck of ['off', 'signature'] as const) {
      const project = makeProject({
        'lib.js': LIBRARY,
        'x.wasm': inState(await constantComponent(7), 'signed'),
      })
      await build[bundler]({
        project,
        options: { ...options, recheck },
        target: 'node',
        entry: 'lib.js',
        out: 'dist',
        config: {
          external: [everything, /^[\w@]/],
          output: { preserveModules: true, entryFileNames: '[name].js' },
        },
      })
      const code = scripts(project, 'dist')
      expect(code).not.toContain(REPOSITORY)
      expect(project.files('dist').filter((file) => file.includes('node_modules'))).toEqual([])
      project.write({ 'app.js': APP.replace("'lib'", "'./dist/lib.js'") })
      expect([recheck, await runInNode([project.at('app.js')])]).toEqual([recheck, [{ answers: 7 }]])
    }
  })
})

/** What leaves all of `node_modules` to others in webpack and Rspack, and everything with an absolute path. */
const LEAVING: Record<string, unknown> = {
  'a pattern': [/node_modules/, new RegExp(`^${REPOSITORY}/?dist/`), /^[\w@]/],
  'a function': ({ request }: { request: string }, answer: (error?: null, external?: string) => void) =>
    path.isAbsolute(request) && /node_modules|dist\/runtime/.test(request)
      ? answer(null, `module ${request}`)
      : answer(),
}

describe.each(['webpack', 'rspack'] as const)('what a library of %s brings along', (name) => {
  const projectOf = async () =>
    makeProject({ 'lib.js': LIBRARY, 'x.wasm': inState(await constantComponent(7), 'signed') })
  const makeLibrary = async (project: Project, recheck: 'off' | 'signature', config: object) => {
    await build[name]({
      project,
      options: { ...options, recheck },
      target: 'node',
      entry: 'lib.js',
      out: 'dist',
      ...config,
    })
    return project
  }
  const library = { output: { library: { type: 'module' } } }

  it.each(Object.keys(LEAVING))('is part of it, whatever is left to others by %s', async (leaving) => {
    for (const recheck of ['off', 'signature'] as const)
      for (const mode of ['production', 'development'] as const) {
        const externals = LEAVING[leaving]
        const config = { ...library, devtool: mode === 'production' ? 'source-map' : false, externals }
        const project = await makeLibrary(await projectOf(), recheck, { mode, config })
        for (const file of project.files('dist')) {
          const text = Buffer.from(project.read(`dist/${file}`)).toString()
          expect([file, text.includes(REPOSITORY), /\.\.\/dist|-loader|loaders\//.exec(text)?.[0]]).toEqual([
            file,
            false,
            undefined,
          ])
        }
        project.write({ 'app.js': APP.replace("'lib'", "'./dist/main.js'") })
        expect([recheck, await runInNode([project.at('app.js')])]).toEqual([recheck, [{ answers: 7 }]])
      }
  })

  it('is the same wherever the project lies', async () => {
    for (const mode of ['production', 'development'] as const) {
      const config = {
        ...library,
        devtool: mode === 'production' ? 'source-map' : false,
        optimization: { minimize: false, concatenateModules: mode === 'production' },
      }
      config.output = { ...config.output, filename: '[name]-[contenthash].js' } as typeof config.output
      const bytes = inState(await constantComponent(7), 'signed')
      const files = { 'lib.js': LIBRARY, 'x.wasm': bytes }
      const outputs = []
      for (const project of [makeProject(files), makeProject(files)]) {
        await makeLibrary(project, 'off', { mode, config })
        const names = project.files('dist').toSorted()
        outputs.push(
          names.map((file) => [file, Buffer.from(project.read(`dist/${file}`)).toString('latin1')]),
        )
      }
      expect(outputs[1]).toEqual(outputs[0])
    }
  })

  it('stands on its own where modules are not joined, and is no file of another rule', async () => {
    const module = { rules: [{ test: /runtime/, type: 'asset/resource' }] }
    const config = { ...library, module, optimization: { concatenateModules: false, minimize: false } }
    const project = await makeLibrary(await projectOf(), 'signature', { config })
    project.write({ 'app.js': APP.replace("'lib'", "'./dist/main.js'") })
    expect(await runInNode([project.at('app.js')])).toEqual([{ answers: 7 }])
  })
})

/** What leaves packages and paths to others in esbuild, also by plugins before ours. */
const LEAVING_ESBUILD: Record<string, { config: esbuild.BuildOptions; before?: esbuild.Plugin[] }> = {
  packages: { config: { packages: 'external' } },
  'a pattern for paths': { config: { external: [path.join(REPOSITORY, 'dist/*')] } },
  'a plugin that leaves bare names': {
    config: {},
    before: [
      {
        name: 'bare',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^[^./]/ }, ({ path: name }) => ({ path: name, external: true })),
      },
    ],
  },
  'a plugin that leaves absolute paths': {
    config: {},
    before: [
      {
        name: 'absolute',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^\// }, ({ path: file, kind }) =>
            kind === 'entry-point' ? undefined : { path: file, external: true },
          ),
      },
    ],
  },
}

describe('what a library of esbuild brings along', () => {
  const makeLibrary = async (
    recheck: 'off' | 'signature',
    { config, before = [] }: { config: esbuild.BuildOptions; before?: esbuild.Plugin[] },
    entry = 'lib.js',
  ) => {
    const project = makeProject({
      'lib.js': LIBRARY,
      'x.wasm': inState(await constantComponent(7), 'signed'),
    })
    await build.esbuild({
      project,
      options: { ...options, recheck },
      target: 'node',
      entry,
      out: 'dist',
      before,
      config: { ...config, metafile: true },
    })
    for (const file of project.files('dist')) {
      const text = Buffer.from(project.read(`dist/${file}`)).toString()
      expect([file, text.includes(REPOSITORY), /\.\.\/dist|~signed-wasm/.exec(text)?.[0]]).toEqual([
        file,
        false,
        undefined,
      ])
    }
    return project
  }

  it.each(Object.keys(LEAVING_ESBUILD))(
    'is part of it, whatever is left to others by %s',
    async (leaving) => {
      for (const recheck of ['off', 'signature'] as const) {
        const { config, before = [] } = LEAVING_ESBUILD[leaving]!
        const more = { ...config, sourcemap: true, sourcesContent: false }
        const project = await makeLibrary(recheck, { config: more, before })
        project.write({ 'app.js': APP.replace("'lib'", "'./dist/main.js'") })
        expect([recheck, await runInNode([project.at('app.js')])]).toEqual([recheck, [{ answers: 7 }]])
      }
    },
  )

  it('is part of a component that is not bundled with anything', async () => {
    for (const recheck of ['off', 'signature'] as const) {
      const project = await makeLibrary(recheck, { config: { bundle: false } }, 'x.wasm')
      const app = `import { answer } from './dist/main.js'\nglobalThis.answers = answer()`
      project.write({ 'app.js': app })
      expect([recheck, await runInNode([project.at('app.js')])]).toEqual([recheck, [{ answers: 7 }]])
    }
  })
})

interface Script {
  project: Project
  format: 'iife' | 'umd' | 'cjs'
  out: string
  file: string
  target: 'node' | 'browser'
}

/** Builds `lib.js` as a script, by the bundler's own way to do that. */
async function buildScript(
  bundler: BundlerName,
  { project, format, out, file, target }: Script,
): Promise<void> {
  if (bundler === 'vite')
    await quietVite(project, {
      plugins: [signedWasm.vite(options)],
      build: { lib: { entry: 'lib.js', name: 'Lib', formats: [format], fileName: () => file }, outDir: out },
    })
  else
    await build[bundler]({
      project,
      options,
      target,
      entry: 'lib.js',
      out,
      config: { output: { format, name: 'Lib', entryFileNames: file } },
    })
}

/** Scripts that are no modules: in another folder than the page, and called when the script has long ended. */
const SCRIPTS: readonly (readonly [BundlerName, 'iife' | 'umd'])[] = [
  ['rollup', 'iife'],
  ['rollup', 'umd'],
  ['rolldown', 'iife'],
  ['rolldown', 'umd'],
  ['vite', 'iife'],
  ['vite', 'umd'],
]

describe.runIf(HAS_BROWSER)('a script without modules', () => {
  it.each(SCRIPTS)('of %s as %s finds the file beside it', async (bundler, format) => {
    const project = makeProject({
      'lib.js': LIBRARY,
      'x.wasm': inState(await constantComponent(7), 'signed'),
      'page/index.html': `<!doctype html><script src="../deep/dist/main.js"></script><script>
        setTimeout(() => Lib.answer().then((it) => (globalThis.answers = it)), 200)</script>`,
    })
    const out = 'deep/dist'
    await buildScript(bundler, { project, format, out, file: 'main.js', target: 'browser' })
    expect(await runInBrowser(project.root, ['page/index.html'])).toEqual([{ answers: 7 }])
  })
})

describe('what such a script has for it', () => {
  const VARIABLE = '$signedWasmScript'

  it.each(['rollup', 'rolldown'] as const)(
    'is in no other output of %s, be they made at once',
    async (bundler) => {
      const project = makeProject({
        'lib.js': LIBRARY,
        'plain.js': 'export const plain = 1',
        'x.wasm': inState(await constantComponent(7), 'signed'),
      })
      const open = async (input: string) =>
        (bundler === 'rollup' ? rollup : rolldown)({
          input: project.at(input),
          plugins: [signedWasm[bundler](options)] as never,
          onLog: () => {},
        })
      const bundle = await open('lib.js')
      await Promise.all(
        (['es', 'iife', 'cjs', 'umd'] as const).map((format) =>
          bundle.write({ dir: project.at(format), format, name: 'Lib', intro: '/* mine */' } as never),
        ),
      )
      for (const format of ['es', 'cjs']) expect(scripts(project, format)).not.toContain(VARIABLE)
      for (const format of ['iife', 'umd']) {
        expect(scripts(project, format)).toContain(`var ${VARIABLE} =`)
        expect(scripts(project, format)).toContain('/* mine */')
      }
      const plain = await open('plain.js')
      await plain.write({ dir: project.at('plain'), format: 'iife', name: 'Lib' })
      expect(scripts(project, 'plain')).not.toContain(VARIABLE)
    },
  )
})

describe('a script for require', () => {
  it.each(['rollup', 'rolldown', 'vite'] as const)(
    'of %s finds the file beside it in Node',
    async (bundler) => {
      const project = makeProject({
        'lib.js': `import instantiate from './x.wasm?instantiate'\ninstantiate().then(({ answer }) => (globalThis.answers = answer()))`,
        'x.wasm': inState(await constantComponent(7), 'signed'),
      })
      const out = 'deep dist é'
      await buildScript(bundler, { project, format: 'cjs', out, file: 'main.cjs', target: 'node' })
      expect(await runInNode([project.at(out, 'main.cjs').replaceAll(' ', '%20')])).toEqual([{ answers: 7 }])
    },
  )
})

describe('a library of webpack and Rspack', () => {
  it.each(['webpack', 'rspack'] as const)(
    '%s ships the file where its user wants no URL of his own',
    async (name) => {
      for (const url of ['relative', false] as const) {
        const project = makeProject({
          'main.js': `import { answer } from './x.wasm'\nglobalThis.answers = answer()`,
          'x.wasm': inState(await constantComponent(7), 'signed'),
        })
        const module = { parser: { javascript: { url } } }
        await build[name]({ project, options, target: 'node', out: 'dist', config: { module } })
        expect([url, await runInNode([project.at('dist/main.js')])]).toEqual([url, [{ answers: 7 }]])
      }
    },
  )
})

describe('the files of esbuild', () => {
  const entries = async () => {
    const bytes = inState(await constantComponent(7), 'signed')
    const code = `import { answer } from '../x.wasm'\nglobalThis.answers = answer()`
    const project = makeProject({ 'a/one.js': code, 'b/two.js': code, 'c/none.js': '1', 'x.wasm': bytes })
    const build_ = (more: esbuild.BuildOptions) =>
      esbuild.build({
        entryPoints: ['a/one.js', 'b/two.js', 'c/none.js'].map((name) => project.at(name)),
        absWorkingDir: project.root,
        bundle: true,
        format: 'esm',
        platform: 'node',
        outdir: project.at('dist'),
        logLevel: 'silent',
        metafile: true,
        plugins: [signedWasm.esbuild(options)],
        ...more,
      })
    return { project, bytes, build: build_ }
  }
  const wasmIn = (files: readonly string[]) => files.filter((file) => file.endsWith('.wasm')).toSorted()

  it('lie beside each script that refers to them, and beside no other, in the listing as well', async () => {
    const { project, bytes, build: run } = await entries()
    for (const more of [
      {},
      { minify: true, sourcemap: true },
      { entryNames: '[dir]/[name]-[hash]' },
      { outExtension: { '.js': '.mjs' } },
    ]) {
      rmSync(project.at('dist'), { recursive: true, force: true })
      const { metafile } = await run(more)
      const files = wasmIn(project.files('dist'))
      expect(files.map((file) => path.dirname(file))).toEqual(['a', 'b'])
      expect(wasmIn(Object.keys(metafile!.outputs))).toEqual(files.map((file) => `dist/${file}`))
      for (const file of files) expect(project.read(`dist/${file}`)).toEqual(bytes)
      const script = project.files('dist').find((file) => /^b.*\.m?js$/.test(file))!
      expect(await runInNode([project.at('dist', script)])).toEqual([{ answers: 7 }])
    }
  })

  it('lie beside the shared script where scripts are split', async () => {
    const { project, build: run } = await entries()
    await run({ splitting: true, chunkNames: 'shared/[name]-[hash]' })
    expect(wasmIn(project.files('dist')).map((file) => path.dirname(file))).toEqual(['shared'])
    expect(await runInNode([project.at('dist/a/one.js')])).toEqual([{ answers: 7 }])
  })

  it('are in the list of whoever writes by himself, and nothing is on the disk', async () => {
    const { project, bytes, build: run } = await entries()
    const { outputFiles } = await run({ write: false })
    const files = outputFiles!.filter((file) => file.path.endsWith('.wasm'))
    expect(files.map((file) => path.basename(path.dirname(file.path))).toSorted()).toEqual(['a', 'b'])
    for (const { contents } of files) expect(new Uint8Array(contents)).toEqual(bytes)
    expect(project.files('dist')).toEqual([])
  })

  it("are sent by esbuild's own server out of its folder, and not without one, where they can stand in the code", async () => {
    for (const [serving, asset, status] of [
      [{ servedir: 'dist' }, 'file', 200],
      [{}, 'file', 404],
      [{}, 'inline', undefined],
    ] as const) {
      const { project } = await entries()
      const context = await esbuild.context({
        entryPoints: [project.at('a/one.js')],
        absWorkingDir: project.root,
        bundle: true,
        format: 'esm',
        outdir: project.at('dist'),
        logLevel: 'silent',
        plugins: [signedWasm.esbuild({ ...options, asset })],
      })
      const servedir = 'servedir' in serving ? { servedir: project.at(serving.servedir) } : {}
      const { port } = await context.serve({ port: 0, host: '127.0.0.1', ...servedir })
      const address = `http://127.0.0.1:${port}/`
      const script = await (await fetch(`${address}one.js`)).text()
      const name = /x-[0-9a-f]{16}\.wasm/.exec(script)?.[0]
      const answered = name === undefined ? undefined : (await fetch(address + name)).status
      await context.dispose()
      expect([serving, asset, answered]).toEqual([serving, asset, status])
    }
  })
})

describe('an app of Vite whose files are moved elsewhere', () => {
  it.each([
    [
      'to another server',
      (file: string) => `https://cdn.example/${file}`,
      /\("https:\/\/cdn\.example\/assets\/x-/,
    ],
    [
      'by a function of the page',
      (file: string) => ({ runtime: `window.cdn(${JSON.stringify(file)})` }),
      /\(window\.cdn\("assets\/x-/,
    ],
    [
      'beside the script',
      () => ({ relative: true }),
      /\(new URL\("\.\/assets\/x-[^"]+", import\.meta\.url\)/,
    ],
  ])('has the address that `renderBuiltUrl` gives: %s', async (_, renderBuiltUrl, code) => {
    const project = makeProject({
      'main.js': `import { answer } from './x.wasm'\nglobalThis.answers = answer()`,
      'x.wasm': inState(await constantComponent(7), 'signed'),
    })
    const config = { experimental: { renderBuiltUrl } }
    await build.vite({ project, options, target: 'browser', out: 'dist', config })
    expect(scripts(project, 'dist')).toMatch(code)
  })
})
