/// <reference types="node" />
/** Vite: client and server builds, the dev server, dev SSR and Vitest. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { UnpluginOptions } from 'unplugin'
import type { UserConfig } from 'vite'
import { admitFolder } from '../../admit-folder.js'
import type { Pipeline } from '../../pipeline.js'
import { combine, type Duties, type HookContext, nothing, refuseSecond, sharedHooks } from '../adapter.js'
import { rollupLog, sweepHooks } from '../rollup-output.js'
import { forOurs, pluginHooks, type RollupContext, rollupLoading } from '../rollup.js'
import { guard, isKeptBack, reload } from './dev-server.js'
import { importHooks, shimHooks } from './packages.js'
import { viteFileUrls, viteLoading, writeServerFiles } from './ship.js'
import { createState, type ViteContext, type ViteState } from './state.js'
import { targetHooks } from './targets.js'
import { workers } from './workers.js'

type VitePart = NonNullable<UnpluginOptions['vite']>

/** The hooks for `vite`. */
export function viteHooks(pipeline: Pipeline): Partial<UnpluginOptions> {
  const awaiting = targetHooks(pipeline)
  const state = createState()
  const { load, ...shared } = sharedHooks(pipeline, {
    log: (context) => rollupLog(context as unknown as RollupContext),
    loading: (context, id) => ({
      ...viteLoading(context as unknown as ViteContext, id, state),
      lacksAwait: awaiting.lacksAwait(context as unknown as ViteContext),
    }),
    takesBytes: false,
    claims: () => true,
  })
  const duties: Duties<VitePart> = {
    root: rootHooks(pipeline, state),
    refuseSecond: { ...pluginHooks(pipeline), configResolved: ({ plugins }) => refuseSecond(plugins) },
    cacheNothing: nothing('`load` runs in every build, and for every module that a dev server has not yet'),
    externalShims: shimHooks(pipeline, state),
    findAwait: awaiting.hooks,
    sweepOutputs: sweepHooks(pipeline, {
      written: writeServerFiles(state),
      held: (context) => state.cores.held(context),
    }) as unknown as VitePart,
  }
  return {
    ...shared,
    buildStart() {
      shared.buildStart.call(this)
      judgePublicFolder(pipeline, this as unknown as ViteContext, state)
    },
    // What Vite would not read for a page is not there for us either, be it signed or not.
    load: forOurs(function (this: HookContext, id: string) {
      return isKeptBack(this as unknown as ViteContext, id, state) ? null : load.call(this, id)
    }),
    vite: combine({
      ...duties,
      workers: {
        config: ({ worker }: UserConfig) => ({
          worker: workers(pipeline, {
            shared: { ...shared, load: forOurs(load) },
            format: worker?.format,
            state,
          }),
        }),
      },
      requests: importHooks(pipeline),
      devServer: devServerHooks(pipeline, state),
      cores: { renderChunk: state.cores.renderChunk },
      fileUrls: viteFileUrls(state, () => state.config),
    } as Duties<VitePart>),
  }
}

function rootHooks(pipeline: Pipeline, state: ViteState): VitePart {
  return {
    config: ({ root = '.' }) => pipeline.configure({ root: resolve(root) }),
    configResolved(config) {
      state.config = config
      pipeline.configure({ root: config.root, command: config.command })
    },
  }
}

function devServerHooks(pipeline: Pipeline, state: ViteState): VitePart {
  return {
    async configureServer(server) {
      state.isOpen = (await import('vite')).isFileLoadingAllowed
      server.middlewares.use(guard(pipeline, server, state))
    },
    hotUpdate: { order: 'pre', handler: reload(pipeline, state) },
  }
}

/** Vite copies this folder as it is, so nothing in it ever reaches `load`. */
function judgePublicFolder(pipeline: Pipeline, context: ViteContext, state: ViteState): void {
  const { command, publicDir, build } = state.config
  if (command === 'build' && build.copyPublicDir && publicDir !== '' && existsSync(publicDir)) {
    admitFolder(publicDir, pipeline.gate, rollupLoading(context, publicDir, state))
  }
}
