import type { UnpluginInstance } from 'unplugin'
import { type Options, signedWasm } from './index.js'

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
const plugin: UnpluginInstance<Options | undefined>['esbuild'] = signedWasm.esbuild

export default plugin
