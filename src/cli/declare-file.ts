/// <reference types="node" />
/** One file of `signed-wasm types`: it is judged, and then its declarations are written, or compared with those there. */

import path from 'node:path'
import { declareComponent, type DeclareOptions } from '../bindings/types/declare.js'
import type { TypesProject } from '../bindings/declarations/index-file.js'
import { changedTypes, placeTypes, type TypesRoot, writeTypes } from '../bindings/declarations/folder.js'
import { problem } from '../errors/raise.js'
import { admit, type AdmitSetup } from './admit.js'
import { uninterrupted } from './signals.js'
import { orExplain } from './unwritable.js'

/** What is the same for every file. */
export interface DeclareSetup extends AdmitSetup, Pick<DeclareOptions, 'transpiler' | 'jco' | 'imports'> {
  where: TypesRoot
  /** The project that includes a file for them, where it does. */
  project: TypesProject | undefined
  /** @property check write nothing, and complain about what would change */
  values: AdmitSetup['values'] & { readonly check: boolean }
}

/** @throws Diagnostic when the file is refused, or its declarations are stale */
export async function declareFile(file: string, setup: DeclareSetup): Promise<void> {
  const { io, values, where, ...options } = setup
  const admitted = admit(file, setup)
  const { layer } = admitted
  const home = placeTypes(path.resolve(io.cwd, file), where)
  if (layer === 'core module' || home === undefined) {
    io.err(`${file}: skipped, ${layer === 'core module' ? 'a core module' : OUTSIDE}`)
    return
  }
  const { folder, id, style } = home
  const { root } = where
  const name = path.basename(file)
  const about = { ...options, name, style, display: file, ...(setup.project && { id }) }
  const declarations = await declareComponent(admitted, about)
  const changed = orExplain(`the declarations of ${file}`, () => changedTypes(folder, name, declarations))
  if (values.check && changed.length > 0) throw problem('TYPES_STALE', { file, files: changed })
  if (!values.check)
    orExplain(`the declarations of ${file}`, () =>
      uninterrupted(() => writeTypes({ folder, root, name }, declarations)),
    )
  io.out(`${file}: ${changed.length === 0 ? 'up to date' : 'written'}`)
}

const OUTSIDE = 'not in this folder, nor in a package that is imported from here'
