/** Plugins and rules of others that want every `.wasm` file for themselves, before ours in the list and after it. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { wasm } from '@rollup/plugin-wasm'
import type * as esbuild from 'esbuild'
import { createServer, type Plugin } from 'vite'
import wasmPlugin from 'vite-plugin-wasm'
import { describe, expect, it } from 'vitest'
import type webpack from 'webpack'
import { signedWasm } from '../../src/index.js'
import { build, type BundlerName } from '../kit/bundlers.js'
import { inState, makeProject, type Project, type Status, TRUSTED_PEM } from '../kit/project.js'
import { runInNode } from '../kit/run.js'
import { constantComponent, coreModule } from '../kit/wat.js'

const options = { keys: TRUSTED_PEM }

/** What each makes of a core module: a function that makes an instance, or its exports. */
const NEIGHBOURS: Record<string, { plugin: () => unknown; core: string; bundlers: readonly BundlerName[] }> =
  {
    '@rollup/plugin-wasm': {
      plugin: () => wasm({ maxFileSize: 1e6, targetEnv: 'auto-inline' }),
      core: `import make from './core.wasm'\nconst core = (await make({})).instance.exports.answer()`,
      bundlers: ['rollup', 'rolldown'],
    },
    'vite-plugin-wasm': {
      plugin: () => (wasmPlugin as unknown as () => Plugin)(),
      core: `import { answer as coreAnswer } from './core.wasm'\nconst core = coreAnswer()`,
      bundlers: ['vite'],
    },
    'a plugin as eager as unwasm': {
      plugin: eager,
      core: `import { answer as coreAnswer } from './core.wasm'\nconst core = coreAnswer()`,
      bundlers: ['rollup'],
    },
  }

/** Stands for the unwasm of Nitro, which reads whatever has `.wasm` at the end or before a query, and leaves an import without a path. */
function eager(): unknown {
  const WASM = /\.wasm(?:\?.*)?$/i
  const external = '\0eager:wasm/core.wasm'
  const load = (id: string) => (WASM.test(id) ? readFileSync(id.split('?')[0]!).toString('base64') : null)
  const transform = (code: string, id: string) =>
    WASM.test(id)
      ? `import '${external}'
        const bytes = Uint8Array.from(atob('${code}'), (one) => one.charCodeAt(0))
        export const { answer } = (await WebAssembly.instantiate(bytes)).instance.exports`
      : null
  return {
    name: 'eager',
    resolveId: (id: string) => (id === external ? { id, external: true } : null),
    load: { order: 'pre', handler: load },
    transform: { order: 'pre', handler: transform },
    renderChunk: (code: string) => code.replace(external, 'node:path'),
  }
}

async function projectOf(core: string, status: Status) {
  return makeProject({
    'main.js': `import { answer } from './x.wasm'\nimport instantiate from './x.wasm?instantiate'\n${core}
globalThis.answers = [answer(), (await instantiate()).answer(), core]`,
    'x.wasm': inState(await constantComponent(7), status),
    'core.wasm': inState(await coreModule(), 'signed'),
  })
}

const cases = Object.entries(NEIGHBOURS).flatMap(([name, { bundlers, ...neighbour }]) =>
  bundlers.flatMap((bundler) =>
    (['before', 'after'] as const).map((where) => ({ name, bundler, where, ...neighbour })),
  ),
)

describe.each(cases)('$name $where ours in $bundler', ({ plugin, core, bundler, where }) => {
  const attempt = async (status: Status) => {
    const project = await projectOf(core, status)
    const others = where === 'before' ? { before: [plugin()] } : { config: { plugins: [plugin()] } }
    await build[bundler]({ project, options, target: 'node', out: 'dist', ...others })
    return project
  }

  it('leaves components to us, and has its core modules', async () => {
    const project = await attempt('signed')
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: [7, 7, 42] }])
  })

  it('takes no tampered component past us', async () => {
    await expect(attempt('tampered')).rejects.toThrow('CONTENT_MODIFIED')
  })
})

