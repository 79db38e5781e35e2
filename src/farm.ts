import { createFarmPlugin, type UnpluginInstance } from 'unplugin'
import { farmHooks } from './plugin/bundlers/farm.js'
import { factoryOf } from './plugin/bundlers/factory.js'
import type { Options } from './plugin/options.js'

/**
 * The plugin for Farm.
 *
 * ```js
 * // farm.config.ts
 * import { defineConfig } from '@farmfe/core'
 * import signedWasm from 'unplugin-signed-wasm/farm'
 *
 * export default defineConfig({
 *   compilation: { persistentCache: false },
 *   plugins: [signedWasm({ keys: 'keys/' })],
 * })
 * ```
 */
const plugin: UnpluginInstance<Options | undefined>['farm'] = createFarmPlugin(factoryOf(farmHooks))

export default plugin
