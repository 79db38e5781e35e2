/// <reference types="node" />
/** What a build needs once it has a component, and is loaded with the first: jco, its cache, bindings and declarations. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { typesOf } from '../bindings/declarations/folder.js'
import { createCache } from '../bindings/jco/cache.js'
import { createTranspiler } from '../bindings/jco/transpiler.js'
import type { Awaiting } from './awaiting.js'
import type { BuildLog, FileContext } from './contexts.js'
import type { Gate } from './gate.js'
import { Loader } from './load.js'
import type { CachePlace, ResolvedOptions } from './options.js'
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
  readonly #cache: ReturnType<typeof createCache> | undefined
  readonly #transpiler: ReturnType<typeof createTranspiler>

  constructor(gate: Gate, options: ResolvedOptions, awaiting: Awaiting) {
    const { cache, jco, limits } = options
    // A function, because the root is known later.
    if (cache !== false) this.#cache = createCache(() => folderOf(cache, gate.project.root))
    this.#transpiler = createTranspiler({ jco, limits, cache: this.#cache })
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
    this.declarations.start(log)
    this.#cache?.prune()
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

function folderOf({ folder, needsPackages }: CachePlace, root: string): string | undefined {
  return needsPackages && !existsSync(resolve(root, 'node_modules')) ? undefined : resolve(root, folder)
}
