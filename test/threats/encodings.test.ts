/** THREAT 38: wasm in encodings that bundlers write themselves, one build for each. */

import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Options } from '../../src/index.js'
import { build, type BuildRequest, type BundlerName } from '../kit/bundlers.js'
import { inState, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { numbers } from '../kit/encodings.js'
import { CONNECTED, PROBES } from '../kit/probes.js'
import { constantComponent, coreModule } from '../kit/wat.js'

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

/** How scripts hold bytes that no loader has put there. */
const WRITTEN: Record<string, (bytes: Uint8Array) => string> = {
  'a list of numbers': (bytes) => `new Uint8Array([${numbers['people']!(bytes)}])`,
  hexadecimal: (bytes) => `'${Buffer.from(bytes).toString('hex')}'`,
  'a binary string': (bytes) => JSON.stringify(Buffer.from(bytes).toString('latin1')),
  'gzip in base64': (bytes) => `'${gzipSync(bytes).toString('base64')}'`,
}

const TELLING = ['farm', 'esbuild', 'rolldown', 'rollup', 'vite', 'webpack', 'rspack'] as const

describe.each(Object.keys(WRITTEN))('THREAT 38: %s', (how) => {
  const write = WRITTEN[how]!
  const main = `import { data } from './node_modules/lib/index.js'\nglobalThis.answers = data`
  const lib = (bytes: Uint8Array) => ({
    'node_modules/lib/package.json': '{ "name": "lib", "type": "module" }',
    'node_modules/lib/index.js': `export const data = ${write(bytes)}`,
  })
  const attempt = (
    bundler: BundlerName,
    files: Record<string, string>,
    more: Pick<BuildRequest, 'config'> & { options?: Options } = {},
  ) => {
    const project = makeProject(files)
    const options = { keys: TRUSTED_PEM, ...more.options }
    return build[bundler]({ project, target: 'browser', out: 'dist', minify: true, ...more, options })
  }

  it.each(TELLING)('belongs to whoever has written it, with %s', async (bundler) => {
    const core = await coreModule()
    const foreign = { 'main.js': main, ...lib(core) }
    await attempt(bundler, foreign)
    await expect(attempt(bundler, foreign, { options: { packages: 'verify' } })).rejects.toThrow(
      /PACKAGE_UNVERIFIED.*lib/,
    )
    const own = { 'main.js': `globalThis.answers = ${write(core)}` }
    await expect(attempt(bundler, own)).rejects.toThrow('UNVERIFIED_WASM')
    const component = { 'main.js': main, ...lib(await constantComponent(1)) }
    await expect(attempt(bundler, component)).rejects.toThrow('UNVERIFIED_WASM')
  })

  it.each([
    ['esbuild', { sourcemap: true }],
    ['webpack', { devtool: 'source-map' }],
  ] as const)('belongs to the same in a source map, with %s', async (bundler, config) => {
    await attempt(bundler, { 'main.js': main, ...lib(await coreModule()) }, { config })
  })
})

describe('THREAT 38: modules of which nothing can run', () => {
  it.each(TELLING)('need no permission, nor does anybody hear of them, with %s', async (bundler) => {
    const probes = Object.values(PROBES).map((probe) => `new Uint8Array([${probe.join()}])`)
    const project = makeProject({ 'main.js': `globalThis.answers = [${probes.join()}]` })
    const options = { keys: TRUSTED_PEM }
    const { warnings, lines } = await build[bundler]({ project, options, target: 'browser', out: 'dist' })
    expect(warnings).toEqual([])
    expect(lines.join()).not.toContain('not verified')
    const other = makeProject({ 'main.js': `globalThis.answers = [${CONNECTED['bigInt']!.join()}]` })
    await expect(build[bundler]({ project: other, options, target: 'browser', out: 'dist' })).rejects.toThrow(
      'UNVERIFIED_WASM',
    )
  })
})

/** How plugins put files into an output, other than as they are. */
const WRAPPED: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  'x.wasm.gz': gzipSync,
  'x.wasm.br': (bytes) => brotliCompressSync(bytes),
  'x.tar.gz': (bytes) => gzipSync(Buffer.concat([Buffer.alloc(512, 'x'), bytes, Buffer.alloc(1024)])),
  'x.data': (bytes) => Buffer.concat([Buffer.from('pack'), bytes, Buffer.from('more')]),
}

it.each(Object.keys(WRAPPED))(
  'THREAT 38: %s that a plugin emits has only what is signed',
  async (fileName) => {
    const emitting = (bytes: Uint8Array) => ({
      name: 'emitting',
      generateBundle(this: { emitFile(file: object): void }) {
        this.emitFile({ type: 'asset', fileName, source: WRAPPED[fileName]!(bytes) })
      },
    })
    const attempt = (bytes: Uint8Array) => {
      const [project, options] = [makeProject({ 'main.js': 'globalThis.answers = 1' }), { keys: TRUSTED_PEM }]
      return build.rollup({
        project,
        options,
        target: 'browser',
        out: 'dist',
        config: { plugins: [emitting(bytes)] },
      })
    }
    const bytes = await constantComponent(1)
    await expect(attempt(bytes)).rejects.toThrow(`UNVERIFIED_WASM ${fileName}`)
    await attempt(inState(bytes, 'signed'))
  },
)
