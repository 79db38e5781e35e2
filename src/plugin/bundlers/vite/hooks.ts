/// <reference types="node" />
/** Vite: client and server builds, the dev server, dev SSR and Vitest. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { UnpluginOptions } from 'unplugin'
import type { ResolvedConfig } from 'vite'
import { DIST } from '../../../bindings/runtime-files.js'
import { SHIM_PACKAGES } from '../../../bindings/shims.js'
import { packagesWithComponents } from '../../../disk/packages.js'
import type { Pipeline } from '../../pipeline.js'
import { refuseSecond, sharedHooks } from '../adapter.js'
import { awaitHooks, resolveShim, type RollupContext, rollupHost, rollupLog, sweepBundle } from '../rollup.js'
import { guard, reload } from './dev-server.js'
import { serverFileUrl, type ViteContext, viteHost, type ViteState, writeServerFiles } from './ship.js'
import { workers } from './workers.js'

/** The hooks for `vite`. */
export function viteHooks(pipeline: Pipeline): Partial<UnpluginOptions> {
  const awaiting = awaitHooks(pipeline)
  const state = { emitted: new Map(), served: new Map() } as unknown as ViteState
  const shared = sharedHooks(pipeline, {
    log: (context) => rollupLog(context as unknown as RollupContext),
    host: (context) => ({
      ...viteHost(context as unknown as ViteContext, state),
      lacksAwait: awaiting.lacksAwait(),
    }),
  })
  return {
    ...shared,
    buildStart() {
      shared.buildStart!.call(this)
      judgePublicFolder(pipeline, this as unknown as ViteContext, state.config)
    },
    vite: {
      config({ root = '.', worker }) {
        state.packages = undefined
        pipeline.configure({ root: resolve(root) })
        return {
          // Otherwise the dev server finds these late and reloads the page in order to bundle them.
          optimizeDeps: { exclude: SHIM_PACKAGES },
          worker: workers(pipeline, { shared, format: worker?.format }),
        }
      },
      configEnvironment(name, { consumer = name === 'client' ? 'client' : 'server' }) {
        if (consumer === 'client') return null
        state.packages ??= packagesWithComponents(pipeline.root)
        return { resolve: { external: SHIM_PACKAGES, noExternal: state.packages } }
      },
      configResolved(config) {
        refuseSecond(config.plugins)
        state.config = config
        config.server.fs.allow.push(DIST)
        pipeline.configure({ root: config.root, command: config.command })
      },
      async configureServer(server) {
        // Only here is Vite sure to be installed.
        const { isFileServingAllowed } = await import('vite')
        const allows = (file: string) => isFileServingAllowed(server.config, file)
        server.middlewares.use(guard(pipeline, server, { state, allows }))
      },
      hotUpdate: { order: 'pre', handler: reload(pipeline) },
      resolveId: resolveShim(pipeline),
      resolveFileUrl: serverFileUrl(state),
      ...awaiting.hooks,
      generateBundle: sweepBundle(pipeline),
      writeBundle: writeServerFiles(state),
    },
  }
}

/** Vite copies this folder as it is, so nothing in it ever reaches `load`. */
function judgePublicFolder(
  pipeline: Pipeline,
  context: ViteContext,
  { command, publicDir, build }: ResolvedConfig,
): void {
  if (command === 'build' && build.copyPublicDir && publicDir !== '' && existsSync(publicDir)) {
    pipeline.admitFolder(publicDir, rollupHost(context))
  }
}
