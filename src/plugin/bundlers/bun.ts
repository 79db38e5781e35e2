/** Bun: `Bun.build` and its dev server. */

import { SHIM_PATTERN } from '../../bindings/shims.js'
import type { Pipeline } from '../pipeline.js'
import { type Duties, nothing, refuseSecondIn, withoutFrames } from './adapter.js'
import type { BunBuild, BunConfig } from './bun-api.js'
import { loadInBun } from './bun-load.js'
import { sweepBun } from './bun-output.js'
import { COMPONENT_NAME, findComponent } from './bun-resolve.js'
import { readRuntimeFile, RUNTIME_PATTERN, runtimeFileOf } from './runtime-modules.js'

interface Part {
  setUp?: () => void
}

/**
 * Sets up a build.
 *
 * A file beside the code needs `import.meta.url`, which only the format `esm` has; other formats get the component inline. What
 * is shipped is what was verified, by Bun's own loader `file`, so that it is in the listing of the output, and in a single
 * executable.
 */
export function setUpBuild(pipeline: Pipeline, build: BunBuild, config: BunConfig): void {
  const files = new Map<string, Uint8Array>()
  const duties: Duties<Part> = {
    root: nothing('paths count from the current folder, as those of Bun do'),
    // The same for all plugins of a build.
    refuseSecond: { setUp: () => withoutFrames(() => refuseSecondIn(config)) },
    cacheNothing: nothing('Bun calls `onLoad` in every build'),
    externalShims: { setUp: () => leaveShims(build, config) },
    findAwait: nothing('the options say it, which are read when a component is loaded'),
    sweepOutputs: { setUp: () => sweepBun(pipeline, build, { config, shipped: files, log: LOG }) },
  }
  const parts: Part[] = Object.values(duties)
  for (const { setUp } of parts) setUp?.()
  build.onStart?.(() => withoutFrames(() => pipeline.start(LOG)))
  addOwn(build, files)
  build.onResolve({ filter: COMPONENT_NAME }, (args) => {
    const found = findComponent(args)
    if (found === undefined || !pipeline.claims(found.file)) return undefined
    pipeline.awaiting.hear(found.file, { specifier: found.specifier, importer: args.importer })
    return found.query === '' ? undefined : { path: found.file + found.query }
  })
  const ship = (key: string, bytes: Uint8Array) => {
    // A copy, as nobody else shall have what was judged.
    files.set(key, bytes.slice())
    return `~signed-wasm/file/${key}`
  }
  build.onLoad({ filter: /\.[wW][aA][sS][mM](?:\?[^?]*)?$/, namespace: 'file' }, (args) =>
    loadInBun(pipeline, args, { config, log: LOG, ship }),
  )
}

const LOG = {
  inform: (line: string) => console.info(line),
  warn: (message: string) => console.warn(message),
}

/** Leaves the WASI shims to whoever runs the output, but for browsers. */
function leaveShims(build: BunBuild, { target = 'browser' }: BunConfig): void {
  if (target !== 'browser')
    build.onResolve({ filter: SHIM_PATTERN }, ({ path }) => ({ path, external: true }))
}

const NAMESPACE = 'signed-wasm'
const FILE = /^~signed-wasm\/file\/(.*)$/s

/** What emitted code brings along, and the files of components: modules without a path that could be published. */
function addOwn(build: BunBuild, files: ReadonlyMap<string, Uint8Array>): void {
  build.onResolve({ filter: RUNTIME_PATTERN }, ({ path }) => ({
    path: runtimeFileOf(path)!,
    namespace: NAMESPACE,
  }))
  build.onResolve({ filter: FILE }, ({ path }) => ({ path: FILE.exec(path)![1]!, namespace: NAMESPACE }))
  build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => {
    const file = files.get(path)
    if (file !== undefined) return { contents: file, loader: 'file' }
    const contents = readRuntimeFile(path)
    return contents === undefined ? undefined : { contents, loader: 'js' }
  })
}
