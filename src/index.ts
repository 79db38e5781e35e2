/** The plugin: its name and its hooks. Import it through the entry of your bundler, such as `./vite`. */

import { createUnplugin, type UnpluginInstance, type UnpluginOptions } from 'unplugin'
import { NAME } from './build/bundlers/bundler.js'
import { esbuildHooks } from './build/bundlers/esbuild.js'
import { farmHooks } from './build/bundlers/farm.js'
import { rollupHooks } from './build/bundlers/rollup.js'
import { viteHooks } from './build/bundlers/vite.js'
import { webpackHooks } from './build/bundlers/webpack.js'
import { Pipeline } from './build/component.js'
import type { Options } from './build/options.js'

export type { JcoOptions, KeySource, Limits, Options } from './build/options.js'

const HOOKS: Record<string, (pipeline: Pipeline) => Partial<UnpluginOptions>> = {
  vite: viteHooks,
  rollup: (pipeline) => rollupHooks(pipeline, 'rollup'),
  rolldown: (pipeline) => rollupHooks(pipeline, 'rolldown'),
  webpack: (pipeline) => webpackHooks(pipeline, 'webpack'),
  rspack: (pipeline) => webpackHooks(pipeline, 'rspack'),
  esbuild: esbuildHooks,
  farm: farmHooks,
}

/**
 * Lets `.wasm` components into the bundle when a key that you trust has signed them, as ES modules.
 * @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID` at once; all else when the build runs
 */
export const signedWasm: UnpluginInstance<Options | undefined> = createUnplugin<Options | undefined>(
  (options, { framework }) => {
    const hooks = HOOKS[framework]
    if (hooks === undefined) throw new TypeError(`unplugin-signed-wasm does not support ${framework}`)
    return { name: NAME, enforce: 'pre', ...hooks(new Pipeline(options)) }
  },
)

export default signedWasm
