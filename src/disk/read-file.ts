/// <reference types="node" />
/** Reads a file that may be hostile: one open, one fstat on that descriptor, one buffer. */

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import { type Layer, PREAMBLE_LENGTH, readLayer } from '../format/wasm.js'
import { isMissing } from './paths.js'
import { reasonOf } from './system-error.js'

/** How large a file may be that is read, when nothing else is said. */
export const DEFAULT_MAX_FILE_BYTES = 64 * 2 ** 20

/** The most that may be asked for: what a system call reads, and what every Node can hold in one piece. */
export const MAX_FILE_BYTES = 2_147_483_647

/**
 * Reads a whole regular file.
 * @param display the path as messages name it
 * @returns its bytes, or `undefined` when nothing is there
 * @throws Diagnostic `FILE_NOT_REGULAR`, `FILE_TOO_LARGE`, `FILE_UNREADABLE`
 */
export function readRegularFile(
  file: string,
  { display, maxBytes }: { display: string; maxBytes: number },
): Uint8Array | undefined {
  try {
    return withDescriptor(file, (descriptor) => {
      const stats = fstatSync(descriptor)
      if (!stats.isFile()) throw problem('FILE_NOT_REGULAR', { file: display })
      if (stats.size > maxBytes)
        throw problem('FILE_TOO_LARGE', { file: display, bytes: stats.size, maxBytes })
      return readExactly(descriptor, stats.size, display)
    })
  } catch (error) {
    if (error instanceof Diagnostic) throw error
    if (isMissing(error)) return undefined
    const reason = error instanceof RangeError ? 'there is not enough memory for it' : reasonOf(error)
    throw problem('FILE_UNREADABLE', { file: display, reason }, { cause: error })
  }
}

function readExactly(descriptor: number, size: number, display: string): Uint8Array {
  const bytes = new Uint8Array(size)
  const length = readUpTo(descriptor, bytes)
  const grew = readUpTo(descriptor, new Uint8Array(1)) > 0
  if (length !== size || grew) {
    throw problem('FILE_UNREADABLE', { file: display, reason: 'it changed while it was read' })
  }
  return bytes
}

function readUpTo(descriptor: number, bytes: Uint8Array): number {
  let offset = 0
  while (offset < bytes.length) {
    const count = readSync(descriptor, bytes, offset, bytes.length - offset, null)
    if (count === 0) break
    offset += count
  }
  return offset
}

/** The layer that the first 8 bytes of a file declare. Never throws: what cannot be read has none. */
export function sniffLayer(file: string): Layer | undefined {
  try {
    return withDescriptor(file, (descriptor) => {
      if (!fstatSync(descriptor).isFile()) return undefined
      const bytes = new Uint8Array(PREAMBLE_LENGTH)
      return readUpTo(descriptor, bytes) === bytes.length ? readLayer(bytes) : undefined
    })
  } catch {
    // Whatever is wrong with the file, reading it again in `load` says so with a name.
    return undefined
  }
}

// O_NONBLOCK, because opening a pipe would otherwise wait for a writer for ever.
function withDescriptor<T>(file: string, use: (descriptor: number) => T): T {
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    return use(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
