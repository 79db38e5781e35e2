import { createRollupPlugin, type UnpluginInstance } from 'unplugin'
import { rollupHooks } from './plugin/bundlers/rollup.js'
import { factoryOf } from './plugin/bundlers/factory.js'
import type { Options } from './plugin/options.js'

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
const plugin: UnpluginInstance<Options | undefined>['rollup'] = createRollupPlugin(
  factoryOf((pipeline) => rollupHooks(pipeline, 'rollup')),
)

export default plugin
