/// <reference types="node" />
/** What webpack and Rspack have made, as the sweep sees it. */

import { join } from 'node:path'
import type { Compilation, Compiler, Module, NormalModule } from 'webpack'
import { realPath } from '../../disk/paths.js'
import { Diagnostic } from '../../errors/diagnostic.js'
import { readLayer } from '../../format/wasm.js'
import type { BuildLog } from '../contexts.js'
import type { ExternalImport } from '../externals.js'
import type { OutputModule } from '../../disk/find-wasm.js'
import type { LateSweep } from '../late-sweep.js'
import type { Pipeline } from '../pipeline.js'
import type { Output } from '../sweep.js'
import { NAME, scriptOf, withoutQuery } from './adapter.js'
import { isOthers, noteWriting, noteWritten } from './webpack-siblings.js'

/** Where lines and warnings of a compilation go. */
export function logOf(compiler: Compiler, compilation: Compilation): BuildLog {
  const logger = compiler.getInfrastructureLogger(NAME)
  return {
    inform: (line) => logger.info(line),
    warn: (message) => addWarning(compiler, compilation, message),
  }
}

function addWarning({ webpack }: Compiler, { warnings }: Compilation, message: string): void {
  warnings.push(new webpack.WebpackError(message))
}

const REFUSED = new WeakSet<Compilation>()

/** Makes a refusal an error of the compilation, of which nothing is written: one that is thrown would end the watching as well. */
export function refuseBy(compiler: Compiler, compilation: Compilation, look: () => void): void {
  try {
    look()
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
    REFUSED.add(compilation)
    compilation.errors.push(new compiler.webpack.WebpackError(error.message))
  }
}

/** Sweeps the assets of each compilation, and its folder after everyone who writes there. */
export function sweepCompilations(compiler: Compiler, pipeline: Pipeline): void {
  let sweeper: LateSweep
  compiler.hooks.thisCompilation.tap(NAME, (compilation) => {
    sweeper = pipeline.sweeper(compiler.outputPath, (file) => isOthers(file, compiler))
    const stage = compiler.webpack.Compilation.PROCESS_ASSETS_STAGE_REPORT
    compilation.hooks.processAssets.tap({ name: NAME, stage }, () => {
      const log = logOf(compiler, compilation)
      refuseBy(compiler, compilation, () => {
        const output = outputOf(compiler, compilation)
        sweeper.early(output, log)
        noteWriting(output.files, compiler)
      })
    })
  })
  const first = { name: NAME, stage: Number.MIN_SAFE_INTEGER }
  compiler.hooks.shouldEmit.tap(first, (compilation) => (REFUSED.has(compilation) ? false : undefined))
  compiler.hooks.done.tap({ name: NAME, stage: Number.MAX_SAFE_INTEGER }, ({ compilation }) => {
    if (compilation.errors.length === 0)
      refuseBy(compiler, compilation, () => sweeper.late(logOf(compiler, compilation)))
    noteWritten(compiler, compilation.errors.length === 0)
  })
  compiler.hooks.failed.tap(NAME, () => noteWritten(compiler, false))
}

function outputOf({ context }: Compiler, compilation: Compilation): Output {
  const files = compilation.getAssets().map(({ name, source, info }) => ({
    // By default names of assets keep the query that they were asked for with, and files are written without it.
    name: withoutQuery(name),
    content: new Uint8Array(source.buffer()),
    modules: () => modulesOf(name, compilation),
    sources: info.sourceFilename
      ? [join(context, withoutQuery(info.sourceFilename))]
      : compiledFrom(source.buffer(), compilation),
  }))
  return { files, importersOf: (file) => importersOf(file, compilation), externals: externalsOf(compilation) }
}

/** Modules that were joined into one are looked at one by one. */
function innermost(module: Module): NormalModule[] {
  const { modules } = module as Module & { modules?: Iterable<Module> }
  return modules === undefined ? [module as NormalModule] : [...modules].flatMap(innermost)
}

function modulesOf(name: string, { chunks, chunkGraph }: Compilation): OutputModule[] {
  return [...chunks]
    .filter(({ files }) => files.has(scriptOf(name)))
    .flatMap((chunk) => [...chunkGraph.getChunkModules(chunk)].flatMap(innermost))
    .filter(({ resource }) => resource)
    .map((module) => ({
      file: withoutQuery(module.resource),
      content: module.originalSource()?.source() ?? '',
    }))
}

function importersOf(file: string, { modules, moduleGraph }: Compilation): string[] {
  return [...modules]
    .flatMap(innermost)
    .filter(
      ({ resource, type }) =>
        resource && type !== 'asset/resource' && realPath(withoutQuery(resource)) === file,
    )
    .flatMap((module) => importersIn(module, moduleGraph))
}

/** Modules that are external have a request and no resource. */
function externalsOf({ modules, moduleGraph }: Compilation): ExternalImport[] {
  return [...modules].flatMap(innermost).flatMap((module) => {
    const { userRequest: specifier, resource } = module as Partial<NormalModule>
    if (typeof specifier !== 'string' || resource) return []
    return importersIn(module, moduleGraph).map((importer) => ({ specifier, importer }))
  })
}

/** The modules that import another: as they were before some were joined. */
function importersIn(module: Module, moduleGraph: Compilation['moduleGraph']): string[] {
  return [...moduleGraph.getIncomingConnections(module)].flatMap(({ dependency }) => {
    const { resource } = ((dependency && moduleGraph.getParentModule(dependency)) ??
      {}) as Partial<NormalModule>
    return resource ? [withoutQuery(resource)] : []
  })
}

/** The core modules that webpack itself has written as this file, for which it names no source. */
function compiledFrom(content: Buffer, { modules }: Compilation): string[] {
  if (readLayer(content) === undefined) return []
  return [...modules]
    .flatMap(innermost)
    .filter(
      (module) => module.type.startsWith('webassembly/') && module.originalSource()?.buffer().equals(content),
    )
    .map(({ resource }) => withoutQuery(resource))
}
