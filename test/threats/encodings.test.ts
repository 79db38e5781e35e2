/** THREAT 38: wasm in encodings that bundlers write themselves, one build for each. */

import { describe, expect, it } from 'vitest'
import { build, type BundlerName } from '../kit/bundlers.js'
import { inState, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { constantComponent } from '../kit/wat.js'

interface Case {
  how: string
  bundler: BundlerName
  /** What the script imports. @default ./x.bin */
  from?: string
  minify?: boolean
  config?: Record<string, unknown>
}

const rule = (type: string, more: object = {}) => ({ module: { rules: [{ test: /\.bin$/, type, ...more }] } })
const PERCENT = { generator: { dataUrl: { encoding: false, mimetype: 'application/wasm' } } }

/** Stands for the plugins that let Rollup import text, of which all do this. */
const textPlugin = {
  name: 'text',
  transform: (code: string, id: string) =>
    id.endsWith('.bin') ? { code: `export default ${JSON.stringify(code)}`, map: null } : null,
}

const CASES: Case[] = [
  { how: 'the loader for text', bundler: 'esbuild', config: { loader: { '.bin': 'text' } } },
  {
    how: 'the loader for text, minified',
    bundler: 'esbuild',
    minify: true,
    config: { loader: { '.bin': 'text' } },
  },
  { how: 'the loader for data URLs', bundler: 'esbuild', config: { loader: { '.bin': 'dataurl' } } },
  { how: 'the type text', bundler: 'rolldown', config: { moduleTypes: { '.bin': 'text' } } },
  {
    how: 'the type text, minified',
    bundler: 'rolldown',
    config: { moduleTypes: { '.bin': 'text' }, output: { minify: true } },
  },
  { how: 'the type dataurl', bundler: 'rolldown', config: { moduleTypes: { '.bin': 'dataurl' } } },
  { how: 'a plugin for text', bundler: 'rollup', config: { plugins: [textPlugin] } },
  { how: '?raw', bundler: 'vite', from: './x.bin?raw' },
  { how: '?raw, minified', bundler: 'vite', from: './x.bin?raw', minify: true },
  ...(['webpack', 'rspack'] as const).flatMap((bundler): Case[] => [
    { how: 'asset/source', bundler, config: rule('asset/source') },
    { how: 'asset/source, minified', bundler, minify: true, config: rule('asset/source') },
    {
      how: 'asset/source in a script that is evaluated',
      bundler,
      config: { ...rule('asset/source'), mode: 'development', devtool: 'eval' },
    },
    { how: 'asset/inline without base64', bundler, config: rule('asset/inline', PERCENT) },
  ]),
]

describe.each(CASES)('THREAT 38: $how of $bundler', ({ bundler, from = './x.bin', minify, config }) => {
  const attempt = async (bytes: Uint8Array, exclude: string[] = []) => {
    const main = `import x from '${from}'\nglobalThis.answers = x`
    const project = makeProject({ 'main.js': main, 'x.bin': bytes })
    const options = { keys: TRUSTED_PEM, exclude }
    await build[bundler]({
      project,
      options,
      target: 'browser',
      out: 'dist',
      minify: minify ?? false,
      ...(config && { config }),
    })
    return project.read('dist/main.js')
  }

  it('ships no unsigned component, unless it is excluded', async () => {
    const bytes = await constantComponent(1)
    await expect(attempt(bytes)).rejects.toThrow('UNVERIFIED_WASM')
    await attempt(bytes, ['x.bin'])
  })

  it('ships no component whose bytes it destroys, though it was signed', async () => {
    // A signature is no UTF-8. Rolldown refuses such text itself.
    const bytes = inState(await constantComponent(1), 'signed')
    const built = attempt(bytes).then((script) => Buffer.from(script).toString('latin1'), String)
    expect(await built).toMatch(/UNVERIFIED_WASM|valid UTF-8|base64,AGFzbQ|%[89A-F][\dA-F]/)
  })
})
