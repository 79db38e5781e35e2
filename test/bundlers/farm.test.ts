import { readFileSync } from 'node:fs'
import { describeConformance } from '../kit/conformance/conformance.js'
import { farmFlipping, farmForeign } from '../kit/conformance/plugins.js'

/** Stands for whatever handles core modules in a project. */
const wasmPlugin = {
  name: 'wasm',
  load: {
    filters: { resolvedPaths: ['\\.wasm$'] },
    executor: ({ resolvedPath }: { resolvedPath: string }) => ({
      moduleType: 'js',
      content: `const bytes = Uint8Array.from(atob('${readFileSync(resolvedPath).toString('base64')}'), (c) => c.charCodeAt(0))
        export const { answer } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports`,
    }),
  },
}

describeConformance({
  name: 'farm',
  coreModule: {
    main: `import { answer } from './core.wasm'\nglobalThis.answers = answer()`,
    config: { plugins: [wasmPlugin] },
  },
  knowsHolders: true,
  hasRoot: true,
  followsUrls: true,
  foreign: farmForeign,
  flipping: farmFlipping,
  lacks: [],
  hasAwait: [{ where: 'CommonJS', config: { compilation: { output: { format: 'cjs' } } } }],
  nesting: [(plugin) => [plugin]],
  limits: {
    'string names': "its tree shaking panics on `export { x as 'a:b/c' }`",
    'relative base': 'its `import.meta.url` in browsers is then no URL',
    'linked folders': 'its resolver does not look into them',
    'new files': 'it watches for changes only',
    'repair of what is shipped':
      'its module graph panics when a file behind `new URL` is loaded after an error',
    'repair of what the sweep refuses': 'it panics when a hook refuses what it has made in an update',
  },
})
