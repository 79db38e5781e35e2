import type { UnpluginInstance } from 'unplugin'
import { type Options, signedWasm } from './index.js'

/**
 * The plugin for Rollup.
 *
 * ```js
 * // rollup.config.js
 * import signedWasm from 'unplugin-signed-wasm/rollup'
 *
 * export default {
 *   input: 'src/main.js',
 *   output: { dir: 'dist', format: 'es' },
 *   plugins: [signedWasm({ keys: 'keys/' })],
 * }
 * ```
 */
const plugin: UnpluginInstance<Options | undefined>['rollup'] = signedWasm.rollup

export default plugin
