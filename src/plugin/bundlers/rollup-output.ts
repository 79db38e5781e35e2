/// <reference types="node" />
/** What Rollup, Rolldown and Vite have made, as the sweep sees it. */

import { isBuiltin } from 'node:module'
import { dirname, resolve } from 'node:path'
import { realPath } from '../../disk/paths.js'
import type { BuildLog } from '../contexts.js'
import type { ExternalImport } from '../externals.js'
import type { OutputFile, OutputModule } from '../../disk/find-wasm.js'
import { modulesOf as modulesOnDisk } from '../holders.js'
import type { LateSweep } from '../late-sweep.js'
import type { Pipeline } from '../pipeline.js'
import type { Output as Swept } from '../sweep.js'
import { isModuleRequest } from '../request.js'
import { scriptOf, withoutFrames, withoutQuery } from './adapter.js'
import { isCoreId } from './core-files.js'

/** The part of a plugin context that prints. */
export interface Logging {
  info(line: string): void
  warn(message: string): void
}

/** Where lines go: Rollup prints both levels, and others can silence them. */
export function rollupLog(context: Logging) {
  return { inform: (line: string) => context.info(line), warn: (message: string) => context.warn(message) }
}

type Output =
  | {
      type: 'chunk'
      fileName: string
      code: string
      /** Rolldown makes it whenever it is asked for, which takes longer than all the rest of the sweep. */
      readonly modules: Record<string, { code: string | null }>
      /** Not in chunks that other plugins make up. */
      moduleIds?: readonly string[]
    }
  | { type: 'asset'; fileName: string; source: string | Uint8Array; originalFileNames?: string[] }

type Bundle = Record<string, Output>

/** Where an output goes. */
interface Destination {
  dir?: string | undefined
  file?: string | undefined
}

const folderOf = ({ dir, file }: Destination) => resolve(dir ?? dirname(file ?? 'x'))

/**
 * Hooks that sweep a bundle before it is written, and its folder after all other plugins have written there.
 * @param about.written hears first that it was written
 */
export function sweepHooks(
  pipeline: Pipeline,
  {
    written = () => {},
    held,
  }: {
    written?: (this: never, to: Destination) => void
    /** See {@link Swept}. */
    held?: (context: never) => Swept['held']
  } = {},
) {
  const sweepers = new Map<string, LateSweep>()
  const isWritten = new Set<string>()
  const sweepFolder = (folder: string, log: BuildLog) => withoutFrames(() => sweepers.get(folder)!.late(log))
  return {
    renderStart(to: Destination) {
      isWritten.delete(folderOf(to))
      sweepers.set(folderOf(to), pipeline.sweeper(folderOf(to)))
    },
    generateBundle: {
      order: 'post' as const,
      handler(this: SweepingContext, to: Destination, bundle: Bundle) {
        const swept = { ...sweptOf(bundle, this), ...(held && { held: held(this as never) }) }
        withoutFrames(() => sweepers.get(folderOf(to))!.early(swept, rollupLog(this)))
      },
    },
    writeBundle: {
      order: 'post' as const,
      sequential: true as const,
      handler(this: SweepingContext, to: Destination) {
        written.call(this as never, to)
        isWritten.add(folderOf(to))
        sweepFolder(folderOf(to), rollupLog(this))
      },
    },
    closeBundle: {
      order: 'post' as const,
      sequential: true as const,
      handler(this: SweepingContext) {
        // Of others that are built meanwhile, nothing is there to be seen yet.
        for (const folder of isWritten) sweepFolder(folder, rollupLog(this))
      },
    },
  }
}

/** The hook that sweeps a bundle which becomes part of another one. */
export function partHook(pipeline: Pipeline) {
  return {
    order: 'post' as const,
    handler(this: SweepingContext, _: Destination, bundle: Bundle) {
      withoutFrames(() => pipeline.sweepPart(sweptOf(bundle, this), rollupLog(this)))
    },
  }
}

function sweptOf(bundle: Bundle, context: SweepingContext): Swept {
  return {
    files: Object.values(bundle).map((output) => outputFile(output, bundle)),
    importersOf: (file) => importersOf(file, context),
    externals: externalsOf(Object.values(bundle), context),
  }
}

function outputFile(output: Output, bundle: Bundle): OutputFile {
  const { fileName } = output
  if (output.type === 'chunk') {
    return { name: fileName, content: output.code, modules: () => modulesOf(output.modules) }
  }
  const sources = output.originalFileNames ?? []
  return { name: fileName, content: output.source, sources, modules: () => mappedBy(fileName, bundle) }
}

/** What a source map holds: the modules of its script as they were, with what was left out of that. */
function mappedBy(map: string, bundle: Bundle): OutputModule[] {
  const script = bundle[scriptOf(map)]
  return script?.type === 'chunk' ? modulesOnDisk(idsIn(script).map(fileOf)) : []
}

const idsIn = (chunk: Extract<Output, { type: 'chunk' }>) => chunk.moduleIds ?? Object.keys(chunk.modules)

/** Ids of modules that are made from others begin with a NUL character. */
const fileOf = (id: string) => withoutQuery(id.replace(/^\0/, ''))

function modulesOf(modules: Record<string, { code: string | null }>): OutputModule[] {
  return Object.entries(modules).map(([id, { code }]) => ({ file: fileOf(id), content: code ?? '' }))
}

interface SweepingContext extends Logging {
  getModuleIds(): Iterable<string>
  getModuleInfo(id: string): ModuleInfo | null
}

interface ModuleInfo {
  code: string | null
  /** Not told by Rolldown, which has no code for what is external. */
  isExternal?: boolean
  importers: readonly string[]
  dynamicImporters: readonly string[]
  importedIds: readonly string[]
  dynamicallyImportedIds: readonly string[]
}

function externalsOf(outputs: readonly Output[], context: SweepingContext): ExternalImport[] {
  const modules = outputs.flatMap((output) => (output.type === 'chunk' ? idsIn(output) : []))
  const external = externalIds(modules, context)
  // To ask about every module takes longer than all else that is done here, and most builds bundle all that they import.
  if (external.size === 0) return []
  return modules.flatMap((id) => {
    const { importedIds = [], dynamicallyImportedIds = [] } = context.getModuleInfo(id) ?? {}
    const left = [...importedIds, ...dynamicallyImportedIds].filter((imported) => external.has(imported))
    return left.map((specifier) => ({ specifier, importer: fileOf(id) }))
  })
}

/** Of the modules that are in no output, those that are external; Node's own are left out, which nobody judges. */
function externalIds(modules: readonly string[], context: SweepingContext): Set<string> {
  const bundled = new Set(modules)
  const isExternal = (id: string) => {
    const about = context.getModuleInfo(id)
    return about?.isExternal ?? about?.code === null
  }
  const others = [...context.getModuleIds()].filter(
    (id) => !bundled.has(id) && !isBuiltin(id) && !isCoreId(id),
  )
  return new Set(others.filter(isExternal))
}

function importersOf(file: string, context: SweepingContext): string[] {
  return [...context.getModuleIds()]
    .filter((id) => isModuleRequest(id) && realPath(fileOf(id)) === file)
    .flatMap((id) => {
      const { importers = [], dynamicImporters = [] } = context.getModuleInfo(id) ?? {}
      return [...importers, ...dynamicImporters].map(fileOf)
    })
}
