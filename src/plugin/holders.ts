/// <reference types="node" />
/** The modules that hold the wasm of an output, whatever bundlers and minifiers have made of its encoding. */

import { keyOf } from './admissions.js'
import { Inflation } from './encodings/inflate.js'
import { type FoundWasm, type OutputFile, wasmIn } from './find-wasm.js'

/** What was found in the modules of outputs. */
export class Holders {
  readonly #byOutput = new Map<OutputFile, Map<string, Set<string>>>()

  /** The files that brought something: the sources of the whole output, or the modules that hold it in any encoding. */
  of({ output, bytes, encoding }: FoundWasm): readonly string[] {
    const sources = output.sources ?? []
    if (encoding === undefined) return sources
    // Only bytes are copied as they are.
    const copied = encoding === 'compressed' || encoding === 'pack' ? sources : []
    return [...copied, ...(this.#index(output).get(keyOf(bytes)) ?? [])]
  }

  /** All modules are searched once, when the first wasm is found in their output. */
  #index(output: OutputFile): Map<string, Set<string>> {
    const known = this.#byOutput.get(output)
    if (known !== undefined) return known
    const index = new Map<string, Set<string>>()
    const inflation = new Inflation()
    for (const { file, content } of output.modules?.() ?? [])
      for (const { bytes } of wasmIn({ name: file, content }, inflation))
        index.set(keyOf(bytes), (index.get(keyOf(bytes)) ?? new Set()).add(file))
    this.#byOutput.set(output, index)
    return index
  }
}
