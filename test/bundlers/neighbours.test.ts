/** Plugins of others that want every `.wasm` file for themselves, before ours in the list and after it. */

import { wasm } from '@rollup/plugin-wasm'
import { createServer, type Plugin } from 'vite'
import wasmPlugin from 'vite-plugin-wasm'
import { describe, expect, it } from 'vitest'
import { signedWasm } from '../../src/index.js'
import { build, type BundlerName } from '../kit/bundlers.js'
import { inState, makeProject, type Status, TRUSTED_PEM } from '../kit/project.js'
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
