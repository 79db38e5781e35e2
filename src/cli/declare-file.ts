/// <reference types="node" />
/** One file of `signed-wasm types`: it is judged, and then its declarations are written, or compared with those there. */

import path from 'node:path'
import { type DeclareOptions, declareComponent } from '../bindings/types/declare.js'
import { changedTypes, placeTypes, type TypesPlace, writeTypes } from '../bindings/types/folder.js'
import type { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import { escapeControls } from '../errors/text.js'
import { type Layer, readLayer } from '../format/wasm.js'
import { decide } from '../policy/table.js'
import type { TrustedKey } from '../trust/keys/trusted-key.js'
import { verifySync } from '../trust/verify.js'
import type { Io } from './io.js'
import { type CliMode, readVerifyOptions } from './shared-options.js'

/** What is the same for every file. */
export interface DeclareSetup extends Pick<DeclareOptions, 'transpiler' | 'jco' | 'imports'> {
  mode: CliMode
  keys: readonly TrustedKey[]
  types: TypesPlace
  /** @property check write nothing, and complain about what would change */
  values: { readonly detached: boolean; readonly check: boolean }
  io: Io
  warn: (problem: Diagnostic) => void
}

/** @throws Diagnostic when the file is refused, or its declarations are stale */
export async function declareFile(file: string, setup: DeclareSetup): Promise<void> {
  const { io, values, types, ...options } = setup
  const { bytes, layer } = admit(file, setup)
  const folder = placeTypes(path.resolve(io.cwd, file), { root: io.cwd, types })
  if (layer === 'core module' || folder === undefined) {
    io.err(`${escapeControls(file)}: skipped, ${layer === 'core module' ? 'a core module' : OUTSIDE}`)
    return
  }
  const name = path.basename(file)
  const declarations = await declareComponent(bytes, { ...options, name, display: file })
  const changed = changedTypes(folder, name, declarations)
  if (values.check && changed.length > 0) throw problem('TYPES_STALE', { file, files: changed })
  if (!values.check) write(folder, name, declarations, file)
  io.out(`${escapeControls(file)}: ${changed.length === 0 ? 'up to date' : 'written'}`)
}

const OUTSIDE = 'not in this folder, or in a package'

/** @throws Diagnostic when the file is refused */
function admit(
  file: string,
  { mode, keys, values, io, warn }: DeclareSetup,
): { bytes: Uint8Array; layer: Layer } {
  const bytes = io.read(file)
  const layer = readLayer(bytes) ?? 'component'
  const verdict = verifySync(bytes, keys, { ...readVerifyOptions(file, { values, io }), layer })
  const decision = decide(verdict, { mode, file, keys })
  if (decision.action === 'refuse') throw decision.problem
  if (decision.action === 'warn') warn(decision.problem)
  return { bytes, layer }
}

function write(folder: string, name: string, declarations: Record<string, string>, file: string): void {
  try {
    writeTypes(folder, name, declarations)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    throw problem('FILE_UNWRITABLE', { file: `the declarations of ${file}`, reason: code }, { cause })
  }
}
