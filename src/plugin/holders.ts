/// <reference types="node" />
/** The modules that hold the wasm of an output, whatever bundlers and minifiers have made of its encoding. */

import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { packageOf } from '../disk/owner.js'
import { toSlashes } from '../disk/paths.js'
import { keyOf } from './admissions.js'
import { Inflation } from '../disk/encodings/inflate.js'
import { type FoundWasm, type OutputFile, type OutputModule, wasmIn } from '../disk/find-wasm.js'

/** What was found in the modules of outputs. */
export class Holders {
  readonly #byOutput = new Map<OutputFile, Map<string, Set<string>>>()

  readonly #root: string

  /** @param root what sources are relative to, where they are */
  constructor(root: string) {
    this.#root = root
  }

  /**
   * The files that brought something: the sources of the whole output, or what holds it in any encoding, of its modules and
   * of the scripts that it was copied from.
   */
  of({ output, bytes, encoding }: FoundWasm): readonly string[] {
    const sources = output.sources ?? []
    if (encoding === undefined) return sources
    // Only bytes are copied as they are.
    const packed = encoding === 'compressed' || encoding === 'pack' ? sources : []
    return [...packed, ...(this.#index(output).get(keyOf(bytes)) ?? [])]
  }

  /** All modules are searched once, when the first wasm is found in their output. */
  #index(output: OutputFile): Map<string, Set<string>> {
    const known = this.#byOutput.get(output)
    if (known !== undefined) return known
    const index = new Map<string, Set<string>>()
    const inflation = new Inflation()
    const copied = modulesOf((output.sources ?? []).map((source) => resolve(this.#root, source)))
    for (const { file, content } of [...(output.modules?.() ?? []), ...copied])
      for (const { bytes } of wasmIn({ name: file, content }, inflation))
        index.set(keyOf(bytes), (index.get(keyOf(bytes)) ?? new Set()).add(file))
    this.#byOutput.set(output, index)
    return index
  }
}

/** The packages whose code outputs hold. */
export function packagesIn(outputs: Iterable<OutputFile>): string[] {
  const modules = [...outputs].flatMap((output) => output.modules?.() ?? [])
  return modules.flatMap(({ file }) => packageOf(toSlashes(file))?.name ?? [])
}

/** Modules as they are on the disk, for bundlers that tell no more than their names. Plugins give names to what is no file. */
export function modulesOf(files: readonly string[]): OutputModule[] {
  return files
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
    .map((file) => ({ file, content: readFileSync(file) }))
}
