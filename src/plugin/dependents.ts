/** Which `.wasm` files must be loaded again when a file changes. */

import { toSlashes } from '../disk/paths.js'

/** Files and the `.wasm` files that depend on them: signatures, keys, the files themselves. */
export class Dependents {
  readonly #dependents = new Map<string, Set<string>>()

  add(file: string, dependent: string): void {
    const known = this.#dependents.get(toSlashes(file)) ?? new Set()
    this.#dependents.set(toSlashes(file), known.add(dependent))
  }

  of(file: string): string[] {
    return [...(this.#dependents.get(toSlashes(file)) ?? [])]
  }
}
