/// <reference types="node" />
/** The loader by which Turbopack has every `.wasm` file from us. It starts from this file, in processes of its own. */

import { isReferredTo } from '../../disk/components.js'
import { realPath } from '../../disk/paths.js'
import { problem } from '../../errors/raise.js'
import { readLayer } from '../../format/wasm.js'
import { watch } from '../bundlers/webpack-watch.js'
import type { Loaded } from '../load.js'
import { PackageWasm } from '../package-wasm.js'
import { Pipeline } from '../pipeline.js'
import { contextOf, type Loader, warn, withoutStack } from './load-context.js'
import { decodeOptions, keyPaths } from './loader-options.js'

/** Text would change bytes that are none. */
export const raw = true

/** Gives the code of a component, or a file as it was judged. */
export default function load(this: Loader, content: Buffer): Promise<string | Buffer> {
  // oxlint-disable-next-line oxc/no-this-in-exported-function -- a loader has its context by no other way
  return answer(this, content).catch((error: Error) => {
    throw withoutStack(error)
  })
}

async function answer(loader: Loader, content: Buffer): Promise<string | Buffer> {
  const { as, options, unsupported } = loader.getOptions()
  if (unsupported !== undefined)
    throw problem('NEXT_UNSUPPORTED', { found: `Turbopack of Next.js ${unsupported}`, why: OLD_TURBOPACK })
  const { resourcePath, resourceQuery, rootContext } = loader
  // Where one is gone, what comes in its place is waited for.
  for (const file of keyPaths(decodeOptions(options), rootContext)) watch(loader, file)
  const pipeline = pipelineFor(loader)
  // A process lives longer than a key.
  pipeline.gate.forgetPolicy()
  const loaded = await pipeline.load(resourcePath + resourceQuery, contextOf(loader, pipeline))
  if (as === 'file') return asFile(loaded, content, { loader, pipeline })
  if (loaded?.kind === 'module') return loaded.code
  throw unlisted(loader, pipeline)
}

/** The bytes that were judged; where that is left to others, those that Turbopack has read. */
function asFile(
  loaded: Loaded | undefined,
  content: Buffer,
  { loader, pipeline }: { loader: Loader; pipeline: Pipeline },
): Buffer {
  const { project, policy } = pipeline.gate
  const file = realPath(loader.resourcePath) ?? loader.resourcePath
  if (loaded !== undefined && loaded.kind !== 'module') {
    const isComponent = loaded.kind === 'handed back' && readLayer(loaded.bytes) === 'component'
    if (isComponent && !isReferredTo(file)) throw unlisted(loader, pipeline)
    return Buffer.from(loaded.bytes)
  }
  if (!project.covers(file)) return content
  const layer = readLayer(content)
  if (layer === undefined || !PackageWasm.owns(file, layer))
    throw problem('FILE_CHANGED', { file: project.display(file) })
  if (!project.verifiesPackages) return content
  const refusal = PackageWasm.refusalOf(file)
  if (policy.mode === 'strict') throw refusal
  warn(loader, refusal.message)
  return content
}

function unlisted(loader: Loader, { gate }: Pipeline): Error {
  return problem('COMPONENT_UNLISTED', { file: gate.project.display(loader.resourcePath) })
}

const OLD_TURBOPACK = 'its rules have no conditions for queries'

const PIPELINES = new Map<string, Pipeline>()

function pipelineFor(loader: Loader): Pipeline {
  const { options } = loader.getOptions()
  const known = PIPELINES.get(options)
  if (known !== undefined) return known
  // A build writes declarations at its end, as what Turbopack has in its cache comes not here.
  const own = loader.mode === 'production' ? { types: false } : {}
  const pipeline = new Pipeline({ ...decodeOptions(options), ...own })
  pipeline.configure({ root: loader.rootContext })
  // There is no end of a build at which to say all at once.
  pipeline.gate.hasEnd = false
  pipeline.start({ inform: () => {}, warn: (message) => warn(loader, message) })
  PIPELINES.set(options, pipeline)
  return pipeline
}
