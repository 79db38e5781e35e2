import type { UnpluginInstance } from 'unplugin'
import { type Options, signedWasm } from './index.js'

/**
 * The plugin for Rspack.
 *
 * ```js
 * // rspack.config.mjs
 * import signedWasm from 'unplugin-signed-wasm/rspack'
 *
 * export default {
 *   entry: './src/main.js',
 *   plugins: [signedWasm({ keys: 'keys/' })],
 * }
 * ```
 */
const plugin: UnpluginInstance<Options | undefined>['rspack'] = signedWasm.rspack

export default plugin
