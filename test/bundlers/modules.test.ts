/** `asset: 'modules'` for pages and for Node: core modules as files of their own, found by their URLs. */

import { describe, expect, it } from 'vitest'
import type { Options } from '../../src/index.js'
import { build, BUNDLERS, type BundlerName, type BuildRequest } from '../kit/bundlers.js'
import { fixture, inState, makeProject, type Status, TRUSTED_PEM } from '../kit/project.js'
import { HAS_BROWSER, runInBrowser, runInNode } from '../kit/run.js'
import { constantComponent } from '../kit/wat.js'

const TARGETS = HAS_BROWSER ? (['node', 'browser'] as const) : (['node'] as const)

/** How the option is written for each bundler that has such files. */
const ASSETS: Partial<Record<BundlerName, Options['asset']>> = {
  vite: 'modules',
  rollup: { modules: 'url' },
  rolldown: 'modules',
  esbuild: 'modules',
}

const MAIN = `
  import { greet } from './hello.wasm'
  import create from './composed.wasm?instantiate'
  const { shout } = await create()
  globalThis.answers = [greet('a'), shout('b')]`

const makeApp = (status: Status = 'signed') =>
  makeProject({
    'main.js': MAIN,
    'hello.wasm': inState(fixture('hello'), status),
    'composed.wasm': inState(fixture('composed'), 'signed'),
  })

const request = (more: Partial<BuildRequest> & Pick<BuildRequest, 'project'>): BuildRequest => ({
  target: 'node',
  out: 'dist',
  ...more,
  options: { keys: TRUSTED_PEM, ...more.options },
})

describe.each(Object.entries(ASSETS) as [BundlerName, NonNullable<Options['asset']>][])(
  '%s',
  (name, asset) => {
    it.each(TARGETS)('ships core modules instead of the file, and compiles those, in %s', async (target) => {
      const project = makeApp()
      await build[name](request({ project, target, options: { asset } }))
      const [outcome] =
        target === 'node'
          ? await runInNode([project.at('dist/main.js')])
          : await runInBrowser(project.root, ['dist/main.js'])
      expect(outcome).toEqual({ answers: ['Hello, a!', 'Hello, b!!!'] })
      const files = project.files('dist').filter((file) => file.endsWith('.wasm'))
      // One of the first component, three of the second, and an adapter.
      expect(files).toHaveLength(5)
      for (const file of files) expect(project.read(`dist/${file}`)[4]).toBe(1)
    })

    it.each([
      ['tampered', 'CONTENT_MODIFIED'],
      ['unsigned', 'COMPONENT_UNSIGNED'],
      ['unknown signer', 'SIGNER_UNTRUSTED'],
    ] as const)('refuses a component that is %s', async (status, code) => {
      const project = makeApp(status)
      await expect(build[name](request({ project, options: { asset } }))).rejects.toThrow(
        `${code} hello.wasm`,
      )
      expect(project.files('dist').filter((file) => file.endsWith('.wasm'))).toEqual([])
    })

    it('cannot check them again, and says so', async () => {
      const options: Options = { asset, recheck: 'digest' }
      await expect(build[name](request({ project: makeApp(), options }))).rejects.toThrow(
        'RECHECK_UNSUPPORTED',
      )
    })
  },
)

describe('where core modules cannot be files of their own', () => {
  const others = BUNDLERS.filter((name) => !(name in ASSETS))

  it.each(others)('%s says so', async (name) => {
    const project = makeProject({
      'main.js': `import { answer } from './x.wasm'\nglobalThis.answers = answer()`,
      'x.wasm': inState(await constantComponent(1), 'signed'),
    })
    await expect(build[name](request({ project, options: { asset: 'modules' } }))).rejects.toThrow(
      /MODULES_UNSUPPORTED x\.wasm: its core modules cannot be files of their own in (?:webpack|rspack|Farm)/,
    )
  })

  it.each([
    ['rollup', {}],
    ['rolldown', { platform: 'neutral' }],
    ['esbuild', { platform: 'neutral', target: 'es2022', mainFields: ['module'] }],
  ] as const)('%s does not tell for what it builds, and has to be told how', async (name, config) => {
    const options: Options = { asset: 'modules' }
    await expect(build[name](request({ project: makeApp(), options, config }))).rejects.toThrow(
      "hint: asset: { modules: 'import' } for a runtime that hands them over compiled, { modules: 'url' } for pages and Node",
    )
  })
})
