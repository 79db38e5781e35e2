/** Whose wasm it is: what packages bring, what the project has, and what nobody knows. */

import { describe, expect, it } from 'vitest'
import type { Options } from '../../src/index.js'
import { PackageWasm } from '../../src/plugin/package-wasm.js'
import { build, type BuildRequest, type BundlerName, BUNDLERS } from '../kit/bundlers.js'
import { fixture, inState, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { constantComponent, coreModule } from '../kit/wat.js'

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

type Files = Record<string, string | Uint8Array>

/** A package of that name. */
const installed = (name: string, files: Files): Files => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, type: 'module', main: 'index.js' }),
  ...Object.fromEntries(
    Object.entries(files).map(([file, content]) => [`node_modules/${name}/${file}`, content]),
  ),
})

/** A package that holds a core module in its script. */
const holder = (name: string, bytes: Uint8Array) =>
  installed(name, { 'index.js': `export const data = '${base64(bytes)}'` })

async function attempt(name: BundlerName, files: Files, options: Options = {}) {
  const project = makeProject(files)
  const all = { keys: TRUSTED_PEM, ...options }
  return { project, ...(await build[name]({ project, options: all, target: 'browser', out: 'dist' })) }
}

describe.each(BUNDLERS)('THREAT 46: core modules that packages bring, with %s', (name) => {
  const main = `import { data } from './node_modules/wasm-lib/index.js'\nglobalThis.answers = data`

  it('pass in scripts, and a component does not', async () => {
    await attempt(name, { ...holder('wasm-lib', await coreModule()), 'main.js': main })
    const component = { ...holder('wasm-lib', await constantComponent(1)), 'main.js': main }
    await expect(attempt(name, component)).rejects.toThrow('UNVERIFIED_WASM')
  })

  it("do not pass with `packages: 'verify'`, all in one refusal, whose line makes them pass", async () => {
    const files = {
      ...holder('wasm-lib', await coreModule()),
      ...holder('@scope/other', await coreModule()),
      'main.js': `import { data } from './node_modules/wasm-lib/index.js'
        import { data as other } from './node_modules/@scope/other/index.js'
        globalThis.answers = [data, other]`,
    }
    const refusal = await attempt(name, files, { packages: 'verify' }).then(
      () => '',
      (error: unknown) => String(error),
    )
    expect(refusal).toContain('PACKAGE_UNVERIFIED')
    const line = /exclude: \[([^\]]*)\]/.exec(refusal)![1]!
    expect(line).toBe("'npm:@scope/other', 'npm:wasm-lib'")
    const exclude = line.split(', ').map((text) => text.slice(1, -1))
    await attempt(name, files, { packages: 'verify', exclude })
    // One that is let in opens no door for the same bytes in another.
    await expect(attempt(name, files, { packages: 'verify', exclude: exclude[0]! })).rejects.toThrow(
      /PACKAGE_UNVERIFIED.*wasm-lib/,
    )
  })

  it('are verified where the project imports them as modules, in the place of a component', async () => {
    const files = {
      ...installed('hello', { 'hello.wasm': await coreModule(), 'index.js': '' }),
      'main.js': `import * as hello from './node_modules/hello/hello.wasm?component'\nglobalThis.answers = hello`,
    }
    await expect(attempt(name, files)).rejects.toThrow('LAYER_MISMATCH')
  })

  it('have no say over the files of the project', async () => {
    const files = {
      ...holder('wasm-lib', await coreModule()),
      'hello.wasm': await coreModule(),
      'main.js': `${main}\nimport * as hello from './hello.wasm'\nglobalThis.hello = hello`,
    }
    await expect(attempt(name, files)).rejects.toThrow(/COMPONENT_UNSIGNED.*Core module must have/)
    const own = { 'main.js': `globalThis.answers = '${base64(await coreModule())}'` }
    await expect(attempt(name, own)).rejects.toThrow('UNVERIFIED_WASM')
  })
})

