import { describeConformance } from '../kit/conformance/conformance.js'
import { rollupFlipping, rollupForeign } from '../kit/conformance/plugins.js'

describeConformance({
  name: 'rolldown',
  coreModule: {
    main: `import bytes from './core.wasm'\nglobalThis.answers = (await WebAssembly.instantiate(bytes)).instance.exports.answer()`,
    config: { moduleTypes: { '.wasm': 'binary' } },
  },
  knowsHolders: true,
  hasRoot: false,
  followsUrls: false,
  foreign: rollupForeign,
  flipping: rollupFlipping,
  lacks: ['cjs', 'iife', 'umd'].map((format) => ({
    where: `the format ${format}`,
    config: { output: { format, name: 'app' } },
    isForPages: format !== 'cjs',
  })),
  hasAwait: [],
  nesting: [
    (plugin) => [[plugin]],
    (plugin) => Promise.resolve(plugin),
    (plugin) => [Promise.resolve([plugin])],
    (plugin) => ({
      name: 'preset',
      options: (options: { plugins: unknown[] }) => ({ ...options, plugins: [...options.plugins, plugin] }),
    }),
  ],
  limits: {},
})
