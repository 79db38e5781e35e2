import { createVitePlugin, type UnpluginInstance } from 'unplugin'
import { viteHooks } from './plugin/bundlers/vite/hooks.js'
import { factoryOf } from './plugin/bundlers/factory.js'
import type { Options } from './plugin/options.js'

/**
 * The plugin for Vite.
 *
 * ```js
 * // vite.config.ts
 * import signedWasm from 'unplugin-signed-wasm/vite'
 * import { defineConfig } from 'vite'
 *
 * export default defineConfig({
 *   plugins: [signedWasm({ keys: 'keys/' })],
 * })
 * ```
 */
const plugin: UnpluginInstance<Options | undefined>['vite'] = createVitePlugin(factoryOf(viteHooks))

export default plugin