describe.each(['vite', 'webpack', 'rspack', 'farm'] as const)(
  'THREAT 46: files of packages, with %s',
  (name) => {
    it('pass where code refers to them, the package itself or the project', async () => {
      const lib = installed('wasm-lib', {
        'lib.wasm': await coreModule(),
        'index.js': `export const url = new URL('./lib.wasm', import.meta.url).href`,
      })
      const own = `import { url } from './node_modules/wasm-lib/index.js'\nglobalThis.answers = url`
      const json = JSON.stringify({ name: 'app', type: 'module', dependencies: { 'wasm-lib': '1' } })
      const handed = `globalThis.answers = new URL('./node_modules/wasm-lib/lib.wasm', import.meta.url).href`
      for (const main of [own, handed]) {
        const app = { ...lib, 'package.json': json, 'main.js': main }
        await attempt(name, app)
        await expect(attempt(name, app, { packages: 'verify' })).rejects.toThrow(
          /PACKAGE_UNVERIFIED.*wasm-lib/,
        )
        await attempt(name, app, { packages: 'verify', exclude: 'npm:wasm-lib' })
      }
    })

    it('do not pass when they are components', async () => {
      const lib = installed('wasm-lib', {
        'lib.wasm': fixture('hello'),
        'index.js': `export const url = new URL('./lib.wasm', import.meta.url).href`,
      })
      const main = `import { url } from './node_modules/wasm-lib/index.js'\nglobalThis.answers = url`
      await expect(attempt(name, { ...lib, 'main.js': main })).rejects.toThrow(
        /UNVERIFIED_WASM|COMPONENT_UNSIGNED/,
      )
      const signed = { ...lib, 'node_modules/wasm-lib/lib.wasm': inState(fixture('hello'), 'signed') }
      await attempt(name, { ...signed, 'main.js': main })
    })
  },
)

/** Too long for a data URL. */
const LONG = `//${' '.repeat(5000)}`

const WORKER = `globalThis.answers = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })`

/** Packages whose scripts run beside the page. */
const BESIDE: Record<string, (bytes: Uint8Array) => Files> = {
  'a script that is copied as it is': (bytes) => ({
    ...installed('wasm-lib', { 'worker.js': `postMessage('${base64(bytes)}') ${LONG}` }),
    'main.js': `import url from './node_modules/wasm-lib/worker.js?url'\nglobalThis.answers = url`,
  }),
  'what a worker of the project imports': (bytes) => ({
    ...holder('wasm-lib', bytes),
    'worker.js': `import { data } from './node_modules/wasm-lib/index.js'\npostMessage(data)`,
    'main.js': WORKER,
  }),
}

/** Forms that only Vite knows. */
const WITHIN: typeof BESIDE = {
  'what a worker within the script imports': (bytes) => ({
    ...holder('wasm-lib', bytes),
    'worker.js': `import { data } from './node_modules/wasm-lib/index.js'\npostMessage(data)`,
    'main.js': `import Background from './worker.js?worker&inline'\nglobalThis.answers = new Background()`,
  }),
}

const ASSETS = {
  module: { rules: [{ resourceQuery: /url/, type: 'asset/resource' }] },
  experiments: { asyncWebAssembly: true },
}

describe.each(['vite', 'webpack', 'rspack'] as const)('THREAT 46: scripts beside a page, with %s', (name) => {
  const config = name === 'vite' ? {} : ASSETS
  const run = (files: Files, options: Options = {}) =>
    build[name]({
      project: makeProject(files),
      options: { keys: TRUSTED_PEM, ...options },
      target: 'browser',
      out: 'dist',
      config,
    })

  it.each(Object.entries(name === 'vite' ? { ...BESIDE, ...WITHIN } : BESIDE))(
    'are those of a package: %s',
    async (_, files) => {
      const core = await coreModule()
      await run(files(core))
      await expect(run(files(core), { packages: 'verify' })).rejects.toThrow(/PACKAGE_UNVERIFIED.*wasm-lib/)
      await run(files(core), { packages: 'verify', exclude: 'npm:wasm-lib' })
      await expect(run(files(await constantComponent(1)))).rejects.toThrow('UNVERIFIED_WASM')
    },
  )

  it('have to be verified where a worker of the project imports them as modules', async () => {
    const files = {
      ...installed('hello', { 'hello.wasm': await coreModule(), 'index.js': '' }),
      'worker.js': `import * as hello from './node_modules/hello/hello.wasm'\npostMessage(hello.answer())`,
      'main.js': WORKER,
    }
    await expect(run(files)).rejects.toThrow('COMPONENT_UNSIGNED')
  })

  it('are those of the project', async () => {
    const own = { 'own.js': `postMessage('${base64(await coreModule())}') ${LONG}` }
    const main = `import url from './own.js?url'\nglobalThis.answers = url`
    await expect(run({ ...own, 'main.js': main })).rejects.toThrow('UNVERIFIED_WASM')
  })
})

