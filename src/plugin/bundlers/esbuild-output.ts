/// <reference types="node" />
/** What esbuild has written, as the sweep wants it. */

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { BuildOptions, BuildResult, Metafile } from 'esbuild'
import { realPath } from '../../disk/paths.js'
import { Pipeline } from '../pipeline.js'
import { isModuleRequest } from '../request.js'
import { modulesOf, withoutQuery } from './adapter.js'
import { logOf, type Message, messagesOf, workingFolder } from './esbuild-messages.js'

/** Sweeps what was written, and removes it when it is refused. */
export function sweepOutput(
  pipeline: Pipeline,
  options: BuildOptions,
  result: BuildResult,
  warnings: Message[],
) {
  if (result.errors.length > 0) return undefined
  const folder = workingFolder(options)
  const outputs = Object.entries(result.metafile!.outputs).map(([name, about]) => ({
    path: resolve(folder, name),
    sources: sourceOf(about, folder),
    inputs: Object.keys(about.inputs).map((input) => resolve(folder, withoutQuery(input))),
  }))
  const contents = new Map(result.outputFiles?.map((file) => [file.path, file.contents]))
  const errors = messagesOf(() =>
    pipeline.sweep(
      {
        files: outputs.map(({ path, sources, inputs }) => ({
          name: path,
          content: contents.get(path) ?? readFileSync(path),
          sources,
          modules: () => modulesOf(inputs),
        })),
        importersOf: (file) => importersOf(file, result.metafile!, folder),
      },
      logOf(options, warnings),
    ),
  )
  // It is on the disk by now.
  if (errors.length > 0 && options.write !== false)
    for (const { path } of outputs) rmSync(path, { force: true })
  return { errors }
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