describe.each(['before', 'after'])("vite-plugin-wasm %s ours in Vite's dev server", (where) => {
  it('leaves components to us, in a page and on a server', async () => {
    const { plugin } = NEIGHBOURS['vite-plugin-wasm']!
    const project = await projectOf('const core = 1', 'signed')
    const both = [plugin(), signedWasm.vite(options)]
    const server = await createServer({
      root: project.root,
      configFile: false,
      logLevel: 'silent',
      plugins: (where === 'before' ? both : both.toReversed()) as never,
      optimizeDeps: { noDiscovery: true },
      server: { middlewareMode: true },
    })
    try {
      const code = (await server.transformRequest('/x.wasm?component'))!.code
      expect(code).toContain('$signedWasmLoad')
      await server.ssrLoadModule('/main.js')
      expect((globalThis as { answers?: unknown }).answers).toEqual([7, 7, 1])
    } finally {
      await server.close()
    }
  })
})

/** As file-loader is, which webpack had before it had assets. */
const FILE_LOADER = `module.exports = function (content) {
  this.emitFile('loaded.wasm', content)
  return 'export default "loaded.wasm"'
}
module.exports.raw = true`

const WASM = /\.wasm$/
const loaderOf = (project: Project) => project.at('loader.cjs')

/** What people have in their configurations, and what an import of a core module is by it. */
const RULES: Record<string, { rules: (project: Project) => object[]; core: 'string' | 'function' }> = {
  'a rule for files': {
    rules: () => [{ test: /\.(?:png|wasm)$/, type: 'asset/resource' }],
    core: 'string',
  },
  'a rule for all but scripts': {
    rules: () => [{ test: /./, exclude: /\.js$/, type: 'asset/resource' }],
    core: 'string',
  },
  'a rule for all but the own scripts': {
    rules: (project) => [
      {
        exclude: [project.at('main.js'), project.at('more.js')],
        type: 'javascript/auto',
        use: [loaderOf(project)],
      },
    ],
    core: 'string',
  },
  'a rule with names for files': {
    rules: () => [
      { oneOf: [{ test: WASM, type: 'asset/resource', generator: { filename: 'static/[name][ext]' } }] },
    ],
    core: 'string',
  },
  'a rule that has files in the code': {
    rules: () => [{ test: WASM, type: 'asset/inline' }],
    core: 'string',
  },
  'a rule for the queries': {
    rules: () => [
      { test: WASM, type: 'asset/resource' },
      { resourceQuery: /component|instantiate/, type: 'asset/source' },
    ],
    core: 'string',
  },
  'a rule for the engine': {
    rules: () => [{ test: WASM, type: 'webassembly/async' }],
    core: 'function',
  },
  'a loader': {
    rules: (project) => [{ test: WASM, type: 'javascript/auto', use: [loaderOf(project)] }],
    core: 'string',
  },
  'a loader before others': {
    rules: (project) => [
      // Of core modules we replace what such a one has made.
      { test: /x\.wasm$/, type: 'javascript/auto', enforce: 'pre', loader: loaderOf(project) },
      { test: /core\.wasm$/, type: 'asset/resource' },
    ],
    core: 'string',
  },
  'a loader after others': {
    rules: (project) => [{ test: WASM, type: 'javascript/auto', enforce: 'post', loader: loaderOf(project) }],
    core: 'string',
  },
}

/** Adds rules after those of ours, at the start or when all plugins have had their turn. */
const adding = (rules: object[], isLate: boolean) => ({
  apply(compiler: webpack.Compiler) {
    const add = () => void compiler.options.module.rules.push(...rules)
    return isLate ? compiler.hooks.afterEnvironment.tap('other', add) : add()
  },
})

const WHERE: Record<string, (rules: object[]) => object> = {
  'in the configuration': (rules) => ({ module: { rules } }),
  'by a plugin after ours': (rules) => ({ plugins: [adding(rules, false)] }),
  'by a plugin at the last moment': (rules) => ({ plugins: [adding(rules, true)] }),
}

