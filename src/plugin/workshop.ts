/// <reference types="node" />
/** What a build needs once it has a component, and is loaded with the first: jco, its cache, bindings and declarations. */

import { typesOf } from '../bindings/declarations/folder.js'
import { createTranspiler } from '../bindings/jco/transpiler.js'
import type { Awaiting } from './awaiting.js'
import type { BuildLog, FileContext } from './contexts.js'
import type { Gate } from './gate.js'
import { Kept } from './kept.js'
import { Loader } from './load.js'
import type { ResolvedOptions } from './options.js'
import { Declarations } from './types.js'

/** How one build begins. */
export interface Beginning {
  log: BuildLog
  /** Whether this process will build again, in watch mode or as a server. */
  stays: boolean
}

/** See the first line of this file. */
export class Workshop {
  readonly loader: Loader
  readonly declarations: Declarations
  readonly #kept: Kept
  readonly #transpiler: ReturnType<typeof createTranspiler>
  #log: BuildLog | undefined

  constructor(gate: Gate, options: ResolvedOptions, awaiting: Awaiting) {
    const { cache, jco, limits } = options
    const kept = new Kept(cache, gate)
    this.#kept = kept
    this.#transpiler = createTranspiler({
      jco,
      limits,
      cache: kept.cache,
      onSlow: (about) => this.#tell(kept.describeSlow(about)),
    })
    this.declarations = new Declarations(gate, options, this.#transpiler)
    this.loader = new Loader(gate, options, {
      transpiler: this.#transpiler,
      awaiting,
      declare: (admission, context) => this.declarations.write(admission, context),
    })
  }

  /** Starts a build. */
  start({ log, stays }: Beginning): void {
    if (stays) this.#transpiler.stay()
    this.#log = log
    this.declarations.start(log)
    this.#kept.cache?.prune()
  }

  #tell(line: string): void {
    if (this.#log?.progress !== undefined) this.#log.progress(line)
    else this.#log?.inform(line)
  }

  /**
   * Judges a component and writes its declarations.
   * @returns the file that says what an import with this query gives; `undefined` where there is to be none
   * @throws Diagnostic when it is refused
   */
  async declare(file: string, query: string, context: FileContext): Promise<string | undefined> {
    const home = await this.declarations.declare(file, context)
    return home && typesOf(home, query)
  }
}
