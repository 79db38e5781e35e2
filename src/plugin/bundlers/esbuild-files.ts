/// <reference types="node" />
/**
 * The files of components in an esbuild output: beside each script that refers to them, under a name with their digest, and
 * in the listing of the output. esbuild's own way leaves the name in a variable, and then whoever bundles the output once
 * more does not see a file in it.
 */

import { dirname, join, relative, resolve } from 'node:path'
import type { BuildOptions, BuildResult, Metafile } from 'esbuild'
import type { ComponentSource } from '../../bindings/module/input.js'
import { toSlashes } from '../../disk/paths.js'
import { replaceFile } from '../../disk/replace-file.js'
import type { Admission } from '../admissions.js'
import { isPlainName, urlSource } from '../assets.js'
import { CoreFile } from '../core-file.js'
import type { LoadContext } from '../contexts.js'
import { edgeAmong, type Handover, suffixOf } from '../handover.js'
import type { Hex } from '../../format/encoding.js'
import { withoutQuery } from './adapter.js'
import { workingFolder } from './esbuild-messages.js'

/** What generated code imports a core module by, with the name of its file: other plugins look for paths that end in `.wasm`. */
const CORE_NAME = './~signed-wasm/core/'

/** Matches that. */
export const CORE_PATTERN = /^\.\/~signed-wasm\/core\/(.+)#$/

/** A file beside scripts. */
interface Shipped {
  name: string
  bytes: Uint8Array
  digest: Hex
  /** Where it is a core module. */
  core?: CoreFile
}

/** The files that the modules of a build refer to. */
export class EsbuildFiles {
  /** By the absolute path of the module, and by their names. */
  readonly #shipped = new Map<string, Map<string, Shipped>>()
  /** Core modules of the last output, by absolute path. */
  readonly held = new Map<string, CoreFile>()

  /** Forgets what a module has referred to before it is loaded, as in watch mode. */
  forget(module: string): void {
    this.#shipped.delete(module)
  }

  /** @param module absolute path, without a query @returns how its code finds the file */
  ship(module: string, { name, admitted: { bytes, digest } }: Admission): ComponentSource {
    return urlSource(this.#add(module, { name: nameOf(name, digest), bytes, digest }))
  }

  /** How core modules are shipped, as esbuild is told what it builds for; its own default is browsers. */
  shipping(module: string, { format, platform, conditions = [] }: BuildOptions): LoadContext['cores'] {
    const edge = edgeAmong(conditions)
    if (format !== 'esm') return { without: `the format ${format ?? 'iife'}`, isNeeded: edge !== undefined }
    const unknown = platform === 'neutral' ? undefined : ('url' as const)
    return {
      handover: edge?.handover ?? unknown,
      isFixed: edge !== undefined,
      ship: (core, of, how) => this.#shipCore(module, new CoreFile(core, of), how),
    }
  }

  #shipCore(module: string, file: CoreFile, how: Handover): string {
    const name = nameOf(file.name, file.digest)
    const url = this.#add(module, { name, bytes: file.core.bytes, digest: file.digest, core: file })
    return how === 'url' ? url : `${CORE_NAME}${name}${suffixOf(how)}#`
  }

  /** @returns JavaScript that gives the URL */
  #add(module: string, shipped: Shipped): string {
    const files = this.#shipped.get(module) ?? new Map<string, Shipped>()
    this.#shipped.set(module, files.set(shipped.name, shipped))
    return `new URL(${JSON.stringify(`./${shipped.name}`)}, import.meta.url).href`
  }

  /** Puts the files where the finished output looks for them. @throws an error of `node:fs` */
  place(options: BuildOptions, { metafile, outputFiles }: BuildResult): void {
    const folder = workingFolder(options)
    this.held.clear()
    for (const [output, { inputs }] of Object.entries(metafile!.outputs)) {
      for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
        if (bytesInOutput === 0) continue
        const shipped = this.#shipped.get(resolve(folder, withoutQuery(input)))?.values() ?? []
        for (const file of shipped) {
          const path = join(dirname(resolve(folder, output)), file.name)
          if (file.core !== undefined) this.held.set(path, file.core)
          listOutput(metafile!, { path: toSlashes(relative(folder, path)), input: withoutQuery(input), file })
          if (options.write !== false) replaceFile(path, file.bytes, { makeFolder: true })
          else addOutput(outputFiles!, path, file)
        }
      }
    }
  }
}

/** In the listing that esbuild makes of an output. */
function listOutput(
  { outputs }: Metafile,
  { path, input, file: { bytes } }: { path: string; input: string; file: Shipped },
): void {
  const inputs = { [input]: { bytesInOutput: bytes.length } }
  outputs[path] = { bytes: bytes.length, inputs, imports: [], exports: [] }
}

/** In the list that a caller gets who writes by himself. */
function addOutput(
  outputFiles: NonNullable<BuildResult['outputFiles']>,
  path: string,
  { bytes, digest }: Shipped,
): void {
  if (outputFiles.some((file) => file.path === path)) return
  outputFiles.push({ path, contents: bytes.slice(), hash: digest, text: '' })
}

/** As long a piece of the digest as no two files of an output share. */
const DIGITS = 16

function nameOf(name: string, digest: Hex): string {
  const stem = name.replace(/\.wasm$/i, '')
  return `${isPlainName(stem) ? stem : 'component'}-${digest.slice(0, DIGITS)}.wasm`
}
