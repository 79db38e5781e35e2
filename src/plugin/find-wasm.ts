/// <reference types="node" />
/**
 * Finding wasm in a finished output, whole or as base64.
 *
 * Catches what never reaches `load`: `new URL('./x.wasm', import.meta.url)`, a dependency that does this,
 * another plugin's asset, base64 in a script. What it cannot see: wasm that is encoded otherwise, or
 * fetched from elsewhere at run time.
 */

import { type Layer, readLayer } from '../format/wasm.js'

/** One file of the output. */
export interface OutputFile {
  name: string
  content: Uint8Array | string
  /** Real paths of the sources it was copied from, where the bundler knows them. */
  sources?: readonly string[]
  /** The modules whose code in this output holds a text, by real path; where the bundler tells. */
  holders?: (text: string) => readonly string[]
}

/** A wasm binary in the output. */
export interface FoundWasm {
  /** The output file it is, or stands in. */
  output: OutputFile
  bytes: Uint8Array
  layer: Layer
  /** The text that stands for it, where it is not the whole output. */
  text?: string
}

/** Every wasm binary in the output: whole files, and base64 in text. */
export function* findWasm(outputs: Iterable<OutputFile>): Generator<FoundWasm> {
  for (const output of outputs) {
    const whole = typeof output.content === 'string' ? undefined : readLayer(output.content)
    if (whole !== undefined) yield { output, bytes: output.content as Uint8Array, layer: whole }
    else yield* findBase64(output)
  }
}

/** Base64 of the first four bytes of every wasm binary, `\0asm`, cut to whole characters. */
const MAGIC = 'AGFzbQ'

const BASE64 = /[\w+/-]*={0,2}/y

function* findBase64(output: OutputFile): Generator<FoundWasm> {
  const text =
    typeof output.content === 'string' ? output.content : Buffer.from(output.content).toString('latin1')
  for (let at = text.indexOf(MAGIC); at !== -1; at = text.indexOf(MAGIC, BASE64.lastIndex)) {
    BASE64.lastIndex = at
    const [run] = BASE64.exec(text)!
    BASE64.lastIndex = at + run.length
    const bytes = new Uint8Array(Buffer.from(run, 'base64'))
    const layer = readLayer(bytes)
    if (layer !== undefined) yield { output, bytes, layer, text: run }
  }
}
