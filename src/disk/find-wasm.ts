/// <reference types="node" />
/**
 * Finding wasm in a finished output: whole, encoded in text, or within a larger or compressed file.
 *
 * Catches what never reaches `load`: `new URL('./x.wasm', import.meta.url)`, a dependency that does this,
 * another plugin's asset, what a loader has put into a script. "What is seen in an output" in the README says what it sees.
 */

import { type Layer, readLayer } from '../format/wasm.js'
import { decodeBase64 } from './encodings/base64.js'
import { binariesIn } from './encodings/binaries.js'
import { binariesInCompressed, binariesInPack } from './encodings/files.js'
import { decodeGzip } from './encodings/gzip.js'
import { decodeHex } from './encodings/hex.js'
import { Inflation } from './encodings/inflate.js'
import { decodeLiterals } from './encodings/literals.js'
import { decodeNumbers } from './encodings/numbers.js'
import { type Decode, textOf } from './encodings/text.js'

/** A module whose code is part of an output. */
export interface OutputModule {
  /** Real path, or one that leads to it. */
  file: string
  /** What the bundler has read or made of it. */
  content: string | Uint8Array
}

/** One file of the output. */
export interface OutputFile {
  name: string
  content: Uint8Array | string
  /** Real paths of the sources it was copied from, where the bundler knows them. */
  sources?: readonly string[]
  /** What stands in it, where the bundler tells. Asked for when something is found. */
  modules?: () => readonly OutputModule[]
}

/** How wasm stands in a text, or in the bytes of a larger file. */
export type Encoding = keyof typeof DECODERS | FileEncoding

type FileEncoding = 'compressed' | 'pack'

/** A wasm binary in the output. */
export interface FoundWasm {
  /** The output file it is, or stands in. */
  output: OutputFile
  bytes: Uint8Array
  layer: Layer
  /** How it is written, where it is not the whole output. */
  encoding?: Encoding
}

const DECODERS = {
  base64: decodeBase64,
  'gzip in base64': decodeGzip,
  hexadecimal: decodeHex,
  literal: decodeLiterals,
  numbers: decodeNumbers,
} satisfies Record<string, Decode>

/**
 * Every wasm binary in the output.
 * @param onLimit hears of outputs in which something was left compressed: see {@link MAX_INFLATED_BYTES}
 */
export function* findWasm(
  outputs: Iterable<OutputFile>,
  onLimit: (output: OutputFile) => void = () => {},
): Generator<FoundWasm> {
  for (const output of outputs) {
    const inflation = new Inflation()
    for (const found of wasmIn(output, inflation)) yield { output, ...found }
    if (inflation.isExhausted) onLimit(output)
  }
}

/** Every wasm binary in one content. A whole one is not searched for others. */
export function* wasmIn(
  { name, content }: Pick<OutputFile, 'name' | 'content'>,
  inflation: Inflation,
): Generator<Omit<FoundWasm, 'output'>> {
  const whole = typeof content === 'string' ? undefined : readLayer(content)
  if (whole !== undefined) {
    yield { bytes: content as Uint8Array, layer: whole }
    return
  }
  for (const [encoding, bytes] of encodedIn(name, content, inflation))
    yield { bytes, layer: readLayer(bytes)!, encoding }
}

/** Names of files in which bytes stand in literals, if anywhere. */
const SCRIPT = /\.(?:[cm]?js|css|html?|json|map)$/i

function* encodedIn(
  name: string,
  content: string | Uint8Array,
  inflation: Inflation,
): Generator<[Encoding, Uint8Array]> {
  const isPack = typeof content !== 'string' && !SCRIPT.test(name)
  if (isPack) {
    for (const bytes of binariesInCompressed(name, content, inflation)) yield ['compressed', bytes]
    for (const bytes of binariesInPack(content)) yield ['pack', bytes]
  }
  const text = textOf(content, { isPack, inflation })
  for (const [encoding, decode] of Object.entries(DECODERS) as [keyof typeof DECODERS, Decode][])
    for (const decoded of decode(text)) for (const bytes of binariesIn(decoded)) yield [encoding, bytes]
}
