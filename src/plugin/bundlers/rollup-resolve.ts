/// <reference types="node" />
/** What imports lead to in Rollup, Rolldown and Vite: components, the shims for WASI, and what is ours. */

import { join } from 'node:path'
import { nodeResolve, SHIM_PATTERN } from '../../bindings/shims.js'
import { sniffLayer } from '../../disk/read-file.js'
import { problem } from '../../errors/raise.js'
import type { Edge } from '../handover.js'
import type { Pipeline } from '../pipeline.js'
import { isOwnRequest, splitOwnQuery, toOwnId } from '../request.js'
import { withoutFrames, withoutQuery } from './adapter.js'
import { CORE_PATTERN, resolveCore } from './core-files.js'
import { isDeclaration, resolveDeclaration } from './declaration-imports.js'
import { asksForFile, only } from './import-requests.js'
import { resolveRuntimeModule, RUNTIME_PATTERN } from './runtime-modules.js'

/** `this` in the hook. */
export interface ResolvingContext {
  addWatchFile(file: string): void
  warn(message: string): void
  resolve(
    source: string,
    importer: string | undefined,
    options: { skipSelf: boolean },
  ): Promise<{ id: string; external?: boolean | 'absolute' | 'relative' } | null>
}

type EdgeOf = (context: ResolvingContext) => Edge | undefined

interface ResolveOptions {
  attributes?: Record<string, string>
  /** Told by Rolldown alone. */
  kind?: string
}

/** Rollup alone takes a query for a part of the file name, and for one of a package's names. */
export function resolveForRollup(pipeline: Pipeline, edgeOf: EdgeOf) {
  const shims = resolveShim(pipeline, edgeOf)
  return {
    ...shims,
    filter: { id: only(...shims.filter.id.include, QUERIED) },
    async handler(
      this: ResolvingContext,
      source: string,
      importer: string | undefined,
      options: ResolveOptions,
    ) {
      const resolved = await find.call(this, source, importer, options)
      if (resolved === null || resolved.external || !isOwnRequest(resolved.id)) return resolved
      return pipeline.claims(resolved.id) ? { ...resolved, id: toOwnId(resolved.id) } : resolved
    },
  }
  async function find(
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
  }
}

const QUERIED = /^([^\0]*?\.wasm)(\?.*)$|\?(?:component|instantiate)\b/i

/**
 * Finds what our own code imports, from the `.wasm` file or else from the project, and keeps the WASI shims for Node
 * external: bundled, they wait for a worker script that is not there, for ever. Components get an id that does not end in
 * `.wasm`, which others' plugins look for in order to make something else of them.
 * @param edgeOf the runtime without a compiler that a build is for: see {@link edgeAmong}
 */
export function resolveShim(pipeline: Pipeline, edgeOf: EdgeOf = () => undefined) {
  return {
    order: 'pre' as const,
    filter: { id: only(SHIM_PATTERN, RUNTIME_PATTERN, CORE_PATTERN, IMPORT) },
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
      const core = resolveCore(source)
      if (core !== undefined) return core
      const edge = edgeOf(this)
      if (WASM.test(source)) return resolveComponent(this, source, { importer, options, pipeline, edge })
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
      const isBundled = resolved !== null && !isForNode && !(edge !== undefined && resolved.external)
      if (isBundled) return resolved
      if (edge === undefined) return { id: source, external: true as const }
      const file = pipeline.gate.project.display(withoutQuery(importer ?? fromProject))
      throw problem('SHIM_UNUSABLE', { file, shim: source, runtime: edge.name })
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
    edge,
  }: {
    importer: string | undefined
    options: ResolveOptions
    pipeline: Pipeline
    edge: Edge | undefined
  },
) {
  const isReference = /url/.test(options.kind ?? '') || asksForFile(options.attributes?.['type'])
  if (importer === undefined || isReference) return null
  const find = (name: string) => context.resolve(name, importer, { ...options, skipSelf: true })
  const found = await find(source)
  // Cloudflare's plugin takes what ends in `.wasm` for a core module, wherever it stands in the list.
  const taken = edge !== undefined && found?.external ? await find(`${source}?component`) : null
  const resolved = taken === null || taken.external ? found : { ...taken, id: withoutQuery(taken.id) }
  if (resolved === null || resolved.external || !WASM.test(resolved.id)) return resolved
  pipeline.awaiting.hear(resolved.id, { specifier: source, importer })
  const isOurs = pipeline.claims(resolved.id) && sniffLayer(resolved.id) === 'component'
  if (isOurs) return { ...resolved, id: `${resolved.id}?component` }
  if (taken !== null)
    withoutFrames(() => pipeline.admitImported(resolved.id, withoutQuery(importer), context))
  return found
}
