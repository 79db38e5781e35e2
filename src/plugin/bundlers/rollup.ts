/// <reference types="node" />
/** Rollup and Rolldown, and what Vite shares with them. */

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { UnpluginOptions } from 'unplugin'
import { nodeResolve, SHIM_PATTERN } from '../../bindings/shims.js'
import { sniffLayer } from '../../disk/read-file.js'
import type { Admission } from '../admissions.js'
import type { Pipeline } from '../pipeline.js'
import { splitOwnQuery } from '../request.js'
import { combine, type Duties, nothing, refuseSecondOf, sharedHooks, withoutQuery } from './adapter.js'
import { awaitHooks } from './await-hooks.js'
import { isDeclaration, makesDeclarations, resolveDeclaration } from './declaration-imports.js'
import { fileUrlHooks, referenced, type References } from './file-url.js'
import { asksForFile, only, refuseOtherRequests } from './import-requests.js'
import { type Logging, rollupLog, sweepHooks } from './rollup-output.js'
import { resolveRuntimeModule, RUNTIME_ID, RUNTIME_NAME, RUNTIME_PATTERN } from './runtime-modules.js'

/** The part of the plugin context that Rollup, Rolldown and Vite have in common. */
export interface RollupContext extends Logging {
  addWatchFile(file: string): void
  emitFile(asset: { type: 'asset'; name: string; source: Uint8Array }): string
  getFileName(reference: string): string
  getModuleInfo(id: string): { attributes?: Record<string, string> } | null
}

interface ResolvingContext extends Pick<RollupContext, 'addWatchFile' | 'warn'> {
  resolve(
    source: string,
    importer: string | undefined,
    options: { skipSelf: boolean },
  ): Promise<{ id: string; external?: boolean | 'absolute' | 'relative' } | null>
}

interface ResolveOptions {
  attributes?: Record<string, string>
  /** Told by Rolldown alone. */
  kind?: string
}

/**
 * The hooks for `rollup` and `rolldown`.
 *
 * The format must allow a top-level await (`es`, `system`), unless components are imported with `?instantiate`.
 */
export function rollupHooks(pipeline: Pipeline, framework: 'rollup' | 'rolldown'): Partial<UnpluginOptions> {
  const awaiting = awaitHooks(pipeline)
  const duties: Duties<object> = {
    root: nothing('paths count from the current folder, as those of Rollup do'),
    refuseSecond: pluginHooks(pipeline),
    cacheNothing: nothing('`load` runs in every build, also with `cache`'),
    externalShims: { resolveId: framework === 'rollup' ? resolveForRollup(pipeline) : resolveShim(pipeline) },
    findAwait: awaiting.hooks,
    sweepOutputs: sweepHooks(pipeline),
  }
  const references: References = new Set()
  const others = {
    requests: { transform: refuseOtherRequests(pipeline) },
    fileUrls: fileUrlHooks(references),
  }
  const { load, ...shared } = sharedHooks(pipeline, {
    log: (context) => rollupLog(context as unknown as RollupContext),
    loading: (context, id) => ({
      ...rollupLoading(context as unknown as RollupContext, id, {
        references,
        waitsForFiles: framework === 'rollup',
      }),
      // Rollup loads for all outputs at once.
      lacksAwait: framework === 'rolldown' ? awaiting.lacksAwait() : undefined,
    }),
    takesBytes: false,
    claims: () => true,
  })
  return {
    ...shared,
    load: forOurs(load),
    [framework]: combine({ ...duties, ...others } as Duties<object>),
  }
}

/**
 * A hook `load` that the bundler calls for ids that may be ours. Without a filter, Rolldown tells JavaScript of every
 * module, which took longer than the rest of a build of 2,000. It lets through more than the hook takes.
 */
export function forOurs<Load>(handler: Load) {
  return { filter: { id: only(/\.wasm/i, RUNTIME_ID) }, handler }
}

interface PluginList {
  plugins?: unknown
}

/** Looks at the plugins at the start, and again when others have had their say in the options. */
export function pluginHooks(pipeline: Pipeline) {
  return {
    options: ({ plugins }: PluginList) => refuseSecondOf(plugins),
    renderStart(_: unknown, { plugins }: PluginList) {
      if (makesDeclarations(plugins)) pipeline.adviseOnBundling()
      return refuseSecondOf(plugins)
    },
  }
}

/** See {@link Dialogue.loading}; all but `lacksAwait`. */
export function rollupLoading(
  context: RollupContext,
  id: string,
  { references, waitsForFiles = false }: { references: References; waitsForFiles?: boolean },
) {
  const about = context.getModuleInfo(id)
  // In a dev server, Vite throws for what it does not know.
  const isFile = about !== null && 'attributes' in about && asksForFile(about.attributes?.['type'])
  return {
    watch(file: string) {
      context.addWatchFile(file)
      // Rolldown cannot wait for a file that is not there yet. Rollup can, and would be deaf to all that is in a
      // folder once that is no longer watched.
      if (!waitsForFiles && !existsSync(file)) context.addWatchFile(dirname(file))
    },
    warn: (message: string) => context.warn(message),
    ship(admission: Admission) {
      const reference = emit(context, admission)
      references.add(reference)
      return referenced(reference)
    },
    runtime: RUNTIME_NAME,
    wantsBytes: isFile,
    isReference: isFile,
    wantsCore: undefined,
    identifiersOnly: false,
  }
}

