/** Components that are named by what a package exports or imports, with and without a query. */

import type * as esbuild from 'esbuild'
import { describe, expect, it } from 'vitest'
import { build, BUNDLERS } from '../kit/bundlers.js'
import { inState, makeProject, type Status, TRUSTED_PEM } from '../kit/project.js'
import { runInNode } from '../kit/run.js'
import { constantComponent } from '../kit/wat.js'

const SPECIFIERS = ['acme/hello.wasm', 'acme/named', '#hello', '#deep/it.wasm']

async function projectOf(specifier: string, status: Status) {
  const bytes = inState(await constantComponent(7), status)
  return makeProject({
    'package.json': JSON.stringify({
      name: 'app',
      type: 'module',
      imports: { '#hello': './src/own.wasm', '#deep/*': './src/*' },
      dependencies: { acme: '1' },
    }),
    'src/own.wasm': bytes,
    'src/it.wasm': bytes,
    'node_modules/acme/package.json': JSON.stringify({
      name: 'acme',
      version: '1.0.0',
      type: 'module',
      exports: { './hello.wasm': './dist/hello.wasm', './named': './dist/hello.wasm' },
    }),
    'node_modules/acme/dist/hello.wasm': bytes,
    'main.js': specifier.includes('?instantiate')
      ? `import make from '${specifier}'\nglobalThis.answers = (await make()).answer()`
      : `import { answer } from '${specifier}'\nglobalThis.answers = answer()`,
  })
}

/** Rollup itself leaves such names to Node. */
const finding = {
  name: 'finding',
  async resolveId(this: { resolve(id: string): Promise<unknown> }, source: string, importer: string) {
    const project = importer?.replace(/[^/]*$/, '')
    const files: Record<string, string> = {
      'acme/hello.wasm': 'node_modules/acme/dist/hello.wasm',
      'acme/named': 'node_modules/acme/dist/hello.wasm',
      '#hello': 'src/own.wasm',
      '#deep/it.wasm': 'src/it.wasm',
    }
    return files[source] === undefined ? null : `${project}${files[source]}`
  },
}

describe.each(BUNDLERS)('%s', (bundler) => {
  const attempt = async (specifier: string, status: Status) => {
    const project = await projectOf(specifier, status)
    const config = bundler === 'rollup' ? { plugins: [finding] } : {}
    await build[bundler]({ project, options: { keys: TRUSTED_PEM }, target: 'node', out: 'dist', config })
    return project
  }

  it.each(SPECIFIERS.flatMap((name) => [name, `${name}?component`, `${name}?instantiate`]))(
    'finds and judges %s',
    async (specifier) => {
      const project = await attempt(specifier, 'signed')
      expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 7 }])
      await expect(attempt(specifier, 'tampered')).rejects.toThrow('CONTENT_MODIFIED')
    },
  )
})

describe('a query of somebody else, which has the name of ours', () => {
  const files = {
    'package.json': JSON.stringify({ name: 'app', type: 'module', imports: { '#icon': './icon.svg' } }),
    'icon.svg': '<svg/>',
    'node_modules/acme/package.json': JSON.stringify({ name: 'acme', version: '1.0.0' }),
    'node_modules/acme/icon.svg': '<svg/>',
  }
  const SCRIPT = `export default 'an icon'`

  it.each(['./icon.svg?component', './icon.svg?instantiate'])(
    'stays theirs in Rollup: %s',
    async (specifier) => {
      const asked: string[] = []
      const icons = {
        name: 'icons',
        resolveId: (source: string) => (
          asked.push(source),
          source.endsWith('svg' + specifier.slice(10)) ? '\0icon' : null
        ),
        load: (id: string) => (id === '\0icon' ? SCRIPT : null),
      }
      const main = `import icon from '${specifier}'\nglobalThis.answers = icon`
      const project = makeProject({ ...files, 'main.js': main })
      const config = { plugins: [icons] }
      await build.rollup({ project, options: { keys: TRUSTED_PEM }, target: 'node', out: 'dist', config })
      expect(asked).toContain(specifier)
      expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 'an icon' }])
    },
  )

  it('stays theirs in webpack, where a rule asks for it', async () => {
    const main = `import icon from 'acme/icon.svg?component'\nglobalThis.answers = icon`
    const loader = { 'icons.cjs': `module.exports = () => ${JSON.stringify(SCRIPT)}` }
    const project = makeProject({ ...files, ...loader, 'main.js': main })
    const rules = [{ resourceQuery: /component/, type: 'javascript/auto', use: [project.at('icons.cjs')] }]
    const config = { module: { rules } }
    await build.webpack({ project, options: { keys: TRUSTED_PEM }, target: 'node', out: 'dist', config })
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 'an icon' }])
  })

  it('stays theirs in esbuild', async () => {
    const main = `import icon from '#icon?component'\nglobalThis.answers = icon`
    const project = makeProject({ ...files, 'main.js': main })
    const icons = {
      name: 'icons',
      setup(bundle: esbuild.PluginBuild) {
        bundle.onResolve({ filter: /\?component$/ }, () => ({ path: 'icon', namespace: 'icons' }))
        bundle.onLoad({ filter: /./, namespace: 'icons' }, () => ({ contents: SCRIPT }))
      },
    }
    const config = { plugins: [icons] }
    await build.esbuild({ project, options: { keys: TRUSTED_PEM }, target: 'node', out: 'dist', config })
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 'an icon' }])
  })
})

describe('THREAT 39: a name that Rollup leaves to Node', () => {
  it.each([...SPECIFIERS, ...SPECIFIERS.map((name) => `${name}?instantiate`)])(
    'is refused: %s',
    async (specifier) => {
      const project = await projectOf(specifier, 'signed')
      const building = build.rollup({ project, options: { keys: TRUSTED_PEM }, target: 'node', out: 'dist' })
      await expect(building).rejects.toThrow('WASM_EXTERNAL')
    },
  )
})
