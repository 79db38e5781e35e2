import { describeConformance } from '../kit/conformance/conformance.js'
import { describeLoaders } from '../kit/conformance/loaders.js'
import { webpackFlipping, webpackForeign } from '../kit/conformance/plugins.js'

describeConformance({
  name: 'rspack',
  coreModule: {
    main: `import { answer } from './core.wasm'\nglobalThis.answers = answer()`,
    config: { experiments: { asyncWebAssembly: true } },
  },
  knowsHolders: true,
  hasRoot: true,
  followsUrls: true,
  foreign: webpackForeign,
  flipping: webpackFlipping,
  lacks: [],
  hasAwait: [
    {
      where: 'CommonJS',
      config: {
        experiments: { outputModule: false },
        output: { module: false, chunkFormat: 'commonjs', library: { type: 'commonjs2' } },
      },
    },
  ],
  nesting: [(plugin) => (compiler: unknown) => (plugin as { apply(to: unknown): void }).apply(compiler)],
  cache: (folder) => ({ cache: { type: 'persistent', storage: { type: 'filesystem', directory: folder } } }),
  limits: {},
})
describeLoaders('rspack')
