/** What an output leaves to whatever runs it: an engine imports core modules by itself, and nobody would verify them. */

import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Options } from '../../src/index.js'
import { build, type BundlerName, BUNDLERS } from '../kit/bundlers.js'
import { inState, linkPackage, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { tool } from '../kit/run.js'
import { startServer } from '../kit/vite-server.js'
import { constantComponent, coreModule } from '../kit/wat.js'

type Files = Record<string, string | Uint8Array>

const manifest = (name: string, more: object = {}) => JSON.stringify({ name, type: 'module', ...more })

/** How each bundler is told to leave something alone. */
const EXTERNAL: Record<BundlerName, (names: readonly string[]) => Record<string, unknown>> = {
  vite: (names) => ({
    build: { ssr: 'main.js', outDir: 'dist', rolldownOptions: { external: patterns(names) } },
  }),
  rollup: (names) => ({ external: patterns(names) }),
  rolldown: (names) => ({ external: patterns(names) }),
  webpack: (names) => ({ externals: patterns(names), externalsType: 'module' }),
  rspack: (names) => ({ externals: patterns(names), externalsType: 'module' }),
  esbuild: (names) => ({
    logLevel: 'info',
    external: names.map((name) => (name.includes('.') ? `*${name}` : name)),
  }),
  farm: (names) => ({
    compilation: { external: names.map((name) => (name.includes('.') ? name : `^${name}(/.*)?$`)) },
  }),
}

const patterns = (names: readonly string[]) =>
  names.map((name) =>
    name.includes('.') ? new RegExp(`${name.replaceAll('.', '\\.')}$`) : new RegExp(`^${name}(/.*)?$`),
  )

async function attempt(name: BundlerName, files: Files, external: readonly string[], options: Options = {}) {
  const project = makeProject({ 'package.json': manifest('app', { dependencies: { lib: '1' } }), ...files })
  const config = EXTERNAL[name](external)
  const all = { keys: TRUSTED_PEM, ...options }
  return build[name]({ project, options: all, target: 'node', out: 'dist', config })
}

const refusal = (building: Promise<unknown>) =>
  building.then(
    () => 'none',
    (error: unknown) => String(error),
  )

/** The forms in which code imports a file. */
const FORMS = {
  'a static import': `import * as x from './x.wasm'\nglobalThis.x = x`,
  'a dynamic import': `globalThis.x = import('./x.wasm')`,
  'an export of all': `export * from './x.wasm'`,
  'an import for its effects': `import './x.wasm'`,
}

describe.each(BUNDLERS)('THREAT 39: an import that %s leaves in the output', (name) => {
  it.each(Object.entries(FORMS))('is refused: %s', async (_, main) => {
    const files = { 'main.js': main, 'x.wasm': await coreModule() }
    const message = await refusal(attempt(name, files, ['x.wasm']))
    expect(message).toContain('WASM_EXTERNAL x.wasm: the import in main.js')
    expect(message).toContain(`exclude: ['x.wasm']`)
    await attempt(name, files, ['x.wasm'], { exclude: 'x.wasm' })
  })

  it('is refused for a signed component as well, which nobody would verify again', async () => {
    const bytes = inState(await constantComponent(1), 'signed')
    const files = { 'main.js': FORMS['a static import'], 'x.wasm': bytes }
    expect(await refusal(attempt(name, files, ['x.wasm']))).toContain('WASM_EXTERNAL')
    const { warnings } = await attempt(name, files, ['x.wasm'], { mode: 'lenient' })
    expect(warnings.join('\n')).toContain('WASM_EXTERNAL x.wasm')
  })

  it("is refused for a package's file, whatever the package calls it", async () => {
    const lib = {
      'node_modules/lib/package.json': manifest('lib', {
        exports: {
          './hello': { node: './wasm/x.wasm' },
          './named/*': './wasm/*.wasm',
          './wasm/*': './wasm/*',
        },
      }),
      'node_modules/lib/wasm/x.wasm': await coreModule(),
    }
    for (const specifier of ['lib/wasm/x.wasm', 'lib/hello', 'lib/named/x']) {
      const files = { ...lib, 'main.js': `import * as x from '${specifier}'\nglobalThis.x = x` }
      const message = await refusal(attempt(name, files, ['lib']))
      expect(message).toContain('WASM_EXTERNAL node_modules/lib/wasm/x.wasm')
      await attempt(name, files, ['lib'], { exclude: 'npm:lib' })
    }
  })
})

it.each(['vite', 'rollup', 'rolldown', 'esbuild'] as const)(
  'THREAT 39: an import from a server, which %s leaves alone by itself, is refused',
  async (name) => {
    const address = 'https://cdn.example/x.wasm'
    const files = { 'main.js': `globalThis.x = import('${address}')` }
    expect(await refusal(attempt(name, files, []))).toContain(`WASM_EXTERNAL ${address}`)
    await attempt(name, files, [], { exclude: [address] })
  },
)

/** A package that imports its own core module, another of its own that it only refers to, and one that depends on it. */
const packages = async (): Promise<Files> => ({
  'node_modules/lib/package.json': manifest('lib', { main: 'index.js', dependencies: { inner: '1' } }),
  'node_modules/lib/index.js': `export * from 'inner'`,
  'node_modules/inner/package.json': manifest('inner', { main: 'index.js' }),
  'node_modules/inner/index.js': `import * as x from './x.wasm'\nexport const y = x, url = new URL('./y.wasm', import.meta.url)`,
  'node_modules/inner/x.wasm': await coreModule(),
  'node_modules/inner/y.wasm': await coreModule(),
  'main.js': `import { y } from 'lib'\nglobalThis.y = y`,
})

describe.each(BUNDLERS)('THREAT 39: a package that %s leaves to Node', (name) => {
  it('is listed with the core modules that it imports, or that one of its dependencies does', async () => {
    const { lines } = await attempt(name, await packages(), ['lib'])
    expect(lines.join('\n')).toContain("as trusted as the package's JavaScript: inner (1)")
  })

  it("is refused with `packages: 'verify'`, and the line of the refusal makes it pass", async () => {
    const message = await refusal(attempt(name, await packages(), ['lib'], { packages: 'verify' }))
    expect(message).toMatch(/PACKAGE_UNVERIFIED.*inner \(x\.wasm\)/)
    expect(message).toContain(`exclude: ['npm:inner']`)
    await attempt(name, await packages(), ['lib'], { packages: 'verify', exclude: ['npm:inner'] })
    const signed = {
      ...(await packages()),
      'node_modules/inner/x.wasm': inState(await coreModule(), 'signed'),
    }
    await attempt(name, signed, ['lib'], { packages: 'verify' })
  })
})

it('THREAT 39: what esbuild does not bundle at all is refused', async () => {
  const project = makeProject({ 'main.js': FORMS['a static import'], 'x.wasm': await coreModule() })
  const building = build.esbuild({
    project,
    options: { keys: TRUSTED_PEM },
    target: 'node',
    out: 'dist',
    config: { bundle: false },
  })
  await expect(building).rejects.toThrow('WASM_EXTERNAL x.wasm')
  expect(existsSync(project.at('dist/main.js'))).toBe(false)
})

describe('THREAT 39: packages that a dev server leaves to Node', () => {
  const open = async (options: Options) => {
    const project = makeProject({
      'package.json': manifest('app', { dependencies: { lib: '1' } }),
      ...(await packages()),
      // Node 20 imports no core module.
      'node_modules/inner/index.js': `export const y = () => import('./x.wasm')`,
    })
    return (await startServer(project, { keys: TRUSTED_PEM, ...options })).server
  }

  it("are refused with `packages: 'verify'` in dev SSR", async () => {
    await (await open({})).ssrLoadModule('/main.js')
    await expect((await open({ packages: 'verify' })).ssrLoadModule('/main.js')).rejects.toThrow(
      '[signed-wasm]',
    )
    await (await open({ packages: 'verify', exclude: 'npm:inner' })).ssrLoadModule('/main.js')
  })

  it.each(['report', 'verify'] as const)('are judged in Vitest: %s', async (packages_) => {
    const project = makeProject({
      'package.json': manifest('app', { dependencies: { lib: '1' } }),
      ...(await packages()),
      'node_modules/inner/index.js': `export const y = () => import('./x.wasm')`,
      'trusted.pub': TRUSTED_PEM,
      'vitest.config.js': `import signedWasm from 'unplugin-signed-wasm/vite'
        export default {
          plugins: [signedWasm({ keys: 'trusted.pub', packages: '${packages_}' })],
          test: { include: ['*.check.js'] },
        }`,
      'a.check.js': `import { expect, it } from 'vitest'
        import './main.js'
        it('has it', () => expect(globalThis.y).toBeTypeOf('function'))`,
    })
    linkPackage(project)
    const { code, output } = await tool('vitest/vitest.mjs', ['run'], { cwd: project.root })
    expect(code, output).toBe(packages_ === 'report' ? 0 : 1)
    expect(output).toContain(packages_ === 'report' ? '1 passed' : '[signed-wasm]')
  })
})
