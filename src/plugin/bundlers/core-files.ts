/// <reference types="node" />
/** Core modules that an output of Rollup, Rolldown or Vite has as files of their own, and the imports of them. */

import { posix } from 'node:path'
import type { Core } from '../../bindings/module/cores.js'
import { problem } from '../../errors/raise.js'
import type { Hex } from '../../format/encoding.js'
import type { Admission } from '../admissions.js'
import { CoreFile } from '../core-file.js'
import { type Handover, suffixOf } from '../handover.js'
import { fileUrlOf } from './file-url.js'

/** What generated code imports, with the digest of the core module. */
const CORE_NAME = './~signed-wasm/core/'

/** Matches that. */
export const CORE_PATTERN = /^\.\/~signed-wasm\/core\/([0-9a-f]{64})$/

/** What stands in code until the name of the file is known. Not that of a file: others make something of what ends in `.wasm`. */
const PLACEHOLDER = 'signed-wasm-core:'

/** The external id for what generated code imports; nothing for all else. */
export function resolveCore(source: string) {
  const digest = CORE_PATTERN.exec(source)?.[1]
  if (digest === undefined) return undefined
  return { id: PLACEHOLDER + digest, external: true as const, moduleSideEffects: false }
}

/** Whether an external id is one of ours. */
export function isCoreId(id: string): boolean {
  return id.startsWith(PLACEHOLDER)
}

/** The part of a plugin context that emits files. */
export interface EmittingContext {
  emitFile(asset: { type: 'asset'; name: string; source: Uint8Array }): string
  getFileName(reference: string): string
}

interface Emitted {
  file: CoreFile
  how: Handover
  reference: string
}

/** A script of an output. */
export interface Chunk {
  fileName: string
  imports: readonly string[]
}

/** The files of all builds that share the plugin. */
export class CoreFiles<Context extends EmittingContext> {
  /** By build, and by digest. */
  readonly #emitted = new WeakMap<object, Map<Hex, Emitted>>()
  readonly #buildOf: (context: Context) => object

  /** @param buildOf what tells one build from another */
  constructor(buildOf: (context: Context) => object) {
    this.#buildOf = buildOf
  }

  #of(context: Context): Map<Hex, Emitted> {
    const build = this.#buildOf(context)
    const emitted = this.#emitted.get(build) ?? new Map<Hex, Emitted>()
    this.#emitted.set(build, emitted)
    return emitted
  }

  /** Emits one. @returns what {@link CoreShipping.ship} does, and the reference to the file */
  ship(context: Context, { core, of, how }: { core: Core; of: Admission; how: Handover }) {
    const file = new CoreFile(core, of)
    const reference = context.emitFile({ type: 'asset', name: file.name, source: core.bytes.slice() })
    this.#of(context).set(file.digest, { file, how, reference })
    return { place: how === 'url' ? fileUrlOf(reference) : CORE_NAME + file.digest, reference }
  }

  /** What has to be in the output of a build, by name. */
  held(context: Context): ReadonlyMap<string, CoreFile> {
    const all = [...this.#of(context).values()]
    return new Map(
      all.flatMap(({ file, reference }) => {
        const name = nameOf(reference, context)
        return name === undefined ? [] : [[name, file] as const]
      }),
    )
  }

  /** The hook that puts the names of files into the imports of a chunk. */
  get renderChunk() {
    const of = (context: Context) => this.#of(context)
    return async function (this: Context, code: string, chunk: Chunk, { format }: { format?: string }) {
      const ids = chunk.imports.filter(isCoreId)
      if (ids.length === 0) return null
      const { default: MagicString } = await import('magic-string')
      const named = new MagicString(code)
      for (const id of ids) {
        const { file, how, reference } = of(this).get(id.slice(PLACEHOLDER.length))!
        if (format !== 'es')
          throw problem('MODULES_UNSUPPORTED', { file: file.of.admitted.name, where: `the format ${format}` })
        const path = posix.relative(posix.dirname(chunk.fileName), this.getFileName(reference))
        named.replaceAll(id, (path.startsWith('.') ? path : `./${path}`) + suffixOf(how))
      }
      return { code: named.toString(), map: named.generateMap({ hires: 'boundary' }) }
    }
  }
}

/** Nothing for what an earlier build has emitted, or that of a worker. */
function nameOf(reference: string, context: EmittingContext): string | undefined {
  try {
    return context.getFileName(reference)
  } catch {
    return undefined // that is how bundlers say that they do not know it
  }
}
