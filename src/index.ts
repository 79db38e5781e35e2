/** The plugin: its name and its hooks. Import it through the entry of your bundler, such as `./vite`. */

import { createUnplugin, type UnpluginContextMeta, type UnpluginInstance } from 'unplugin'
import { esbuildHooks } from './plugin/bundlers/esbuild.js'
import { factoryOf, type Hooks } from './plugin/bundlers/factory.js'
import { farmHooks } from './plugin/bundlers/farm.js'
import { rollupHooks } from './plugin/bundlers/rollup.js'
import { viteHooks } from './plugin/bundlers/vite/hooks.js'
import { webpackHooks } from './plugin/bundlers/webpack.js'
import type { Options } from './plugin/options.js'

export type { JcoOptions, KeySource, Limits, Options } from './plugin/options.js'

/** The frameworks of unplugin that have an adapter here; a new one does not compile until it has one, or stands here. */
type Framework = Exclude<UnpluginContextMeta['framework'], 'unloader' | 'bun' | 'rsbuild'>

const HOOKS: Record<Framework, Hooks> = {
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
  (options, meta) => {
    const { framework } = meta
    if (framework === 'unloader' || framework === 'bun' || framework === 'rsbuild')
      throw new TypeError(`unplugin-signed-wasm does not support ${framework}`)
    return factoryOf(HOOKS[framework])(options, meta)
  },
)

export default signedWasm
