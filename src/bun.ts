import { type BunPlugin, bunPlugin } from './plugin/bundlers/bun-plugin.js'
import type { Options } from './plugin/options.js'

export type { BunPlugin } from './plugin/bundlers/bun-plugin.js'
export type { JcoOptions, KeySource, Limits, Options } from './plugin/options.js'

/**
 * The plugin for Bun.
 *
 * ```js
 * // build.js, for Bun.build
 * import signedWasm from 'unplugin-signed-wasm/bun'
 *
 * await Bun.build({
 *   entrypoints: ['src/main.js'],
 *   outdir: 'dist',
 *   plugins: [signedWasm({ keys: 'keys/' })],
 * })
 * ```
 *
 * ```js
 * // wasm.js, for bun --preload ./wasm.js app.js
 * import { plugin } from 'bun'
 * import signedWasm from 'unplugin-signed-wasm/bun'
 *
 * plugin(signedWasm({ keys: 'keys/' }))
 * ```
 */
const plugin: (options?: Options) => BunPlugin = bunPlugin

export default plugin
