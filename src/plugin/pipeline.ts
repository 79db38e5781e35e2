/// <reference types="node" />
/** What every bundler's adapter works with: one gate, and what loads behind it. One for each use of the plugin. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createCache, type OutputCache } from '../bindings/jco/cache.js'
import { createTranspiler } from '../bindings/jco/transpiler.js'
import { sniffLayer } from '../disk/read-file.js'
import type { BuildLog, LoadContext } from './contexts.js'
import { Gate } from './gate.js'
import { LateSweep } from './late-sweep.js'
import { type Loaded, Loader } from './load.js'
import { type CachePlace, type Options, resolveOptions } from './options.js'
import type { Place } from './project.js'
import { parseWasmId } from './request.js'
import { type Output, sweep, sweepPart } from './sweep.js'
import { Declarations } from './types.js'

/** See the first line of this file. */
export class Pipeline {
  readonly gate: Gate
  readonly #loader: Loader
  readonly declarations: Declarations
  readonly #cache: OutputCache | undefined
  readonly #transpiler: Pick<ReturnType<typeof createTranspiler>, 'stay'>
  #hasBuilt = false

  /** @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(userOptions?: Options) {
    const options = resolveOptions(userOptions)
    this.gate = new Gate(options)
    const { cache, jco, limits } = options
    // A function, because the root is known later.
    if (cache !== false) this.#cache = createCache(() => folderOf(cache, this.root))
    const transpiler = createTranspiler({ jco, limits, cache: this.#cache })
    this.#transpiler = transpiler
    this.declarations = new Declarations(this.gate, options, transpiler)
    this.#loader = new Loader(this.gate, options, {
      transpiler,
      declare: (admission, context) => this.declarations.write(admission, context),
    })
  }

  /** Tells where the build runs; until then it is a `build` in the current folder. */
  configure(place: Partial<Place>): void {
    this.gate.project.configure(place)
  }

  /** Absolute path of the project. */
  get root(): string {
    return this.gate.project.root
  }

  /** Starts a build: see {@link Gate.start}. */
  start(log: BuildLog): void {
    // A process that builds a second time will do so again, in watch mode or as a server.
    if (this.#hasBuilt || this.gate.project.command === 'serve') this.#transpiler.stay()
    this.#hasBuilt = true
    this.gate.start(log)
    this.declarations.start(log)
    this.#cache?.prune()
  }

  /** Whether an id is a `.wasm` file that the options cover. Never throws. */
  claims(id: string): boolean {
    const parsed = parseWasmId(id)
    return parsed !== undefined && this.gate.project.covers(parsed.file)
  }

  /** Whether a file opens with a core preamble. Never throws. */
  isCoreModule(file: string): boolean {
    return sniffLayer(file) === 'core module'
  }

  /** See {@link Loader.load}. */
  load(id: string, context: LoadContext): Promise<Loaded | undefined> {
    return this.#loader.load(id, context)
  }

  /** What this build has loaded whose module has a top-level await. */
  get awaiting(): Loader['awaiting'] {
    return this.#loader.awaiting
  }

  /** Sweeps a folder that is about to be written: see {@link LateSweep}. */
  sweeper(folder: string): LateSweep {
    return new LateSweep(folder, this.gate)
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

function folderOf({ folder, needsPackages }: CachePlace, root: string): string | undefined {
  return needsPackages && !existsSync(resolve(root, 'node_modules')) ? undefined : resolve(root, folder)
}
