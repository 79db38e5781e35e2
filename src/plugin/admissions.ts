/// <reference types="node" />
/** What a build has admitted, under which name. */

import type { Hex } from '../format/encoding.js'
import type { Admitted } from '../policy/admitted.js'
import { Inflation } from '../disk/encodings/inflate.js'
import { wasmIn } from '../disk/find-wasm.js'

/** A file that was admitted, and where it is. */
export interface Admission {
  /** As it was imported, where links may lead elsewhere. */
  path: string
  /** Real path, forward slashes. */
  file: string
  /** The last part of {@link file}, such as `hello.wasm`. */
  name: string
  admitted: Admitted
}

/** The memory of one gate. A file that is admitted again takes its own place. */
export class Admissions {
  readonly #byFile = new Map<string, Admission>()
  /**
   * By length: core modules of admitted components that the output may hold by themselves. Those that jco has made, and where
   * they are files of their own, the others as well.
   */
  readonly #cores = new Map<number, Uint8Array[]>()

  add(admission: Admission): void {
    this.#byFile.set(admission.file, admission)
  }

  addCore(bytes: Uint8Array): void {
    if (!this.hasCore(bytes)) this.#cores.set(bytes.length, [...(this.#cores.get(bytes.length) ?? []), bytes])
  }

  /** Adds what stands in code that jco has written. */
  addCoresIn(js: string): void {
    for (const { bytes } of wasmIn({ name: 'component.js', content: js }, new Inflation()))
      this.addCore(bytes)
  }

  /** The admission of a file as it was imported, if it has that digest. */
  find(path: string, digest: Hex): Admission | undefined {
    return [...this.#byFile.values()].find((one) => one.path === path && one.admitted.digest === digest)
  }

  /** Whether these bytes were admitted under that name, a real path. */
  has(file: string, bytes: Uint8Array): boolean {
    return isSame(this.#byFile.get(file)?.admitted.bytes, bytes)
  }

  /** Whether these bytes were admitted under any name. */
  hasSomewhere(bytes: Uint8Array): boolean {
    return [...this.#byFile.values()].some(({ admitted }) => isSame(admitted.bytes, bytes))
  }

  hasCore(bytes: Uint8Array): boolean {
    return this.#cores.get(bytes.length)?.some((one) => isSame(one, bytes)) ?? false
  }

  clear(): void {
    this.#byFile.clear()
    this.#cores.clear()
  }
}

/** The bytes themselves, as what maps and sets can compare. */
export function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

/** Whether both hold the same bytes; faster than to hash them. */
export function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.length === b.length && Buffer.compare(a, b) === 0
}
