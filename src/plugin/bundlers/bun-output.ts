/// <reference types="node" />
/** What Bun has written, as the sweep wants it. */

import { readFileSync, rmSync, statSync } from 'node:fs'
import { basename, isAbsolute, relative, resolve } from 'node:path'
import { equalBytes } from '../../format/encoding.js'
import { realPath, toSlashes } from '../../disk/paths.js'
import type { BuildLog } from '../contexts.js'
import type { OutputFile } from '../../disk/find-wasm.js'
import { modulesOf } from '../holders.js'
import type { LateSweep } from '../late-sweep.js'
import type { Pipeline } from '../pipeline.js'
import { isModuleRequest, isWasm } from '../request.js'
import type { Output } from '../sweep.js'
import { scriptOf, withoutFrames, withoutQuery } from './adapter.js'
import type { BunArtifact, BunBuild, BunConfig, BunMetafile, BunResult } from './bun-api.js'

/**
 * Sweeps what a build gives, and, where it was written, the folder. What is refused is removed.
 * @param shipped what the plugin has put into the output, by the name of its module
 */
export function sweepBun(
  pipeline: Pipeline,
  build: BunBuild,
  { config, shipped, log }: { config: BunConfig; shipped: ReadonlyMap<string, Uint8Array>; log: BuildLog },
): void {
  // The sweep has to know what was put together.
  config.metafile = true
  const { outdir, compile = false } = config
  const folder = resolve(outdir ?? '.')
  let sweeper: LateSweep | undefined
  build.onStart?.(() => void (sweeper = outdir === undefined ? undefined : pipeline.sweeper(folder)))
  build.onEnd?.(async (result) => {
    if (!result.success) return
    const output = await outputOf(result, folder)
    const executables =
      compile === false ? [] : result.outputs.flatMap((one) => takeApart(one, result, shipped))
    withoutFrames(() => {
      try {
        const whole = { ...output, files: [...output.files, ...executables] }
        if (sweeper === undefined) pipeline.sweep(whole, log)
        else sweeper.early(whole, log)
      } catch (error) {
        for (const { path } of result.outputs) if (isAbsolute(path)) rmSync(path, { force: true })
        throw error
      }
      sweeper?.late(log)
    })
  })
}

async function outputOf(
  { outputs, metafile = NOTHING }: BunResult,
  folder: string,
): Promise<Output & { files: OutputFile[] }> {
  const files = outputs.map(async (artifact): Promise<OutputFile> => {
    const name = toSlashes(relative(folder, resolve(folder, artifact.path)))
    const content = new Uint8Array(await artifact.arrayBuffer())
    const about = metafile.outputs[`./${scriptOf(name)}`]
    if (about === undefined) return { name, content, sources: sourcesOf(content, metafile) }
    const inputs = Object.keys(about.inputs).map((input) => resolve(withoutQuery(input)))
    return { name, content, modules: () => modulesOf(inputs) }
  })
  return {
    files: await Promise.all(files),
    importersOf: (file) => importersOf(file, metafile),
    externals: externalsOf(metafile),
  }
}

const NOTHING: BunMetafile = { inputs: {}, outputs: {} }

/**
 * An executable, of which Bun hands over the script alone: the files in it, and all the rest. Names stand behind the files, which
 * would be taken for another section of theirs.
 */
function takeApart(
  { path }: BunArtifact,
  { metafile = NOTHING }: BunResult,
  shipped: ReadonlyMap<string, Uint8Array>,
): OutputFile[] {
  const name = basename(path)
  const rest = readFileSync(path)
  const files = Object.entries(metafile.inputs).flatMap(([input, { bytes }]): OutputFile[] => {
    if (bytes > 0) return [] // Of these the script is made.
    const file = resolve(withoutQuery(input))
    const own = shipped.get(input.replace(/^[^:]*:/, ''))
    const content = own ?? (isFile(file) ? readFileSync(file) : new Uint8Array())
    const isIn = content.length > 0 && erase(content, rest)
    return isIn ? [{ name, content, ...(own === undefined && { sources: [file] }) }] : []
  })
  return [...files, { name, content: rest }]
}

/** @returns whether it was there */
function erase(content: Uint8Array, from: Buffer): boolean {
  const first = from.indexOf(content)
  for (let at = first; at !== -1; at = from.indexOf(content, at)) from.fill(0, at, at + content.length)
  return first !== -1
}

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true

/** The files that a file of the output may have been copied from: Bun does not tell. */
function sourcesOf(content: Uint8Array, { inputs }: BunMetafile): string[] {
  return Object.keys(inputs)
    .map((input) => resolve(withoutQuery(input)))
    .filter((file) => isWasm(file) && holds(file, content))
}

function holds(file: string, content: Uint8Array): boolean {
  return isFile(file) && equalBytes(readFileSync(file), content)
}

function importersOf(file: string, { inputs }: BunMetafile): string[] {
  const isOfFile = (id: string) =>
    isModuleRequest(resolve(id)) && realPath(resolve(withoutQuery(id))) === file
  return Object.entries(inputs)
    .filter(([, { imports }]) => imports.some(({ path }) => isOfFile(path)))
    .map(([importer]) => resolve(importer))
}

/** Inputs tell what they import, outputs what is left of which input. */
function externalsOf({ inputs, outputs }: BunMetafile): Output['externals'] {
  const used = new Set(Object.values(outputs).flatMap((output) => Object.keys(output.inputs)))
  return Object.entries(inputs)
    .filter(([input]) => used.has(input))
    .flatMap(([input, { imports }]) =>
      imports
        .filter(({ external }) => external)
        .map(({ path: specifier }) => ({ specifier, importer: resolve(withoutQuery(input)) })),
    )
}
