/// <reference types="node" />
/**
 * The files of components in an esbuild output: beside each script that refers to them, under a name with their digest, and
 * in the listing of the output. esbuild's own way leaves the name in a variable, and then whoever bundles the output once
 * more does not see a file in it.
 */

import { dirname, join, relative, resolve } from 'node:path'
import type { BuildOptions, BuildResult } from 'esbuild'
import type { ComponentSource } from '../../bindings/module/input.js'
import { toSlashes } from '../../disk/paths.js'
import { replaceFile } from '../../disk/replace-file.js'
import type { Admission } from '../admissions.js'
import { isPlainName, urlSource } from '../assets.js'
import { withoutQuery } from './adapter.js'
import { workingFolder } from './esbuild-messages.js'

/** The files that the modules of a build refer to. */
export class EsbuildFiles {
  /** By the absolute path of the module. */
  readonly #shipped = new Map<string, Admission>()

  /** @param module absolute path, without a query @returns how its code finds the file */
  ship(module: string, admission: Admission): ComponentSource {
    this.#shipped.set(module, admission)
    return urlSource(`new URL(${JSON.stringify(`./${nameOf(admission)}`)}, import.meta.url).href`)
  }

  /** Puts the files where the finished output looks for them. @throws an error of `node:fs` */
  place(options: BuildOptions, { metafile, outputFiles }: BuildResult): void {
    const folder = workingFolder(options)
    for (const [output, { inputs }] of Object.entries(metafile!.outputs)) {
      for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
        const shipped = this.#shipped.get(resolve(folder, withoutQuery(input)))
        if (shipped === undefined || bytesInOutput === 0) continue
        const { bytes } = shipped.admitted
        const path = join(dirname(resolve(folder, output)), nameOf(shipped))
        metafile!.outputs[toSlashes(relative(folder, path))] = {
          bytes: bytes.length,
          inputs: { [withoutQuery(input)]: { bytesInOutput: bytes.length } },
          imports: [],
          exports: [],
        }
        if (options.write !== false) replaceFile(path, bytes, { makeFolder: true })
        else addOutput(outputFiles!, path, shipped)
      }
    }
  }
}

/** In the list that a caller gets who writes by himself. */
function addOutput(
  outputFiles: NonNullable<BuildResult['outputFiles']>,
  path: string,
  { admitted }: Admission,
): void {
  if (outputFiles.some((file) => file.path === path)) return
  const contents = admitted.bytes.slice()
  outputFiles.push({ path, contents, hash: admitted.digest, text: '' })
}

/** As long a piece of the digest as no two files of an output share. */
const DIGITS = 16

function nameOf({ name, admitted }: Admission): string {
  const stem = name.replace(/\.wasm$/i, '')
  return `${isPlainName(stem) ? stem : 'component'}-${admitted.digest.slice(0, DIGITS)}.wasm`
}