const mainFor = (core: 'string' | 'function') => `import { answer } from './x.wasm'
import { answer as asked } from './x.wasm?component'
import instantiate from './x.wasm?instantiate'
import { again } from './more.js'
import ${core === 'function' ? '{ answer as core }' : 'core'} from './core.wasm'
const late = await import('./x.wasm')
const all = [answer(), asked(), (await instantiate()).answer(), again(), late.answer()]
globalThis.answers = [...all, typeof core]`

const ruleCases = Object.entries(RULES).flatMap(([name, rule]) =>
  (['webpack', 'rspack'] as const).flatMap((bundler) =>
    Object.entries(WHERE).map(([where, configure]) => ({ name, bundler, where, configure, ...rule })),
  ),
)

describe.each(ruleCases)('$name $where of $bundler', ({ bundler, configure, rules, core }) => {
  const attempt = async (main: string, status: { component: Status; core: Status }) => {
    const project = makeProject({
      'main.js': main,
      'more.js': `export { answer as again } from './x.wasm'`,
      'loader.cjs': FILE_LOADER,
      'x.wasm': inState(await constantComponent(7), status.component),
      'core.wasm': inState(await coreModule(), status.core),
    })
    const config = { experiments: { asyncWebAssembly: true }, ...configure(rules(project)) }
    await build[bundler]({ project, options, target: 'node', out: 'dist', config })
    return project
  }
  const SIGNED = { component: 'signed', core: 'signed' } as const

  it('leaves components to us, and has core modules', async () => {
    const project = await attempt(mainFor(core), SIGNED)
    const answers = [7, 7, 7, 7, 7, core]
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers }])
  })

  it('takes no tampered file past us', async () => {
    for (const file of ['component', 'core'] as const)
      await expect(attempt(mainFor(core), { ...SIGNED, [file]: 'tampered' })).rejects.toThrow(
        'CONTENT_MODIFIED',
      )
  })

  it('has what code refers to by its URL, where that was not tampered with', async () => {
    const main = `globalThis.answers = String(new URL('./x.wasm', import.meta.url))`
    // By such a rule a URL is a module of the engine's as well, which no component can be.
    if (core === 'function') await expect(attempt(main, SIGNED)).rejects.toThrow('IMPORT_UNSUPPORTED')
    else await attempt(main, SIGNED)
    const refused = /CONTENT_MODIFIED|UNVERIFIED_WASM/
    await expect(attempt(main, { ...SIGNED, component: 'tampered' })).rejects.toThrow(refused)
  })
})

describe.each(['webpack', 'rspack'] as const)('%s', (bundler) => {
  const attempt = async (main: string, config: { module?: object }) => {
    const project = makeProject({
      'main.js': main,
      'loader.cjs': FILE_LOADER,
      'x.wasm': inState(await constantComponent(7), 'signed'),
    })
    await build[bundler]({ project, options, target: 'node', out: 'dist', config })
    return runInNode([project.at('dist/main.js')])
  }
  const IMPORT = `import { answer } from './x.wasm'\nglobalThis.answers = answer()`

  it.each<[string, () => unknown]>([
    ['a pattern', () => WASM],
    ['a list', () => [/jquery/, /wasm/]],
    ['a function', () => (file: string) => file.endsWith('.wasm')],
  ])('parses what we make of files that are not to be parsed: %s', async (_, noParse) => {
    const answers = await attempt(IMPORT, { module: { noParse: noParse() } })
    expect(answers).toEqual([{ answers: 7 }])
  })

  it('leaves imports to the loader that they name', async () => {
    const main = `import name from './loader.cjs!./x.wasm'\nglobalThis.answers = name`
    expect(await attempt(main, {})).toEqual([{ answers: 'loaded.wasm' }])
  })
})

/** Has every such file as its bytes, in all namespaces. */
const loading: esbuild.Plugin = {
  name: 'loading',
  setup: (bundle) =>
    bundle.onLoad({ filter: WASM }, (args) => ({ contents: readFileSync(args.path), loader: 'binary' })),
}

