import type { UnpluginInstance } from 'unplugin'
import { type Options, signedWasm } from './index.js'

/**
 * The plugin for webpack.
 *
 * ```js
 * // webpack.config.mjs
 * import signedWasm from 'unplugin-signed-wasm/webpack'
 *
 * export default {
 *   entry: './src/main.js',
 *   plugins: [signedWasm({ keys: 'keys/' })],
 * }
 * ```
 */
const plugin: UnpluginInstance<Options | undefined>['webpack'] = signedWasm.webpack

export default plugin