describe.each(['webpack', 'rspack'] as const)('THREAT 46: a file asked for with a query, with %s', (name) => {
  it('is that of its package on the disk as well, whoever else has the same', async () => {
    const lib = { 'lib.wasm': await coreModule(), 'index.js': '' }
    const files = {
      ...installed('wasm-lib', lib),
      ...installed('other', lib),
      'package.json': JSON.stringify({ name: 'app', dependencies: { 'wasm-lib': '1', other: '1' } }),
      'main.js': `import url from './node_modules/wasm-lib/lib.wasm?url'\nglobalThis.answers = url`,
    }
    const options = { keys: TRUSTED_PEM, packages: 'verify', exclude: 'npm:wasm-lib' } as const
    const project = makeProject(files)
    await build[name]({ project, options, target: 'browser', out: 'dist', config: ASSETS })
    expect(project.files('dist').filter((file) => file.endsWith('.wasm'))).toHaveLength(1)
  })
})

describe.each(['vite', 'farm'] as const)('THREAT 46: copies in a public folder, with %s', (name) => {
  const page = { publicDir: 'public', build: { outDir: 'dist', rolldownOptions: { input: 'main.js' } } }
  const run = (files: Files, options: Options = {}) =>
    build[name]({
      project: makeProject({
        'package.json': JSON.stringify({ name: 'app', type: 'module', dependencies: { 'wasm-lib': '1' } }),
        'main.js': 'globalThis.answers = 1',
        ...files,
      }),
      options: { keys: TRUSTED_PEM, ...options },
      target: 'browser',
      out: 'dist',
      config: name === 'vite' ? page : {},
    })

  it('are those of the package that has the same, and nothing else is', async () => {
    const copied = (bytes: Uint8Array) => ({
      ...installed('wasm-lib', { 'lib.wasm': bytes, 'index.js': '' }),
      'public/copy.wasm': bytes,
    })
    const core = copied(await coreModule())
    const { lines } = await run(core)
    expect(lines.join()).toContain('wasm-lib (1)')
    await expect(run(core, { packages: 'verify' })).rejects.toThrow(/PACKAGE_UNVERIFIED.*wasm-lib/)
    await run(core, { packages: 'verify', exclude: 'npm:wasm-lib' })
    await expect(run(copied(await constantComponent(1)))).rejects.toThrow('COMPONENT_UNSIGNED')
    await expect(run({ ...core, 'public/copy.wasm': await coreModule(43) })).rejects.toThrow(
      'COMPONENT_UNSIGNED',
    )
  })

  it('hold in their scripts what the package does, and nothing else', async () => {
    const script = (bytes: Uint8Array) => `globalThis.data = '${base64(bytes)}'`
    const core = script(await coreModule())
    const files = {
      ...installed('wasm-lib', { 'index.js': '', 'dist/worker.js': core }),
      'public/worker.js': core,
    }
    expect((await run(files)).lines.join()).toContain('wasm-lib (1)')
    await expect(run(files, { packages: 'verify' })).rejects.toThrow(/PACKAGE_UNVERIFIED.*wasm-lib/)
    await run(files, { packages: 'verify', exclude: 'npm:wasm-lib' })
    for (const text of [core + ' ', script(await coreModule(43)), script(await constantComponent(1))])
      await expect(run({ ...files, 'public/worker.js': text })).rejects.toThrow('UNVERIFIED_WASM')
    await expect(run({ ...files, 'public/other.js': core })).rejects.toThrow('UNVERIFIED_WASM')
    await run({ 'public/x.js': script(inState(await constantComponent(1), 'signed')) })
  })

  it('have no say over the same file where code imports it', async () => {
    const core = await coreModule()
    const own = {
      ...installed('wasm-lib', { 'lib.wasm': core, 'index.js': '' }),
      'public/copy.wasm': core,
      'own.wasm': core,
      'main.js': `import * as own from './own.wasm'\nglobalThis.answers = own`,
    }
    await expect(run(own)).rejects.toThrow('COMPONENT_UNSIGNED')
  })
})

