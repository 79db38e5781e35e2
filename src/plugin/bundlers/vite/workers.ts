/** Web workers, which Vite bundles each on its own. */

import { createVitePlugin, type UnpluginOptions } from 'unplugin'
import type { UserConfig } from 'vite'
import type { Pipeline } from '../../pipeline.js'
import { NAME, refuseSecond } from '../adapter.js'
import { fileUrlHooks } from '../file-url.js'
import { resolveShim } from '../rollup-resolve.js'
import { partHook } from '../rollup-output.js'
import type { ViteState } from './state.js'

/**
 * Builds bundle each web worker on its own, with plugins of its own; the dev server does not. Of ours they get what
 * loads files, behind the same policy, and what sees whose wasm is in a worker. The sweep of the main bundle, which is not
 * told that, sees the finished workers once more.
 * @param about.format of the user; the default of Vite, `iife`, allows no top-level await, which all browsers that
 * Vite 7 and 8 build for do allow in a worker
 */
export function workers(
  pipeline: Pipeline,
  about: {
    shared: Pick<UnpluginOptions, 'load' | 'loadInclude'>
    format: 'es' | 'iife' | undefined
    state: Pick<ViteState, 'references'>
  },
): NonNullable<UserConfig['worker']> {
  const { load, loadInclude } = about.shared
  const plugin = createVitePlugin(() => ({
    name: NAME,
    enforce: 'pre',
    load,
    loadInclude,
    vite: {
      configResolved: ({ plugins }) => refuseSecond(plugins),
      resolveId: resolveShim(pipeline),
      generateBundle: partHook(pipeline) as never,
      ...(fileUrlHooks(about.state.references) as object),
    },
  }))
  return { format: about.format ?? 'es', plugins: () => [plugin()] }
}
