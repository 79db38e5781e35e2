/** Where declarations go, as the option `types` says. */

/** Where declarations go. */
export type TypesPlace =
  | { kind: 'nowhere' }
  | { kind: 'sibling' }
  /** @property needsTsconfig whether they are of use only where there is a tsconfig.json */
  | { kind: 'folder'; folder: string; needsTsconfig: boolean }

/** Where declarations go when nothing else is said, relative to the project root. */
export const TYPES_FOLDER = '.signed-wasm/types'

/** What an option `types` says. */
export function resolveTypes(types: boolean | string | undefined): TypesPlace {
  if (types === false) return { kind: 'nowhere' }
  if (types === 'sibling') return { kind: 'sibling' }
  if (typeof types === 'string') return { kind: 'folder', folder: types, needsTsconfig: false }
  return { kind: 'folder', folder: TYPES_FOLDER, needsTsconfig: types === undefined }
}