/** Does the same to whatever a name of such a file stands for. @see esbuild, "WebAssembly plugin" */
const naming: esbuild.Plugin = {
  name: 'naming',
  setup(bundle) {
    bundle.onResolve({ filter: WASM }, (args) => ({
      path: path.join(args.resolveDir, args.path),
      namespace: 'wasm',
    }))
    bundle.onLoad({ filter: /./, namespace: 'wasm' }, (args) => ({
      contents: readFileSync(args.path),
      loader: 'binary',
    }))
  },
}

/** Looks at scripts, wherever they come from. */
const reading: esbuild.Plugin = {
  name: 'reading',
  setup: (bundle) =>
    bundle.onLoad({ filter: /\.js$/ }, (args) => ({ contents: readFileSync(args.path, 'utf8') })),
}

const loaders = (['file', 'binary', 'copy', 'dataurl', 'base64', 'empty', 'text'] as const).map(
  (loader) => [`the loader ${loader}`, {}, { loader: { '.wasm': loader } }] as const,
)

const ESBUILD: readonly (readonly [string, { before?: esbuild.Plugin[] }, object])[] = [
  ['a plugin that loads, before ours', { before: [loading] }, {}],
  ['a plugin that loads, after ours', {}, { plugins: [loading] }],
  ['a plugin that finds names, after ours', {}, { plugins: [naming] }],
  ['a plugin that reads scripts, before ours', { before: [reading] }, { loader: { '.wasm': 'binary' } }],
  ...loaders,
]

describe('esbuild', () => {
  const attempt = async (main: string, status: { component: Status; core: Status }, about: object) => {
    const project = makeProject({
      'main.js': main,
      'more.js': `export { answer as again } from './x.wasm'`,
      'x.wasm': inState(await constantComponent(7), status.component),
      'core.wasm': inState(await coreModule(), status.core),
    })
    await build.esbuild({ project, options, target: 'node', out: 'dist', ...about })
    return project
  }
  const SIGNED = { component: 'signed', core: 'signed' } as const

  describe.each(ESBUILD)('%s', (_, before, config) => {
    it('leaves components to us', async () => {
      const main = mainFor('string').replaceAll(/.*core\.wasm.*\n|, typeof core/g, '')
      const project = await attempt(main, SIGNED, { ...before, config })
      expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: [7, 7, 7, 7, 7] }])
    })

    it('takes no tampered component past us', async () => {
      for (const main of [mainFor('string'), `import { answer } from './x.wasm'\nanswer()`]) {
        const attempting = attempt(main, { ...SIGNED, component: 'tampered' }, { ...before, config })
        await expect(attempting).rejects.toThrow('CONTENT_MODIFIED')
      }
    })
  })

  it.each(loaders.filter(([name]) => /file|dataurl|base64/.test(name)))(
    '%s has core modules, where those were not tampered with',
    async (_, before, config) => {
      const main = `import core from './core.wasm'\nglobalThis.answers = core !== undefined`
      const project = await attempt(main, SIGNED, { ...before, config })
      expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: true }])
      const tampered = attempt(main, { ...SIGNED, core: 'tampered' }, { ...before, config })
      await expect(tampered).rejects.toThrow('CONTENT_MODIFIED')
    },
  )

  // esbuild asks plugins in the order of its list, and nobody can be asked before those that come first.
  it('lets a plugin before ours have the names that it answers for, and nothing of it unverified in the output', async () => {
    const main = `import { answer } from './x.wasm?component'\nglobalThis.answers = answer()`
    const project = await attempt(main, SIGNED, { before: [naming] })
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 7 }])
    const taken = `import bytes from './x.wasm'\nglobalThis.answers = bytes.length`
    await attempt(taken, SIGNED, { before: [naming] })
    const tampered = attempt(taken, { ...SIGNED, component: 'tampered' }, { before: [naming] })
    await expect(tampered).rejects.toThrow('UNVERIFIED_WASM')
  })
})
