/// <reference types="node" />
/** Who in a project imports a `.wasm` file, for bundlers that do not tell. */

import { packageOf } from '../../disk/owner.js'
import { readText, specifiersIn } from '../../disk/packages.js'
import { realPath } from '../../disk/paths.js'
import { sniffLayer } from '../../disk/read-file.js'
import { walk } from '../../disk/walk.js'
import { Importers } from '../importers.js'

/**
 * The scripts of the project that import a core module of a package as a module, as far as their specifiers show it.
 * @returns none for other files, which are judged whoever imports them
 */
export function importersOf(path: string, root: string): string[] {
  const file = realPath(path)
  if (file === undefined || packageOf(file) === undefined || sniffLayer(file) !== 'core module') return []
  const importers = new Importers()
  for (const script of walk(root, { skip: ['node_modules', '.git', '.next'] }))
    if (/\.(?:[cm]?[jt]sx?|mdx)$/.test(script))
      for (const specifier of specifiersIn(readText(script))) importers.note(specifier, script)
  return importers.of(file)
}
