/// <reference types="node" />
/** What a server build takes in of the packages that it otherwise leaves to Node. */

import { dirname, join, resolve } from 'node:path'
import type { UnpluginOptions } from 'unplugin'
import type { Environment } from 'vite'
import { SHIM_PACKAGES, SHIM_PATTERN } from '../../../bindings/shims.js'
import { packagesWithComponents, parseBare, specifiersIn } from '../../../disk/packages.js'
import type { Pipeline } from '../../pipeline.js'
import { withoutFrames, withoutQuery } from '../adapter.js'
import { importsIn, only, refuseOtherRequests } from '../import-requests.js'
import { resolveShim } from '../rollup-resolve.js'
import { RUNTIME_PATTERN } from '../runtime-modules.js'
import { edgeOf, runsInNode } from './edge.js'
import type { ViteContext, ViteState } from './state.js'

type VitePart = NonNullable<UnpluginOptions['vite']>

/** Servers leave packages to Node: the shims always, those that bring components never. */
export function shimHooks(pipeline: Pipeline, state: ViteState): VitePart {
  const resolveId = resolveAndNote(pipeline, state)
  return {
    config(_, { command }) {
      state.packages = undefined
      if (command === 'serve')
        resolveId.filter = { id: only(SHIM_PATTERN, RUNTIME_PATTERN, /\.wasm(?:[?#]|$)/i, BARE) }
      // Otherwise the dev server finds these late and reloads the page in order to bundle them.
      return { optimizeDeps: { exclude: SHIM_PACKAGES } }
    },
    configEnvironment(name, options, { isSsrTargetWebworker = false }) {
      const { consumer = name === 'client' ? 'client' : 'server' } = options
      if (consumer === 'client') return null
      state.packages ??= packagesWithComponents(pipeline.root)
      // What is external is not there in other runtimes, and Cloudflare's plugin refuses it.
      return runsInNode(options, { isWebWorker: isSsrTargetWebworker && name === 'ssr' })
        ? { resolve: { external: SHIM_PACKAGES, noExternal: state.packages } }
        : { resolve: { noExternal: state.packages }, optimizeDeps: { exclude: SHIM_PACKAGES } }
    },
    resolveId,
  } as VitePart
}

/** What begins with the name of a package. */
const BARE = /^(?:@[\w~-]|[\w~-])[\w.~/-]*$/

/** Finds the shims; and hears in a dev server who imports what, which it does not tell before it loads. */
function resolveAndNote(pipeline: Pipeline, state: ViteState) {
  const shims = resolveShim(pipeline, (context) =>
    edgeOf((context as unknown as ViteContext).environment.config),
  )
  return {
    ...shims,
    filter: { id: only(...shims.filter.id.include) },
    async handler(
      this: ThisParameterType<typeof shims.handler>,
      source: string,
      importer: string | undefined,
      options: Parameters<typeof shims.handler>[2],
    ) {
      // Written there by ourselves, for Cloudflare's plugin.
      if (state.placed.has(source)) return null
      if (importer !== undefined && !isVirtual(importer)) state.importers.note(source, withoutQuery(importer))
      return shims.handler.call(this, source, importer, options)
    },
  }
}

/** Whether an id is that of no file. Frameworks put the root before it, as Nuxt does. @see Rollup, "Conventions" */
const isVirtual = (id: string) => id.includes('\0')

interface ParsingContext {
  environment: Environment
  parse(code: string): unknown
}

/**
 * The hook that looks at imports: see {@link refuseOtherRequests}. A build's output tells which packages it leaves to Node; a
 * dev server has none, so that what its modules import is looked at there.
 */
export function importHooks(pipeline: Pipeline): VitePart {
  const requests = refuseOtherRequests(pipeline)
  const transform = {
    ...requests,
    async handler(this: ParsingContext, code: string, id: string) {
      await requests.handler.call(this as never, code, id)
      const { mode, config } = this.environment
      if (mode === 'dev' && config.consumer === 'server' && !isVirtual(id))
        judgePackages(this, code, { importer: withoutQuery(id), pipeline })
      return null
    },
  }
  return {
    config(_, { command }) {
      // The filter saves a build most of the calls.
      if (command === 'serve') transform.filter = { code: only(/\b(?:import|from)\b/) }
    },
    transform,
  } as VitePart
}

/** Scripts are only parsed where a word in them looks like the import of a package in question. */
function judgePackages(
  context: ParsingContext,
  code: string,
  { importer, pipeline: { gate, root } }: { importer: string; pipeline: Pipeline },
): void {
  const importedBy = (specifier: string) => {
    const { name, from } = locate(specifier, { importer, root }) ?? {}
    return name === undefined ? [] : gate.packageWasm.importedBy(name, from!)
  }
  if (specifiersIn(code).every((specifier) => importedBy(specifier).length === 0)) return
  const files = importsIn(context.parse(code)).flatMap(({ specifier }) => importedBy(specifier))
  const { logger } = context.environment
  const about = { watch: () => {}, warn: (line: string) => logger.warn(line) }
  withoutFrames(() => files.forEach((file) => gate.admit(file, about)))
}

/** The package that an import names: as its author wrote it, or as the URL that Vitest makes of it. */
function locate(specifier: string, { importer, root }: { importer: string; root: string }) {
  const [, above, inside] = /^(.*)\/node_modules\/(.+)$/s.exec(specifier) ?? []
  const bare = parseBare(inside ?? specifier)
  if (bare === undefined || above === undefined) return bare && { name: bare.name, from: dirname(importer) }
  const from = above.startsWith('/@fs/') ? resolve('/', above.slice('/@fs/'.length)) : join(root, above)
  return { name: bare.name, from }
}