/**
 * Emits the file, byte for byte, under a hashed name. Rollup keeps the buffer that it is given, so it gets a copy: what
 * other plugins change in place must not change what was judged.
 * @returns the reference to it
 */
export function emit(context: RollupContext, { name, admitted }: Admission): string {
  return context.emitFile({ type: 'asset', name, source: admitted.bytes.slice() })
}

/** Rollup alone takes a query for a part of the file name, and for one of a package's names. */
function resolveForRollup(pipeline: Pipeline) {
  const shims = resolveShim(pipeline)
  return {
    ...shims,
    filter: { id: only(...shims.filter.id.include, QUERIED) },
    async handler(
      this: ResolvingContext,
      source: string,
      importer: string | undefined,
      options: ResolveOptions,
    ) {
      const [, file, query] = QUERIED.exec(source) ?? []
      const asked = file === undefined ? splitOwnQuery(source) : { name: file, query: query! }
      if (asked === undefined) return shims.handler.call(this, source, importer, options)
      const resolved = await this.resolve(asked.name, importer, { skipSelf: true })
      if (resolved === null || resolved.external) return resolved
      if (importer !== undefined) pipeline.awaiting.hear(resolved.id, { specifier: asked.name, importer })
      // Others have queries of these names, too, for files of another kind.
      return WASM.test(resolved.id) ? { ...resolved, id: `${resolved.id}${asked.query}` } : null
    },
  }
}

const QUERIED = /^([^\0]*?\.wasm)(\?.*)$|\?(?:component|instantiate)\b/i

/**
 * Finds what our own code imports, from the `.wasm` file or else from the project, and keeps the WASI shims for Node
 * external: bundled, they wait for a worker script that is not there, for ever. Components get an id that does not end in
 * `.wasm`, which others' plugins look for in order to make something else of them.
 */
export function resolveShim(pipeline: Pipeline) {
  return {
    order: 'pre' as const,
    filter: { id: only(SHIM_PATTERN, RUNTIME_PATTERN, IMPORT) },
    async handler(
      this: ResolvingContext,
      source: string,
      importer: string | undefined,
      options: ResolveOptions = {},
    ) {
      if (isDeclaration(importer) && IMPORT.test(source))
        return (await resolveDeclaration(this, { source, importer, pipeline })) ?? null
      const runtime = resolveRuntimeModule(source)
      if (runtime !== undefined) return { id: runtime }
      if (WASM.test(source)) return resolveComponent(this, source, { importer, options, pipeline })
      const component = COMPONENT.exec(source)?.[1]
      if (component !== undefined && importer !== undefined) {
        const resolved = await this.resolve(source, importer, { ...options, skipSelf: true })
        if (resolved !== null)
          pipeline.awaiting.hear(withoutQuery(resolved.id), { specifier: component, importer })
        return resolved
      }
      if (!SHIM_PATTERN.test(source)) return null
      const fromProject = join(pipeline.root, 'index.js')
      const resolved =
        (await this.resolve(source, importer, { skipSelf: true })) ??
        (await this.resolve(source, fromProject, { skipSelf: true }))
      const isForNode =
        resolved?.id === nodeResolve(source, pipeline.root) ||
        resolved?.id === nodeResolve(source, join(importer ?? fromProject, '..'))
      return resolved && !isForNode ? resolved : { id: source, external: true as const }
    },
  }
}

const WASM = /\.wasm$/i

/** Of a component in any form. */
const IMPORT = /\.wasm$|\?(?:component|instantiate)\b/i

const COMPONENT = /^(.*\.wasm)\?component$/is

/** Nothing where the import is not for us: of an entry, for the file itself, of a core module. */
async function resolveComponent(
  context: ResolvingContext,
  source: string,
  {
    importer,
    options,
    pipeline,
  }: { importer: string | undefined; options: ResolveOptions; pipeline: Pipeline },
) {
  const isReference = /url/.test(options.kind ?? '') || asksForFile(options.attributes?.['type'])
  if (importer === undefined || isReference) return null
  const resolved = await context.resolve(source, importer, { ...options, skipSelf: true })
  if (resolved === null || resolved.external || !WASM.test(resolved.id)) return resolved
  pipeline.awaiting.hear(resolved.id, { specifier: source, importer })
  const isOurs = pipeline.claims(resolved.id) && sniffLayer(resolved.id) === 'component'
  return isOurs ? { ...resolved, id: `${resolved.id}?component` } : resolved
}
