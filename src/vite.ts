import type { UnpluginInstance } from 'unplugin'
import { type Options, signedWasm } from './index.js'

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
const plugin: UnpluginInstance<Options | undefined>['vite'] = signedWasm.vite

export default plugin
