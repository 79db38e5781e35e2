/// <reference types="node" />
/** Farm 1. */

import { resolve } from 'node:path'
import type { CompilationContext, Resource } from '@farmfe/core'
import type { UnpluginOptions } from 'unplugin'
import { SHIM_PACKAGES } from '../../bindings/shims.js'
import { problem } from '../../errors/raise.js'
import { INLINE, isPlainName, relativeUrl } from '../assets.js'
import type { BuildLog } from '../contexts.js'
import type { ExternalImport } from '../externals.js'
import type { OutputFile } from '../find-wasm.js'
import type { Pipeline } from '../pipeline.js'
import {
  combine,
  type Duties,
  type HookContext,
  modulesOf,
  NAME,
  nothing,
  refuseSecond,
  sharedHooks,
  withoutFrames,
  withoutQuery,
} from './adapter.js'

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
  const asked: Asked = new Map()
  const duties: Duties<FarmPlugin> = {
    root: {
      configResolved({ root, compilation }) {
        canShip = isForNode(compilation) || !/^\.|^$/.test(compilation?.output?.publicPath ?? '/')
        pipeline.configure({ root: root ?? process.cwd() })
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
      configResolved: ({ jsPlugins }) => void jsPlugins?.push(sweeper(pipeline, asked, log)),
      resolve: listen(asked),
    },
  }
  return {
    ...sharedHooks(pipeline, {
      log: () => log,
      loading: (context, id) => ({
        watch: (file) => watch(context, file, id),
        warn: log.warn,
        ship: ({ name }) =>
          canShip && isPlainName(name) ? relativeUrl(JSON.stringify(`./${name}`)) : INLINE,
        wantsBytes: false,
        isReference: false,
        wantsCore: undefined,
        // Its tree shaking panics on `export { x as 'a:b/c' }`.
        identifiersOnly: true,
        lacksAwait: undefined,
      }),
      takesBytes: false,
      claims: () => true,
    }),
    farm: combine(duties),
  }
}

/** Who imports what: specifiers, and the paths of importers. */
type Asked = Map<string, Set<string>>

/** Farm does not tell what stays external, nor whose import it was. */
function listen(asked: Asked): NonNullable<FarmPlugin['resolve']> {
  return {
    filters: { sources: ['.*'], importers: ['.*'] },
    async executor({ source, importer }) {
      if (importer) asked.set(source, (asked.get(source) ?? new Set()).add(withoutQuery(importer)))
      return null
    },
  }
}

/** Scripts name what is external in statements, or in calls of the function that CommonJS has. */
const NAMED = /\b(?:from\s*|import\s*|require\()"([^"\n]+)"/g

function externalsOf(files: readonly OutputFile[], asked: Asked, root: string): ExternalImport[] {
  const scripts = files.filter(({ name }) => /\.[cm]?js$/.test(name))
  const named = scripts.flatMap(({ content }) => [...Buffer.from(content).toString().matchAll(NAMED)])
  return [...new Set(named.map(([, specifier]) => specifier!))].flatMap((specifier) =>
    [...(asked.get(specifier) ?? [])].map((importer) => ({ specifier, importer: resolve(root, importer) })),
  )
}

/**
 * The plugin that sweeps: one of its own, because it comes after all others, and ours before them.
 * Its hook is asynchronous: from one that is not, Farm 1.7 takes an error for a reason to end the whole process.
 */
function sweeper(pipeline: Pipeline, asked: Asked, log: BuildLog): FarmPlugin & { name: string } {
  return {
    name: `${NAME}:sweep`,
    priority: Number.NEGATIVE_INFINITY,
    finalizeResources: {
      async executor({ resourcesMap }) {
        const files = Object.values(resourcesMap).map((resource) => outputFile(resource, pipeline.root))
        // Farm does not tell.
        const importersOf = () => ['an unknown module']
        const externals = externalsOf(files, asked, pipeline.root)
        withoutFrames(() => pipeline.sweep({ files, importersOf, externals }, log))
        // Handing the resources back panics when there are source maps.
        return undefined
      },
    },
  }
}

/** Modules have ids: a path from the root of the project, and a query. What is copied from one bears its id. */
function outputFile({ name, bytes, origin, info }: Resource, root: string): OutputFile {
  const content = Uint8Array.from(bytes)
  if (origin.type === 'Module') return { name, content, sources: [withoutQuery(origin.value)] }
  const inputs = (info?.moduleIds ?? []).map((id) => resolve(root, withoutQuery(id)))
  return { name, content, modules: () => modulesOf(inputs) }
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
