/** The core modules of a component, one by one. Pure. */

import { problem } from '../../errors/raise.js'
import { equalBytes } from '../../format/encoding.js'
import type { Admitted } from '../../policy/admitted.js'
import { coreIndex } from '../jco/core-names.js'
import type { Transpiled } from '../jco/transpiled.js'

/** A core module under the name by which jco's code asks for it. */
export interface Core {
  name: string
  bytes: Uint8Array
  /** Where in the verified file it stands; nothing for one that jco itself has made. */
  offset?: number
  /** Where in jco's code an expression compiles it, which then never asks for it. */
  place?: { start: number; end: number }
}

/** A core module that stands in the file. */
export type CoreSlice = Core & Required<Pick<Core, 'offset'>>

/** Whether a core module stands in the file. */
export function isSlice(core: Core): core is CoreSlice {
  return core.offset !== undefined
}

/**
 * Finds each core module of jco's in the file: all but the adapters that it makes for composed components are verbatim
 * slices, and have their numbers. Equal bytes are what counts: whatever is not where its number says is an adapter.
 * @returns them in the order of jco; what stands in the file are views of it
 */
export function locateCores(
  cores: Transpiled['cores'],
  { bytes: file, cores: held }: Pick<Admitted, 'bytes' | 'cores'>,
): Core[] {
  return Object.entries(cores).map(([name, bytes]) => {
    const { start, end } = held[coreIndex(name)] ?? {}
    const slice = file.subarray(start ?? 0, end ?? 0)
    return start !== undefined && (isSameView(bytes, slice) || equalBytes(bytes, slice))
      ? { name, bytes: slice, offset: start }
      : { name, bytes }
  })
}

/** What comes from the cache are views of the file already, and comparing twelve megabytes takes long. */
function isSameView(one: Uint8Array, other: Uint8Array): boolean {
  return one.buffer === other.buffer && one.byteOffset === other.byteOffset && one.length === other.length
}

/** @see jco, intrinsics of async tasks: `_conditionalSuspending`, in components that hold others */
const COMPILED = /\bnew WebAssembly\.Module\(new Uint8Array\(\[([\s,\da-fx]*)\]\)\)/gi

/**
 * The core modules that jco's code holds as lists of numbers and compiles by itself.
 * @throws Diagnostic `SEAM_CHANGED` where it compiles something else
 */
export function coresIn(js: string): (Core & Required<Pick<Core, 'place'>>)[] {
  const found = [...js.matchAll(COMPILED)].map(({ 0: text, 1: list, index }, number) => ({
    name: `component.helper${number === 0 ? '' : number + 1}.wasm`,
    bytes: Uint8Array.from(
      list!.split(',').filter((one) => one.trim() !== ''),
      Number,
    ),
    place: { start: index, end: index + text.length },
  }))
  const all = js.split('WebAssembly.Module(').length - 1
  if (found.length !== all) throw problem('SEAM_CHANGED', { seam: 'compiled list', matches: all })
  return found
}
