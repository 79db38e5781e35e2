/// <reference types="node" />
/** Who imports what, heard while modules are read: some bundlers do not tell at the end, and a dev server has none. */

import { basename, dirname, isAbsolute, resolve } from 'node:path'
import { parseBare, readText, wasmOf, wasmSpecifiers } from '../disk/packages.js'
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

/** How a module imports a file, as the bundler tells it. */
export interface Heard {
  specifier: string
  /** Absolute path of that module. */
  importer: string
}

/**
 * The specifier as it stands in the module: some bundlers put a path in the place of an alias before anybody hears it.
 * @returns `undefined` where it is not to be found there
 */
export function asWritten({ specifier, importer }: Heard): string | undefined {
  if (!isAbsolute(specifier)) return specifier
  const name = basename(specifier)
  return wasmSpecifiers(readText(importer)).find((one) => one.split('/').at(-1)!.endsWith(name))
}

function isOf(file: string, path: string, from: string): boolean {
  const bare = parseBare(path)
  const target = bare === undefined ? resolve(from, path) : wasmOf(bare, from)
  return target !== undefined && realPath(target) === file
}
