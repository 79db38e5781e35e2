/// <reference types="node" />
/** Declarations during a build: whether they are wanted, writing them, and what a tsconfig lacks. */

import type { Transpiler } from '../bindings/jco/transpiled.js'
import { declareComponent } from '../bindings/types/declare.js'
import {
  type DeclarationsPlace,
  openTypes,
  placeTypes,
  type TypesRoot,
  typesProject,
  writeTypes,
} from '../bindings/declarations/folder.js'
import type { IndexPlan, TypesProject } from '../bindings/declarations/index-file.js'
import { adviseOn, adviseOnOption, updateIndex } from '../bindings/declarations/project.js'
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
  /** The last plan that the compiler was not yet asked about. */
  #plan: IndexPlan | undefined
  #asking: Promise<void> | undefined
  #isAdvised = false
  /** Whether declarations were not there yet when this build began. */
  #hasChanged = false
  /** What this build has written, by the path of the component. */
  readonly #written = new Map<string, { digest: string; place: Promise<DeclarationsPlace | undefined> }>()
  /** Whether the options of the tsconfigs were looked at. */
  #hasOptions = false
  /** What the tsconfigs of this build say. */
  #opened: { where: TypesRoot; project: TypesProject | undefined } | undefined

  constructor(gate: Gate, options: ResolvedOptions, transpiler: Pick<Transpiler, 'transpile'>) {
    this.#gate = gate
    this.#options = options
    this.#transpiler = transpiler
  }

  /** Starts a build. @param log where it is said, once, what a tsconfig lacks */
  start(log: BuildLog): void {
    this.#log = log
    this.#opened = undefined
    this.#written.clear()
    this.#hasChanged = false
  }

  #open(): { where: TypesRoot; project: TypesProject | undefined } {
    const where = this.#opened?.where ?? openTypes(this.#gate.project.root, this.#options.types)
    return (this.#opened ??= { where, project: typesProject(where) })
  }

  #areWanted({ types, configs }: TypesRoot): boolean {
    if (types.kind === 'nowhere') return false
    return types.kind === 'sibling' || !types.needsTsconfig || configs.length > 0
  }

  /**
   * Writes them, once in a build, and again where it did not work. What goes wrong is a warning: the bundle does not need them.
   * @returns where they are; `undefined` where none are wanted, or they could not be written
   */
  async write(admission: Admission, context: FileContext): Promise<DeclarationsPlace | undefined> {
    const known = this.#written.get(admission.path)
    const before = known?.digest === admission.admitted.digest ? await known.place : undefined
    if (before !== undefined) return before
    const place = this.#write(admission, context)
    this.#written.set(admission.path, { digest: admission.admitted.digest, place })
    return place
  }

  async #write(
    { path, file, name, admitted }: Admission,
    context: FileContext,
  ): Promise<DeclarationsPlace | undefined> {
    const { jco, imports } = this.#options
    const { where, project } = this.#open()
    const home = this.#areWanted(where) ? placeTypes(path, where) : undefined
    if (home === undefined) return undefined
    const { folder, id, style } = home
    const place = { folder, root: where.root, name }
    const about = { transpiler: this.#transpiler, jco, imports, name, style, display: admitted.name }
    try {
      const files = await declareComponent(admitted, { ...about, ...(project && { id }) })
      this.#hasChanged = writeTypes(place, files) || this.#hasChanged
      if (project === undefined) this.#adviseOnOption(where, file)
      else if (!this.#included.has(id)) await this.#include(id, project)
      return place
    } catch (cause) {
      const reason = cause instanceof Diagnostic ? cause.what : String((cause as Error).message)
      const warning = problem('TYPES_NOT_WRITTEN', { file: admitted.name, reason }, { cause })
      this.#gate.warnOnce(warning, file, context)
      return undefined
    }
  }

  /** Brings the project's file up to date, once for all components that are written at a time. */
  async #include(id: string, project: TypesProject): Promise<void> {
    this.#included.add(id)
    this.#update ??= Promise.resolve().then(() => {
      this.#update = undefined
      this.#plan = updateIndex(project) ?? this.#plan
    })
    await this.#update
    await (this.#asking ??= this.#ask(project).finally(() => (this.#asking = undefined)))
  }

  /** Of plans that come while the compiler is at work it is asked about the last only, and what it said of others is void. */
  async #ask(project: TypesProject): Promise<void> {
    while (this.#plan !== undefined) {
      const plan = this.#plan
      this.#plan = undefined
      const advice = await adviseOn(project, plan)
      if (this.#plan === undefined) this.#advise(advice)
    }
  }

  #adviseOnOption(where: TypesRoot, file: string): void {
    if (this.#hasOptions) return
    this.#hasOptions = true
    this.#advise(adviseOnOption(where, file))
  }

  /**
   * Judges a component and writes its declarations.
   * @returns as {@link Declarations.write}
   * @throws Diagnostic when it is refused
   */
  async declare(file: string, context: FileContext): Promise<DeclarationsPlace | undefined> {
    const admission = this.#gate.admit(file, context, { layer: 'component', isModule: true })
    return admission && this.write(admission, context)
  }

  /** What to tell a user whose build bundles declarations: what is inferred from a missing one is `any`, without a word. */
  adviseOnBundling(): void {
    const { kind } = this.#options.types
    if (this.#written.size === 0 || kind === 'nowhere') return
    const steps = [
      ...(kind === 'sibling' ? [] : ["  types: 'sibling'  in the options of signedWasm"]),
      ...(kind === 'sibling' && !this.#hasChanged
        ? []
        : ['  signed-wasm types --sibling --key <name>.pub  before the build']),
    ]
    if (steps.length > 0)
      this.#log?.warn(
        [
          '[signed-wasm] Declarations that are bundled find those of components beside them only, where they lie before the build; else there will be "any":',
          ...steps,
        ].join('\n'),
      )
  }

  #advise(advice: string | undefined): void {
    if (advice === undefined || this.#isAdvised) return
    this.#isAdvised = true
    this.#log?.inform(advice)
  }
}
