import { createWebpackPlugin, type UnpluginInstance } from 'unplugin'
import { webpackHooks } from './plugin/bundlers/webpack.js'
import { factoryOf } from './plugin/bundlers/factory.js'
import type { Options } from './plugin/options.js'

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
const plugin: UnpluginInstance<Options | undefined>['webpack'] = createWebpackPlugin(
  factoryOf((pipeline) => webpackHooks(pipeline, 'webpack')),
)

export default plugin
