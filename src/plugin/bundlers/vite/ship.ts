/// <reference types="node" />
/** How Vite ships components: to browsers, to servers, from the dev server. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Environment, ResolvedConfig } from 'vite'
import type { ComponentSource } from '../../../bindings/module/input.js'
import { realPath } from '../../../disk/paths.js'
import type { Admission } from '../../admissions.js'
import { INLINE, relativeUrl } from '../../assets.js'
import { withoutQuery } from '../adapter.js'
import { type FileUrl, fileUrlHooks, referenced } from '../file-url.js'
import type { LoadContext } from '../../contexts.js'
import { emit, rollupLoading } from '../rollup.js'
import { edgeOf, placeCore, runsElsewhere } from './edge.js'
import { SERVED, type ViteContext, type ViteState } from './state.js'

/** See {@link Dialogue.loading}; all but `lacksAwait`. */
export function viteLoading(context: ViteContext, id: string, state: ViteState) {
  const { consumer } = context.environment.config
  const loading = rollupLoading(context, id, state)
  const ship: Record<'dev' | 'build', Record<'client' | 'server', (file: Admission) => ComponentSource>> = {
    build: {
      client: loading.ship,
      server: (file) => {
        if (isMovedAway(context.environment.config)) return INLINE
        const reference = emit(context, file)
        keep(state, context, [reference, file.admitted.bytes])
        state.references.add(reference)
        return referenced(reference)
      },
    },
    dev: {
      client: (file) => {
        if (isSimulated(context.environment.config)) return INLINE
        state.served.set(file.file, file)
        return relativeUrl(`/* @vite-ignore */ ${JSON.stringify(servedPath(state.config.base, file))}`)
      },
      server: () => INLINE,
    },
  }
  return {
    ...loading,
    ...(context.environment.mode === 'dev' && {
      importers: () => state.importers.of(realPath(withoutQuery(id)) ?? id),
    }),
    ship: ship[context.environment.mode === 'dev' ? 'dev' : 'build'][consumer],
    cores: coresOf(context, state),
  }
}

/** Notes what a server build has emitted: see {@link writeServerFiles}. */
function keep(
  { emitted }: ViteState,
  { environment }: ViteContext,
  [reference, bytes]: [string, Uint8Array],
) {
  const kept = emitted.get(environment) ?? new Map<string, Uint8Array>()
  emitted.set(environment, kept.set(reference, bytes))
}

/** How core modules become files of their own. In a dev server they do for runtimes that compile nothing alone. */
function coresOf(context: ViteContext, state: ViteState): LoadContext['cores'] {
  const { config, mode } = context.environment
  const { handover = 'url' } = edgeOf(config) ?? {}
  if (mode === 'dev') {
    if (handover === 'url' || !runsElsewhere(config)) return undefined
    return { handover, isFixed: true, ship: (core, of) => placeCore(state, core, of) }
  }
  const isServer = config.consumer === 'server'
  if (handover === 'url' && isServer && isMovedAway(config)) return undefined
  return {
    handover,
    isFixed: handover !== 'url' || !isServer,
    ship(core, of, how) {
      const { place, reference } = state.cores.ship(context, { core, of, how })
      if (isServer) keep(state, context, [reference, core.bytes])
      if (how === 'url') state.references.add(reference)
      return place
    },
  }
}

/**
 * Whether pages are only simulated, in a process without a server that could be asked: jsdom and happy-dom in Vitest, unlike
 * its browser mode.
 */
function isSimulated({ plugins }: Environment['config']): boolean {
  const has = (pattern: RegExp) => plugins.some(({ name }) => pattern.test(name))
  return has(/^vitest(?::project)?$/) && !has(/^vitest:browser/)
}

/**
 * Whether a framework parts the scripts of a server from the files beside them: it asks for these files in order to move
 * them to those for browsers (Astro, React Router, SvelteKit), or it bundles the scripts once more (Nuxt, Nitro).
 */
function isMovedAway({ build, plugins }: Environment['config']): boolean {
  return build.emitAssets || plugins.some(({ name }) => /^(?:nuxt|nitro)\b/.test(name))
}

/**
 * The hooks that tell where files are. Of an app whose files a user moves elsewhere, `renderBuiltUrl` knows that, which Vite
 * itself asks only since its version 8; what Vite would answer otherwise counts from the root of a web server.
 */
export function viteFileUrls({ references }: ViteState, config: () => ResolvedConfig) {
  const { resolveFileUrl, ...hooks } = fileUrlHooks(references)
  return {
    ...hooks,
    resolveFileUrl(this: ViteContext, about: FileUrl) {
      const isApp = this.environment.config.consumer === 'client' && config().build.lib === false
      const isOurs = references.has(about.referenceId)
      return (isApp && isOurs && movedUrl(about, config())) || resolveFileUrl(about)
    },
  }
}

/** JavaScript, if the user says where a file is. @see Vite, "Advanced Base Options" */
function movedUrl(
  { fileName, chunkId }: FileUrl,
  { base, experimental }: ResolvedConfig,
): string | undefined {
  const about = { type: 'asset', hostType: 'js', hostId: chunkId, ssr: false } as const
  const moved = experimental.renderBuiltUrl?.(fileName, about)
  if (typeof moved === 'string') return JSON.stringify(moved)
  if (moved?.runtime !== undefined) return moved.runtime
  return moved?.relative === false ? JSON.stringify(base + fileName) : undefined
}

/** Writes what Vite leaves out of server builds, which it takes for a copy of the client's assets. */
export function writeServerFiles({ emitted }: ViteState) {
  return function (this: ViteContext, { dir }: { dir?: string | undefined }) {
    for (const [reference, bytes] of emitted.get(this.environment) ?? []) {
      const path = join(dir ?? '.', this.getFileName(reference))
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, bytes)
    }
    emitted.delete(this.environment)
  }
}

function servedPath(base: string, { name, admitted: { digest } }: Admission): string {
  return `${base}${SERVED}${digest}/${encodeURIComponent(name)}`
}
