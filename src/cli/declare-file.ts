/// <reference types="node" />
/** One file of `signed-wasm types`: it is judged, and then its declarations are written, or compared with those there. */

import path from 'node:path'
import { declareComponent, type DeclareOptions } from '../bindings/types/declare.js'
import { changedTypes, placeTypes, type TypesPlace, writeTypes } from '../bindings/types/folder.js'
import { isSystemError, reasonOf } from '../disk/system-error.js'
import type { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import { readLayer } from '../format/wasm.js'
import { Admitted } from '../policy/admitted.js'
import { judge } from '../policy/judge.js'
import type { Policy } from '../policy/policy.js'
import type { Io } from './io.js'
import { readSubject } from './input.js'
import { uninterrupted } from './signals.js'

/** What is the same for every file. */
export interface DeclareSetup extends Pick<DeclareOptions, 'transpiler' | 'jco' | 'imports'> {
  policy: Policy
  types: TypesPlace
  /** @property check write nothing, and complain about what would change */
  values: { readonly detached: boolean; readonly check: boolean; readonly 'max-bytes': string | undefined }
  io: Io
  warn: (problem: Diagnostic) => void
}

/** @throws Diagnostic when the file is refused, or its declarations are stale */
export async function declareFile(file: string, setup: DeclareSetup): Promise<void> {
  const { io, values, types, ...options } = setup
  const admitted = admit(file, setup)
  const { layer } = admitted
  const folder = placeTypes(path.resolve(io.cwd, file), { root: io.cwd, types })
  if (layer === 'core module' || folder === undefined) {
    io.err(`${file}: skipped, ${layer === 'core module' ? 'a core module' : OUTSIDE}`)
    return
  }
  const name = path.basename(file)
  const declarations = await declareComponent(admitted, { ...options, name, display: file })
  const changed = orExplain(file, () => changedTypes(folder, name, declarations))
  if (values.check && changed.length > 0) throw problem('TYPES_STALE', { file, files: changed })
  if (!values.check)
    orExplain(file, () => uninterrupted(() => writeTypes({ folder, root: io.cwd, name }, declarations)))
  io.out(`${file}: ${changed.length === 0 ? 'up to date' : 'written'}`)
}

const OUTSIDE = 'not in this folder, or in a package'

/** @throws Diagnostic when the file is refused */
function admit(file: string, { policy, values, io, warn }: DeclareSetup): Admitted {
  const subject = readSubject(file, { values, io })
  const judgement = judge({ ...subject, layer: readLayer(subject.bytes) ?? 'component' }, policy)
  if (judgement.action === 'refuse') throw judgement.problem
  if (judgement.action === 'warn') warn(judgement.problem)
  return judgement.admitted
}

/** @throws Diagnostic `FILE_UNWRITABLE` for what is wrong with the disk */
function orExplain<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
    const values = { file: `the declarations of ${file}`, reason: reasonOf(cause) }
    throw problem('FILE_UNWRITABLE', values, { cause })
  }
}
