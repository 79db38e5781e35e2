/** What a server build takes in of the packages that it otherwise leaves to Node. */

import type { UnpluginOptions } from 'unplugin'
import { SHIM_PACKAGES } from '../../../bindings/shims.js'
import { packagesWithComponents } from '../../../disk/packages.js'
import type { Pipeline } from '../../pipeline.js'
import { resolveShim } from '../rollup.js'
import type { ViteState } from './state.js'

/** Servers leave packages to Node: the shims always, those that bring components never. */
export function shimHooks(pipeline: Pipeline, state: ViteState): NonNullable<UnpluginOptions['vite']> {
  return {
    config() {
      state.packages = undefined
      // Otherwise the dev server finds these late and reloads the page in order to bundle them.
      return { optimizeDeps: { exclude: SHIM_PACKAGES } }
    },
    configEnvironment(name, { consumer = name === 'client' ? 'client' : 'server' }) {
      if (consumer === 'client') return null
      state.packages ??= packagesWithComponents(pipeline.root)
      return { resolve: { external: SHIM_PACKAGES, noExternal: state.packages } }
    },
    resolveId: resolveShim(pipeline),
  }
}
