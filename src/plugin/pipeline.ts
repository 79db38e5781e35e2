/// <reference types="node" />
/** What every bundler's adapter works with: one gate, and what loads behind it. One for each use of the plugin. */

import { sniffLayer } from '../disk/read-file.js'
import { Awaiting } from './awaiting.js'
import type { BuildLog, FileContext, LoadContext } from './contexts.js'
import { Gate } from './gate.js'
import { LateSweep } from './late-sweep.js'
import type { Loaded } from './load.js'
import { type Options, type ResolvedOptions, resolveOptions } from './options.js'
import type { Place } from './project.js'
import { parseWasmId } from './request.js'
import { type Output, sweep, sweepPart } from './sweep.js'
import type { Beginning, Workshop } from './workshop.js'

/** See the first line of this file. */
export class Pipeline {
  readonly gate: Gate
  /** What this build has loaded whose module has a top-level await. */
  readonly awaiting = new Awaiting()
  readonly #options: ResolvedOptions
  /** What a framework knows better than its bundler. */
  readonly #place: Partial<Place>
  #opening: Promise<Workshop> | undefined
  #workshop: Workshop | undefined
  #beginning: Beginning | undefined

  /**
   * @param root absolute path of the project, for a framework whose bundler has another
   * @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID`
   */
  constructor(userOptions?: Options, root?: string) {
    this.#options = resolveOptions(userOptions)
    this.gate = new Gate(this.#options)
    this.#place = root === undefined ? {} : { root }
    this.configure({})
  }

  /** How components are to be shipped. */
  get asset(): ResolvedOptions['asset'] {
    return this.#options.asset
  }

  /** Tells where the build runs; until then it is a `build` in the current folder. */
  configure(place: Partial<Place>): void {
    this.gate.project.configure({ ...place, ...this.#place })
  }

  /** Absolute path of the project. */
  get root(): string {
    return this.gate.project.root
  }

  /** Starts a build: see {@link Gate.start}. */
  start(log: BuildLog): void {
    // A process that builds a second time will do so again.
    const stays = this.#beginning !== undefined || this.gate.project.command === 'serve'
    this.#beginning = { log, stays }
    this.gate.start(log)
    this.#workshop?.start(this.#beginning)
  }

  /** A build without a component does without half of our code. */
  async #open(): Promise<Workshop> {
    this.#opening ??= import('./workshop.js').then(({ Workshop }) => {
      this.#workshop = new Workshop(this.gate, this.#options, this.awaiting)
      if (this.#beginning !== undefined) this.#workshop.start(this.#beginning)
      return this.#workshop
    })
    return this.#opening
  }

  /** Whether an id is a `.wasm` file that the options cover. Never throws. */
  claims(id: string): boolean {
    const parsed = parseWasmId(id)
    return parsed !== undefined && this.gate.project.covers(parsed.file)
  }

  /** Judges a core module that a bundler leaves to the runtime. @throws Diagnostic, as {@link Gate.admit} */
  admitImported(file: string, importer: string, { warn }: Pick<LoadContext, 'warn'>): void {
    if (this.claims(file))
      this.gate.admit(file, { watch: () => {}, warn }, { isModule: true, importers: [importer] })
  }

  /** Whether a file opens with a core preamble. Never throws. */
  isCoreModule(file: string): boolean {
    return sniffLayer(file) === 'core module'
  }

  /** See `Loader.load`. */
  async load(id: string, context: LoadContext): Promise<Loaded | undefined> {
    const { loader } = this.#workshop ?? (await this.#open())
    return loader.load(id, context)
  }

  /** See `Workshop.declare`. */
  async declare(file: string, query: string, context: FileContext): Promise<string | undefined> {
    return (await this.#open()).declare(file, query, context)
  }

  /** See `Declarations.adviseOnBundling`. */
  adviseOnBundling(): void {
    this.#workshop?.declarations.adviseOnBundling()
  }

  /** Sweeps a folder that is about to be written: see {@link LateSweep}. */
  sweeper(folder: string, isOthers?: (file: string) => boolean): LateSweep {
    return new LateSweep(folder, this.gate, isOthers)
  }

  /** See {@link sweepPart}. */
  sweepPart(output: Output, log: BuildLog): void {
    sweepPart(output, this.gate, log)
  }

  /** See {@link sweep}. */
  sweep(output: Output, log: BuildLog): void {
    sweep(output, this.gate, log)
  }
}
