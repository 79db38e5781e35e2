/// <reference types="node" />
/** Declarations during a build: whether they are wanted, writing them, and what a tsconfig lacks. */

import type { Transpiler } from '../bindings/jco/transpiled.js'
import { declareComponent } from '../bindings/types/declare.js'
import { placeTypes, writeTypes } from '../bindings/types/folder.js'
import { adviseTsconfig, hasTsconfig } from '../disk/tsconfig.js'
import { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import type { Admission } from './admissions.js'
import type { BuildLog, FileContext } from './contexts.js'
import type { Gate } from './gate.js'
import type { ResolvedOptions } from './options.js'

/** Writes declarations of what a gate has admitted. */
export class Declarations {
  readonly #gate: Gate
  readonly #options: ResolvedOptions
  readonly #transpiler: Pick<Transpiler, 'transpile'>
  #isAdvised = false

  constructor(gate: Gate, options: ResolvedOptions, transpiler: Pick<Transpiler, 'transpile'>) {
    this.#gate = gate
    this.#options = options
    this.#transpiler = transpiler
  }

  /** Says once what a tsconfig lacks. */
  advise(log: BuildLog): void {
    const { types } = this.#options
    if (this.#isAdvised || !this.#areWanted()) return
    this.#isAdvised = true
    const { root } = this.#gate.project
    const advice = adviseTsconfig(root, types.kind === 'folder' ? types.folder : undefined)
    if (advice !== undefined) log.inform(advice)
  }

  #areWanted(): boolean {
    const { types } = this.#options
    if (types.kind === 'nowhere') return false
    return types.kind === 'sibling' || !types.needsTsconfig || hasTsconfig(this.#gate.project.root)
  }

  /** Writes them. What goes wrong is a warning: the bundle does not need them. */
  async write({ path, file, name, admitted }: Admission, context: FileContext): Promise<void> {
    const { jco, imports, types } = this.#options
    const { root } = this.#gate.project
    const folder = this.#areWanted() ? placeTypes(path, { root, types }) : undefined
    if (folder === undefined) return
    const about = { transpiler: this.#transpiler, jco, imports, name, display: admitted.name }
    try {
      writeTypes({ folder, root, name }, await declareComponent(admitted, about))
    } catch (cause) {
      const reason = cause instanceof Diagnostic ? cause.what : String((cause as Error).message)
      const warning = problem('TYPES_NOT_WRITTEN', { file: admitted.name, reason }, { cause })
      this.#gate.warnOnce(warning, file, context)
    }
  }
}
