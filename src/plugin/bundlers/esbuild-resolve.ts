/** Names that esbuild does not find by itself. */

import type { BuildOptions, OnResolveArgs, PluginBuild } from 'esbuild'
import { nodeResolve, SHIM_PACKAGES, SHIM_PATTERN } from '../../bindings/shims.js'
import { sniffLayer } from '../../disk/read-file.js'
import { problem } from '../../errors/raise.js'
import { edgeAmong } from '../handover.js'
import type { Pipeline } from '../pipeline.js'
import { isWasm, splitOwnQuery } from '../request.js'
import { NAME, withoutQuery } from './adapter.js'
import { toMessage } from './esbuild-messages.js'
import { asksForFile } from './import-requests.js'

/** Leaves the WASI shims to Node. */
export function leaveShims(options: BuildOptions): void {
  if (options.bundle && options.platform === 'node')
    options.external = [...(options.external ?? []), ...SHIM_PACKAGES]
}

/** Hooks for the WASI shims, and for components, some of which have a name of a package's own with a query. */
export function resolveNames(pipeline: Pipeline, build: PluginBuild): void {
  build.onResolve({ filter: SHIM_PATTERN }, (args) => resolveShim(pipeline, build, args))
  // Older versions of esbuild ignore the flag `i`.
  build.onResolve({ filter: /\.[wW][aA][sS][mM](?:\?|$)|^#[^?]*\?/ }, (args) =>
    resolveComponent(pipeline, build, args),
  )
}

/** Finds the shims from the `.wasm` file or else from the project. */
async function resolveShim(
  pipeline: Pipeline,
  build: PluginBuild,
  { path, kind, importer, resolveDir, pluginData }: OnResolveArgs,
) {
  if (pluginData === NAME) return undefined
  const from = (folder: string) =>
    build.resolve(path, { kind, importer, resolveDir: folder, pluginData: NAME })
  const near = await from(resolveDir)
  const found = near.errors.length === 0 ? near : await from(pipeline.root)
  const edge = edgeAmong(build.initialOptions.conditions ?? [])
  const isForNode = [resolveDir, pipeline.root].some((folder) => nodeResolve(path, folder) === found.path)
  if (edge === undefined || found.external || !isForNode) return found
  const file = pipeline.gate.project.display(withoutQuery(importer))
  return { errors: [toMessage(problem('SHIM_UNUSABLE', { file, shim: path, runtime: edge.name }))] }
}

/** Of what is a module, and not a file or an output. */
const MODULE_KINDS: readonly string[] = ['import-statement', 'require-call', 'dynamic-import']

/**
 * Gives components a path with a query, since other plugins, of which one before ours would be asked first, look for paths
 * that end in `.wasm`, in whatever namespace. Of a package's own names esbuild knows none with a query.
 */
async function resolveComponent(
  pipeline: Pipeline,
  build: PluginBuild,
  { path, kind, importer, resolveDir, with: attributes, pluginData }: OnResolveArgs,
) {
  const isModule = MODULE_KINDS.includes(kind) && !asksForFile(attributes['type'])
  const asked = isWasm(path) ? { name: path, query: '?component' } : splitOwnQuery(path)
  if (pluginData === NAME || !isModule || asked === undefined) return undefined
  const more = { kind, importer, resolveDir, with: attributes, pluginData: NAME }
  const { path: file, suffix, external, sideEffects } = await build.resolve(asked.name, more)
  const isOurs = !external && suffix === '' && pipeline.claims(file) && sniffLayer(file) === 'component'
  if (isOurs) {
    pipeline.awaiting.hear(file, { specifier: asked.name, importer })
    return { path: file + asked.query, sideEffects }
  }
  // What is no component tells so when it is loaded.
  return path.startsWith('#') && isWasm(file) ? { path: file, suffix: asked.query } : undefined
}
