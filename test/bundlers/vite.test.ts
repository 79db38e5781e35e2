import { describe, expect, it } from 'vitest'
import { build } from '../kit/bundlers.js'
import { describeConformance } from '../kit/conformance/conformance.js'
import { rollupFlipping, rollupForeign } from '../kit/conformance/plugins.js'
import { inState, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { constantComponent } from '../kit/wat.js'

const lib = (format: string, script: string) => ({
  where: `the format ${format}`,
  config: {
    build: { lib: { entry: 'main.js', formats: [format], name: 'app', fileName: 'main' }, outDir: 'dist' },
  },
  script,
  isForPages: format !== 'cjs',
})

const target = (targets: string | string[], where = String(targets)) => ({
  where: `the target ${where}`,
  config: {
    build: {
      target: targets,
      ssr: 'main.js',
      outDir: 'dist',
      rolldownOptions: { output: { entryFileNames: 'main.js' } },
    },
  },
  isModule: true,
})

describeConformance({
  name: 'vite',
  coreModule: { main: `import { answer } from './core.wasm'\nglobalThis.answers = answer()` },
  knowsHolders: true,
  hasRoot: true,
  followsUrls: true,
  shippingUrls: { build: { assetsInlineLimit: 0, outDir: 'dist', rolldownOptions: { input: 'main.js' } } },
  foreign: rollupForeign,
  flipping: rollupFlipping,
  lacks: [
    lib('umd', 'dist/main.umd.js'),
    lib('iife', 'dist/main.iife.js'),
    lib('cjs', 'dist/main.js'),
    target('es2020'),
    target(['chrome88', 'firefox114', 'safari14.1'], 'chrome88, safari14.1'),
  ],
  hasAwait: [target('es2022'), target(['chrome89', 'safari15', 'node20'])],
  talkative: { logLevel: 'info' },
  nesting: [
    (plugin) => [[plugin]],
    (plugin) => Promise.resolve(plugin),
    (plugin) => [Promise.resolve([plugin])],
    (plugin) => ({ name: 'preset', config: () => ({ build: { rolldownOptions: { plugins: [plugin] } } }) }),
  ],
  limits: {},
})

describe('TOP_LEVEL_AWAIT', () => {
  it('names the import as it is written, by an alias as well', async () => {
    for (const specifier of ['@/x.wasm', './lib/x.wasm', '#x.wasm', './lib/x.wasm?component']) {
      const project = makeProject({
        'package.json': JSON.stringify({ type: 'module', imports: { '#x.wasm': './lib/x.wasm' } }),
        'main.js': `import { answer } from '${specifier}'\nglobalThis.answers = answer()`,
        'lib/x.wasm': inState(await constantComponent(1), 'signed'),
      })
      const config = {
        resolve: { alias: { '@': project.at('lib') } },
        build: { target: 'es2020', ssr: 'main.js', outDir: 'dist' },
      }
      await expect(
        build.vite({ project, options: { keys: TRUSTED_PEM }, target: 'node', out: 'dist', config }),
      ).rejects.toThrow(`import instantiate from '${specifier.replace('?component', '')}?instantiate'`)
    }
  })
})
