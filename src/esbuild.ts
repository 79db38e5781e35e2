import { createEsbuildPlugin, type UnpluginInstance } from 'unplugin'
import { esbuildHooks } from './plugin/bundlers/esbuild.js'
import { factoryOf } from './plugin/bundlers/factory.js'
import type { Options } from './plugin/options.js'

/**
 * The plugin for esbuild.
 *
 * ```js
 * // build.mjs
 * import { build } from 'esbuild'
 * import signedWasm from 'unplugin-signed-wasm/esbuild'
 *
 * await build({
 *   entryPoints: ['src/main.js'],
 *   bundle: true,
 *   format: 'esm',
 *   outdir: 'dist',
 *   plugins: [signedWasm({ keys: 'keys/' })],
 * })
 * ```
 */
const plugin: UnpluginInstance<Options | undefined>['esbuild'] = createEsbuildPlugin(factoryOf(esbuildHooks))

export default plugin
