import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describeConformance } from '../kit/conformance/conformance.js'
import { rollupFlipping, rollupForeign } from '../kit/conformance/plugins.js'

/** Stands for @rollup/plugin-wasm, or whatever handles core modules in a project. */
const wasmPlugin = {
  name: 'wasm',
  load(id: string) {
    if (!id.endsWith('.wasm')) return null
    const base64 = readFileSync(id).toString('base64')
    return `export const { answer } = (await WebAssembly.instantiate(Uint8Array.from(atob('${base64}'), (c) => c.charCodeAt(0)))).instance.exports`
  },
}

/** Stands for @rollup/plugin-node-resolve, with `browser: true` or without. */
const resolver = (platform: 'nodejs' | 'browser') => ({
  name: 'resolver',
  resolveId(source: string) {
    if (!source.startsWith('@bytecodealliance/')) return null
    return createRequire(import.meta.url)
      .resolve(source)
      .replace('/dist/nodejs/', `/dist/${platform}/`)
  },
})

describeConformance({
  name: 'rollup',
  coreModule: {
    main: `import { answer } from './core.wasm'\nglobalThis.answers = answer()`,
    config: { plugins: [wasmPlugin] },
  },
  resolvers: { node: { plugins: [resolver('nodejs')] }, browser: { plugins: [resolver('browser')] } },
  knowsHolders: true,
  hasRoot: false,
  followsUrls: false,
  foreign: rollupForeign,
  flipping: rollupFlipping,
  lacks: ['cjs', 'iife', 'umd'].map((format) => ({
    where: `the format ${format}`,
    config: { output: { format, name: 'app' } },
    isForPages: format === 'iife',
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
