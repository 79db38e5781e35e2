import { createRspackPlugin, type UnpluginInstance } from 'unplugin'
import { webpackHooks } from './plugin/bundlers/webpack.js'
import { factoryOf } from './plugin/bundlers/factory.js'
import type { Options } from './plugin/options.js'

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
const plugin: UnpluginInstance<Options | undefined>['rspack'] = createRspackPlugin(
  factoryOf((pipeline) => webpackHooks(pipeline, 'rspack')),
)

export default plugin
