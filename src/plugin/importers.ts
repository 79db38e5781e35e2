/// <reference types="node" />
/** Who imports what, heard while modules are read: some bundlers do not tell at the end, and a dev server has none. */

import { dirname, resolve } from 'node:path'
import { parseBare, wasmOf } from '../disk/packages.js'
import { realPath } from '../disk/paths.js'

/** See the first line of this file. */
export class Importers {
  /** By specifier: absolute paths of the modules that hold it. */
  readonly #bySpecifier = new Map<string, Set<string>>()

  /** @param specifier as it is written; @param importer absolute path */
  note(specifier: string, importer: string): void {
    this.#bySpecifier.set(specifier, (this.#bySpecifier.get(specifier) ?? new Set()).add(importer))
  }

  /** The modules that hold a specifier. */
  holding(specifier: string): string[] {
    return [...(this.#bySpecifier.get(specifier) ?? [])]
  }

  /** The modules that import a file, as far as their specifiers show it: an alias does not. @param file a real path */
  of(file: string): string[] {
    return [...this.#bySpecifier].flatMap(([specifier, importers]) => {
      const path = specifier.replace(/[?#].*$/s, '')
      return [...importers].filter((importer) => isOf(file, path, dirname(importer)))
    })
  }
}

function isOf(file: string, path: string, from: string): boolean {
  const bare = parseBare(path)
  const target = bare === undefined ? resolve(from, path) : wasmOf(bare, from)
  return target !== undefined && realPath(target) === file
}
