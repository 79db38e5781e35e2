/** Names that esbuild does not find by itself. */

import type { BuildOptions, OnResolveArgs, PluginBuild } from 'esbuild'
import { SHIM_PACKAGES, SHIM_PATTERN } from '../../bindings/shims.js'
import type { Pipeline } from '../pipeline.js'
import { isWasm, splitOwnQuery } from '../request.js'
import { NAME } from './adapter.js'

/** Leaves the WASI shims to Node. */
export function leaveShims(options: BuildOptions): void {
  if (options.bundle && options.platform === 'node')
    options.external = [...(options.external ?? []), ...SHIM_PACKAGES]
}

/** Hooks for the WASI shims, and for names of a package's own with a query. */
export function resolveNames(pipeline: Pipeline, build: PluginBuild): void {
  build.onResolve({ filter: SHIM_PATTERN }, (args) => resolveShim(pipeline, build, args))
  build.onResolve({ filter: /^#[^?]*\?/ }, (args) => resolveOwnName(build, args))
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
  return near.errors.length === 0 ? near : from(pipeline.root)
}

/** Of a package's own names esbuild knows none with a query. */
async function resolveOwnName(
  build: PluginBuild,
  { path, kind, importer, resolveDir, pluginData }: OnResolveArgs,
) {
  const asked = pluginData === NAME ? undefined : splitOwnQuery(path)
  if (asked === undefined) return undefined
  const resolved = await build.resolve(asked.name, { kind, importer, resolveDir, pluginData: NAME })
  return isWasm(resolved.path) ? { path: resolved.path, suffix: asked.query } : undefined
}
