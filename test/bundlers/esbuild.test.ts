import { describeConformance } from '../kit/conformance/conformance.js'
import { esbuildForeign } from '../kit/conformance/plugins.js'

describeConformance({
  name: 'esbuild',
  coreModule: {
    main: `import bytes from './core.wasm'\nglobalThis.answers = (await WebAssembly.instantiate(bytes)).instance.exports.answer()`,
    config: { loader: { '.wasm': 'binary' }, target: 'es2022' },
  },
  knowsHolders: true,
  hasRoot: true,
  followsUrls: false,
  foreign: esbuildForeign,
  lacks: [
    { where: 'the format cjs', config: { format: 'cjs' } },
    { where: 'the format iife', config: { format: 'iife' } },
    { where: 'the target es2020', config: { target: 'es2020' }, isModule: true },
    {
      where: 'the target chrome80, firefox78',
      config: { target: ['chrome80', 'firefox78'] },
      isModule: true,
    },
    { where: 'the target', config: { supported: { 'top-level-await': false } }, isModule: true },
  ],
  hasAwait: [],
  talkative: { logLevel: 'warning' },
  nesting: [
    (plugin) => ({
      name: 'preset',
      setup: (build: unknown) => (plugin as { setup(build: unknown): void }).setup(build),
    }),
  ],
  limits: {},
})
