/** Targets on which a URL relative to the code leads nowhere, and what is missing where. */

import { describe, expect, it } from 'vitest'
import { build } from '../kit/bundlers.js'
import { inState, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { command, runInNode } from '../kit/run.js'
import { constantComponent } from '../kit/wat.js'

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

  it.each(['webpack', 'rspack'] as const)('%s with scripts for Node that have no address', async (name) => {
    for (const library of [undefined, { type: 'commonjs2' }]) {
      const project = makeProject({
        'package.json': '{}',
        'main.js': LAZY_MAIN,
        'x.wasm': inState(await constantComponent(1), 'signed'),
      })
      const output = { path: project.at('dist'), filename: 'main.js', publicPath: 'auto', library }
      // As Rslib has it for libraries, to which all is external.
      const config = {
        output: { ...output, module: false, chunkFormat: 'commonjs' },
        ...(library && { externalsPresets: { node: false } }),
      }
      await build[name]({ project, options, target: 'node', out: 'dist', config })
      expect(wasmIn(project.files('dist'))).toEqual([])
      expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 1 }])
    }
  })

  it.each(['webpack', 'rspack'] as const)(
    '%s with a library of scripts whose files are said to be on a server',
    async (name) => {
      const project = makeProject({
        'main.js': LAZY_MAIN,
        'x.wasm': inState(await constantComponent(1), 'signed'),
      })
      const output = { path: project.at('dist'), publicPath: '/', library: { type: 'umd', name: 'Lib' } }
      await build[name]({ project, options, target: 'browser', out: 'dist', config: { output } })
      expect(wasmIn(project.files('dist'))).toEqual([])
    },
  )

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

it.each(['webpack', 'rspack'] as const)(
  '%s finds the file beside the main script of Electron',
  async (name) => {
    const project = makeProject({
      'package.json': '{}',
      'main.js': LAZY_MAIN,
      'x.wasm': inState(await constantComponent(1), 'signed'),
    })
    const config = { target: 'electron-main', output: { module: false, chunkFormat: 'commonjs' } }
    await build[name]({ project, options, target: 'node', out: 'dist', config })
    expect(wasmIn(project.files('dist'))).toHaveLength(1)
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 1 }])
  },
)

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
