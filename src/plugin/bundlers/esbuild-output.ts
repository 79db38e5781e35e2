/// <reference types="node" />
/** What esbuild has written, as the sweep wants it. */

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { BuildOptions, BuildResult, Metafile } from 'esbuild'
import { realPath } from '../../disk/paths.js'
import type { CoreFile } from '../core-file.js'
import type { ExternalImport } from '../externals.js'
import type { OutputFile } from '../../disk/find-wasm.js'
import { modulesOf } from '../holders.js'
import type { LateSweep } from '../late-sweep.js'
import type { Output } from '../sweep.js'
import { isModuleRequest } from '../request.js'
import { scriptOf, withoutQuery } from './adapter.js'
import { logOf, type Message, messagesOf, workingFolder } from './esbuild-messages.js'

/** The folder that esbuild writes to. */
export function outputFolder(options: BuildOptions): string {
  return resolve(workingFolder(options), options.outdir ?? dirname(options.outfile ?? 'x'))
}

/**
 * Sweeps what was built and, where it was written, the folder with all that other plugins have put there so far; what
 * is refused is removed. Plugins that come after ours in the list have not had their turn yet.
 */
export function sweepOutput(
  sweeper: LateSweep,
  options: BuildOptions,
  result: BuildResult,
  { warnings, held }: { warnings: Message[]; held: ReadonlyMap<string, CoreFile> },
) {
  if (result.errors.length > 0) return undefined
  const isWritten = options.write !== false
  const output = outputOf(options, result, held)
  const errors = messagesOf(() => {
    sweeper.early(output, logOf(options, warnings))
    if (isWritten) sweeper.late(logOf(options, warnings))
    else sweeper.conclude()
  })
  if (errors.length > 0 && isWritten) for (const { name } of output.files) rmSync(name, { force: true })
  return { errors }
}

function outputOf(
  options: BuildOptions,
  { outputFiles, metafile }: BuildResult,
  held: ReadonlyMap<string, CoreFile>,
): Output & { files: OutputFile[] } {
  const folder = workingFolder(options)
  const contents = new Map(outputFiles?.map((file) => [file.path, file.contents]))
  const files = Object.entries(metafile!.outputs).map(([name, about]) => {
    const path = resolve(folder, name)
    const { inputs: brought } = metafile!.outputs[scriptOf(name)] ?? about
    const inputs = Object.keys(brought).map((input) => resolve(folder, withoutQuery(input)))
    return {
      name: path,
      content: contents.get(path) ?? readFileSync(path),
      sources: sourceOf(about, folder),
      modules: () => modulesOf(inputs),
    }
  })
  return {
    files,
    importersOf: (file) => importersOf(file, metafile!, folder),
    externals: externalsOf(metafile!, folder, held),
    held,
  }
}

type OutputAbout = Metafile['outputs'][string]

/** What an output was copied from, as it is. A plugin's names may be those of no file. */
function sourceOf({ bytes, inputs }: OutputAbout, folder: string): string[] {
  const [[name, { bytesInOutput }] = ['', { bytesInOutput: -1 }], ...more] = Object.entries(inputs)
  const file = resolve(folder, withoutQuery(name))
  return more.length === 0 && bytesInOutput === bytes && existsSync(file) ? [file] : []
}

function importersOf(file: string, { inputs }: Metafile, folder: string): string[] {
  const isOfFile = (id: string) => isModuleRequest(id) && realPath(withoutQuery(id)) === file
  return Object.entries(inputs)
    .filter(([, { imports }]) => imports.some(({ path }) => isOfFile(resolve(folder, path))))
    .map(([importer]) => resolve(folder, importer))
}

/** Where nothing is bundled, only outputs tell what they import. */
function externalsOf(
  { inputs, outputs }: Metafile,
  folder: string,
  held: ReadonlyMap<string, CoreFile>,
): ExternalImport[] {
  return Object.entries(outputs).flatMap(([name, output]) => {
    const isHeld = (path: string) => held.has(resolve(folder, dirname(name), withoutQuery(path)))
    return output.imports
      .filter(({ external, path }) => external && !isHeld(path))
      .flatMap(({ path: specifier }) => {
        const all = Object.keys(output.inputs)
        const known = all.filter((input) => inputs[input]?.imports.some(({ path }) => path === specifier))
        const importers = known.length > 0 ? known : all
        return importers.map((input) => ({ specifier, importer: resolve(folder, withoutQuery(input)) }))
      })
  })
}
