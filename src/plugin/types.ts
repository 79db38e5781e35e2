/// <reference types="node" />
/** Declarations during a build: whether they are wanted, writing them, and what a tsconfig lacks. */

import type { Transpiler } from '../bindings/jco/transpiled.js'
import { declareComponent } from '../bindings/types/declare.js'
import { openTypesProject, placeTypes, typesBase, writeTypes } from '../bindings/declarations/folder.js'
import type { TypesProject } from '../bindings/declarations/index-file.js'
import { adviseOn, adviseOnOption, updateIndex } from '../bindings/declarations/project.js'
import { findTsconfig } from '../disk/tsconfig.js'
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
  #log: BuildLog | undefined
  /** The components that the project's file has, as far as they were written here. */
  readonly #included = new Set<string>()
  /** What is written one after another, and shared by all who wait meanwhile. */
  #update: Promise<void> | undefined
  #isAdvised = false
  /** Whether the options of the tsconfigs were looked at. */
  #hasOptions = false
  /** What the tsconfigs of this build say. */
  #opened: { project: TypesProject | undefined } | undefined

  constructor(gate: Gate, options: ResolvedOptions, transpiler: Pick<Transpiler, 'transpile'>) {
    this.#gate = gate
    this.#options = options
    this.#transpiler = transpiler
  }

  /** Starts a build. @param log where it is said, once, what a tsconfig lacks */
  start(log: BuildLog): void {
    this.#log = log
    this.#opened = undefined
  }

  #project(): TypesProject | undefined {
    this.#opened ??= { project: openTypesProject(this.#gate.project.root, this.#options.types) }
    return this.#opened.project
  }

  #areWanted(): boolean {
    const { types } = this.#options
    if (types.kind === 'nowhere') return false
    return (
      types.kind === 'sibling' || !types.needsTsconfig || findTsconfig(this.#gate.project.root) !== undefined
    )
  }

  /** Writes them. What goes wrong is a warning: the bundle does not need them. */
  async write({ path, file, name, admitted }: Admission, context: FileContext): Promise<void> {
    const { jco, imports, types } = this.#options
    const root = typesBase(this.#gate.project.root)
    const home = this.#areWanted() ? placeTypes(path, { root, types }) : undefined
    if (home === undefined) return
    const { folder, id } = home
    const about = { transpiler: this.#transpiler, jco, imports, name, display: admitted.name }
    try {
      const project = this.#project()
      const files = await declareComponent(admitted, { ...about, ...(project && { id }) })
      writeTypes({ folder, root, name }, files)
      if (project === undefined) this.#adviseOnOption(file)
      else if (!this.#included.has(id)) await this.#include(id, project)
    } catch (cause) {
      const reason = cause instanceof Diagnostic ? cause.what : String((cause as Error).message)
      const warning = problem('TYPES_NOT_WRITTEN', { file: admitted.name, reason }, { cause })
      this.#gate.warnOnce(warning, file, context)
    }
  }

  /** Brings the project's file up to date, once for all components that are written at a time. */
  async #include(id: string, project: TypesProject): Promise<void> {
    this.#included.add(id)
    this.#update ??= Promise.resolve().then(async () => {
      this.#update = undefined
      const plan = updateIndex(project)
      if (plan !== undefined) this.#advise(await adviseOn(project, plan))
    })
    await this.#update
  }

  #adviseOnOption(file: string): void {
    if (this.#hasOptions) return
    this.#hasOptions = true
    this.#advise(adviseOnOption(this.#gate.project.root, this.#options.types, file))
  }

  #advise(advice: string | undefined): void {
    if (advice === undefined || this.#isAdvised) return
    this.#isAdvised = true
    this.#log?.inform(advice)
  }
}
