import type { UnpluginInstance } from 'unplugin'
import { type Options, signedWasm } from './index.js'

/**
 * The plugin for Rolldown.
 *
 * ```js
 * // rolldown.config.js
 * import { defineConfig } from 'rolldown'
 * import signedWasm from 'unplugin-signed-wasm/rolldown'
 *
 * export default defineConfig({
 *   input: 'src/main.js',
 *   plugins: [signedWasm({ keys: 'keys/' })],
 * })
 * ```
 */
const plugin: UnpluginInstance<Options | undefined>['rolldown'] = signedWasm.rolldown

export default plugin