/** How each bundler writes source maps. */
const MAPS: Record<BundlerName, NonNullable<BuildRequest['config']>> = {
  vite: {
    build: { sourcemap: true, rolldownOptions: { input: 'main.js', output: { entryFileNames: 'main.js' } } },
  },
  rollup: { output: { sourcemap: true } },
  rolldown: { output: { sourcemap: true } },
  webpack: { devtool: 'source-map' },
  rspack: { devtool: 'source-map' },
  esbuild: { sourcemap: true },
  farm: { compilation: { sourcemap: true } },
}

describe.each(BUNDLERS)('THREAT 46: source maps, with %s', (name) => {
  it('hold what the package does, and what was left out of the script', async () => {
    const [core, left] = [await coreModule(), await coreModule(43)]
    const files = {
      ...installed('wasm-lib', {
        'index.js': `export const data = '${base64(core)}'\nexport const other = '${base64(left)}'`,
      }),
      ...installed('same', { 'same.wasm': core }),
      'package.json': JSON.stringify({ name: 'app', type: 'module', dependencies: { same: '1' } }),
      'main.js': `import { data } from './node_modules/wasm-lib/index.js'\nglobalThis.answers = data`,
    }
    const run = async (options: Options) => {
      const project = makeProject(files)
      const all = { keys: TRUSTED_PEM, ...options }
      const config = MAPS[name]
      await build[name]({ project, options: all, target: 'browser', minify: true, out: 'dist', config })
      return project.files('dist')
    }
    expect((await run({})).filter((file) => file.endsWith('.map'))).toHaveLength(1)
    await run({ packages: 'verify', exclude: 'npm:wasm-lib' })
    await expect(run({ packages: 'verify' })).rejects.toThrow(/'npm:wasm-lib'\]/)
  })
})

/** How each bundler takes a core module as a module. */
const CORE: Partial<Record<BundlerName, Record<string, unknown>>> = {
  vite: {},
  webpack: { experiments: { asyncWebAssembly: true } },
  rspack: { experiments: { asyncWebAssembly: true } },
  esbuild: { loader: { '.wasm': 'binary' } },
  rolldown: { moduleTypes: { '.wasm': 'binary' } },
  farm: { compilation: { assets: { include: ['wasm'] } } },
}

describe.each(Object.keys(CORE) as BundlerName[])('THREAT 46: an import of a package, with %s', (name) => {
  const config = CORE[name]!
  const run = async (files: Files) => {
    const project = makeProject(files)
    return build[name]({ project, options: { keys: TRUSTED_PEM }, target: 'node', out: 'dist', config })
  }
  const lib = async () =>
    installed('hello', {
      'hello.wasm': await coreModule(),
      'index.js': `import * as hello from './hello.wasm'\nexport default hello`,
    })

  it('is its own where its own code imports it', async () => {
    const main = `import hello from './node_modules/hello/index.js'\nglobalThis.answers = hello`
    await run({ ...(await lib()), 'main.js': main })
  })

  it('is verified where the project imports it', async () => {
    const main = `import * as hello from './node_modules/hello/hello.wasm'\nglobalThis.answers = hello`
    await expect(run({ ...(await lib()), 'main.js': main })).rejects.toThrow('COMPONENT_UNSIGNED')
    const both = `${main}\nimport other from './node_modules/hello/index.js'\nglobalThis.other = other`
    await expect(run({ ...(await lib()), 'main.js': both })).rejects.toThrow('COMPONENT_UNSIGNED')
    const lazy = `globalThis.answers = import('./node_modules/hello/hello.wasm')`
    await expect(run({ ...(await lib()), 'main.js': lazy })).rejects.toThrow('COMPONENT_UNSIGNED')
    const joined = {
      'main.js': `import { load } from './other.js'\nglobalThis.answers = load`,
      'other.js': `export const load = () => import('./node_modules/hello/hello.wasm')`,
    }
    await expect(run({ ...(await lib()), ...joined })).rejects.toThrow('COMPONENT_UNSIGNED')
  })
})

it('THREAT 46: the end of a build lists what packages brought, and says how to demand more', async () => {
  const found = new PackageWasm()
  found.add('/app/node_modules/b/x.wasm')
  found.add('/app/node_modules/b/y.js')
  found.add('/app/node_modules/b/node_modules/@a/a/z.wasm')
  found.add('/app/src/own.wasm')
  expect(found.describe()).toBe(
    "[signed-wasm] not verified, as trusted as the package's JavaScript: @a/a (1), b (2)\n" +
      "  to demand signatures of them as well: packages: 'verify'",
  )
})
