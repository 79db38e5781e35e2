import type { UnpluginInstance } from 'unplugin'
import { type Options, signedWasm } from './index.js'

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
const plugin: UnpluginInstance<Options | undefined>['farm'] = signedWasm.farm

export default plugin
