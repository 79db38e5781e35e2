import { createRolldownPlugin, type UnpluginInstance } from 'unplugin'
import { rollupHooks } from './plugin/bundlers/rollup.js'
import { factoryOf } from './plugin/bundlers/factory.js'
import type { Options } from './plugin/options.js'

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
const plugin: UnpluginInstance<Options | undefined>['rolldown'] = createRolldownPlugin(
  factoryOf((pipeline) => rollupHooks(pipeline, 'rolldown')),
)

export default plugin
