/// <reference types="node" />
/** Names of components. Bun takes a query for a part of a file's name, or of a package's. */

import { dirname } from 'node:path'
import { isWasm } from '../request.js'
import { type BunResolveArgs, theBun } from './bun-api.js'

/** Matches specifiers that may be of components. */
export const COMPONENT_NAME = /\.[wW][aA][sS][mM](?:\?|$)|\?(?:component|instantiate)\b/

/** The `.wasm` file that a specifier names, as far as Bun finds it, and the query, empty or with its `?`. */
export function findComponent({ path, importer, resolveDir }: BunResolveArgs) {
  const [, specifier, query = ''] = /^([^\0?]+)(\?[^#]*)?$/s.exec(path) ?? []
  const file = specifier === undefined ? undefined : find(specifier, resolveDir ?? dirname(importer))
  return file !== undefined && isWasm(file) ? { file, query, specifier: specifier! } : undefined
}

/** The file that Bun finds in a folder. */
export function find(specifier: string, folder: string): string | undefined {
  try {
    return theBun()?.resolveSync(specifier, folder)
  } catch {
    return undefined // What is not found is Bun's to say.
  }
}
