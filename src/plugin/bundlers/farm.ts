/// <reference types="node" />
/** Farm 1. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CompilationContext } from '@farmfe/core'
import type { UnpluginOptions } from 'unplugin'
import { RUNTIME } from '../../bindings/runtime-files.js'
import { SHIM_PACKAGES } from '../../bindings/shims.js'
import { problem } from '../../errors/raise.js'
import { admitFolder } from '../admit-folder.js'
import { INLINE, isPlainName, relativeUrl } from '../assets.js'
import type { LoadContext } from '../contexts.js'
import { Importers } from '../importers.js'
import type { Pipeline } from '../pipeline.js'
import { combine, type Duties, type HookContext, nothing, refuseSecond, sharedHooks } from './adapter.js'
import { listen, sweeper } from './farm-output.js'

type FarmPlugin = NonNullable<UnpluginOptions['farm']>
type FarmConfig = Parameters<NonNullable<FarmPlugin['config']>>[0]
type ResolvedFarmConfig = Parameters<NonNullable<FarmPlugin['configResolved']>>[0]

/**
 * The hooks for `farm`.
 *
 * Farm ships the file that `new URL` names by reading it again; the sweep compares it with what was verified.
 * With a relative `publicPath` its `import.meta.url` in browsers is no URL, so components go inline there.
 */
export function farmHooks(pipeline: Pipeline): Partial<UnpluginOptions> {
  // `this.warn` and `this.error` end the whole process in Farm 1.7.
  const log = {
    inform: (line: string) => console.info(line),
    warn: (message: string) => console.warn(message),
  }
  let canShip = true
  let folder: string
  let publicFolder: string
  const importers = new Importers()
  const duties: Duties<FarmPlugin> = {
    root: {
      configResolved({ root = process.cwd(), compilation, publicDir = 'public' }) {
        canShip = isForNode(compilation) || !/^\.|^$/.test(compilation?.output?.publicPath ?? '/')
        pipeline.configure({ root })
        publicFolder = resolve(root, publicDir)
        folder = resolve(root, compilation?.output?.path ?? 'dist')
      },
    },
    // Here the list is flat, and has those that a promise brought.
    refuseSecond: { configResolved: ({ jsPlugins }) => refuseSecond(jsPlugins) },
    cacheNothing: {
      config: refusePersistentCache,
      // What follows the first build is not announced by `buildStart`, and keys may have gone.
      updateModules: { executor: async () => pipeline.gate.forgetPolicy() },
    },
    externalShims: { configResolved: keepShimsExternal },
    findAwait: nothing('all that Farm writes may have one'),
    sweepOutputs: {
      configResolved: ({ jsPlugins }) =>
        void jsPlugins?.push(sweeper(pipeline, { folder: () => folder, importers, log })),
      resolve: listen(importers, () => pipeline.root),
    },
  }
  const shared = sharedHooks(pipeline, {
    log: () => log,
    loading: (context, id) => farmLoading(context, id, { canShip, warn: log.warn }),
    takesBytes: false,
    claims: () => true,
  })
  return {
    ...shared,
    buildStart() {
      shared.buildStart.call(this)
      // Farm serves and copies it as it is, after the last hook.
      if (existsSync(publicFolder))
        admitFolder(publicFolder, pipeline.gate, { watch: () => {}, warn: log.warn })
    },
    farm: combine(duties),
  }
}

/** @param about.canShip whether code can name a file beside it */
function farmLoading(
  context: HookContext,
  id: string,
  { canShip, warn }: { canShip: boolean; warn: (message: string) => void },
): LoadContext {
  return {
    watch: (file) => watch(context, file, id),
    warn,
    ship: ({ name }) => (canShip && isPlainName(name) ? relativeUrl(JSON.stringify(`./${name}`)) : INLINE),
    cores: { without: 'Farm' },
    runtime: RUNTIME,
    wantsBytes: false,
    isReference: false,
    wantsCore: undefined,
    // Its tree shaking panics on `export { x as 'a:b/c' }`.
    identifiersOnly: true,
    lacksAwait: undefined,
  }
}

/** unplugin's own takes the two files for one another (3.7). */
function watch(context: HookContext, file: string, id: string): void {
  const native = context.getNativeBuildContext!() as unknown as { context: CompilationContext }
  native.context.addWatchFile(id, file)
}

/** On by default, and what it remembers is not verified again. */
function refusePersistentCache({ compilation }: FarmConfig): FarmConfig {
  if (compilation?.persistentCache) throw problem('FARM_PERSISTENT_CACHE', {})
  return { compilation: { persistentCache: false } }
}

function keepShimsExternal({ compilation }: ResolvedFarmConfig): void {
  if (compilation === undefined || !isForNode(compilation)) return
  const shims = SHIM_PACKAGES.map((name) => `^${name}(/.*)?$`)
  compilation.external = [...(compilation.external ?? []), ...shims]
}

function isForNode(compilation: { output?: { targetEnv?: string } } | undefined): boolean {
  return /node/.test(compilation?.output?.targetEnv ?? 'browser')
}
