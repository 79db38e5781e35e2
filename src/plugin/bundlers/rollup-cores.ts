/** Core modules as files of their own in Rollup and Rolldown, which tell more or less of what they build for. */

import type { CoreShipping } from '../contexts.js'
import { type Edge, edgeAmong, type Handover } from '../handover.js'
import type { Pipeline } from '../pipeline.js'
import { CoreFiles, type EmittingContext } from './core-files.js'
import type { References } from './file-url.js'

/** What Rolldown is told of what it builds for; Rollup is told nothing. */
interface InputOptions {
  platform?: 'browser' | 'node' | 'neutral' | undefined
  resolve?: { conditionNames?: readonly string[] | undefined } | undefined
}

/** One for each use of the plugin. */
export class RollupCores {
  readonly #files = new CoreFiles<EmittingContext>(() => this)
  readonly #pipeline: Pipeline
  readonly #references: References
  readonly #isTold: boolean
  #told: { edge: Edge | undefined; handover: Handover | undefined } | undefined

  constructor(pipeline: Pipeline, references: References, framework: 'rollup' | 'rolldown') {
    this.#pipeline = pipeline
    this.#references = references
    this.#isTold = framework === 'rolldown'
  }

  /** Hooks that look at what is told, and name files. */
  get hooks() {
    return {
      options: (options: InputOptions) => void (this.#told = this.#isTold ? targetOf(options) : undefined),
      renderChunk: this.#files.renderChunk,
    }
  }

  /** The runtime without a compiler that is built for, as the bundler or the options tell. */
  get edge(): Edge | undefined {
    const { asset } = this.#pipeline
    const handover = typeof asset === 'object' ? asset.modules : undefined
    if (handover === undefined || handover === 'url') return this.#told?.edge
    return this.#told?.edge ?? { name: 'a runtime that compiles nothing', handover }
  }

  /** See {@link LoadContext.cores}. */
  shipping(context: EmittingContext): CoreShipping {
    return {
      handover: this.#told?.handover,
      isFixed: this.#told?.edge !== undefined,
      ship: (core, of, how) => {
        const { place, reference } = this.#files.ship(context, { core, of, how })
        if (how === 'url') this.#references.add(reference)
        return place
      },
    }
  }

  /** See {@link Output.held}. */
  held = (context: EmittingContext) => this.#files.held(context)
}

/** By default Rolldown builds for browsers, or for Node. */
function targetOf({ platform, resolve }: InputOptions) {
  const edge = edgeAmong(resolve?.conditionNames ?? [])
  const unknown = platform === 'neutral' ? undefined : ('url' as const)
  return { edge, handover: edge?.handover ?? unknown }
}
