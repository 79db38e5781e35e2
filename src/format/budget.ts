/** What reading one file may cost: the bounds on how much is looked at before anything is known of it. */

import { malformed } from '../errors/raise.js'

/**
 * How many sections are read of one file, those of the core modules and components in it included. Real components have
 * under 200 at the top, and a few thousand in all when they are composed.
 */
export const MAX_SECTIONS = 65_536

/**
 * How many items of sections with names are read of one file (imports, exports, aliases, instances and what is in them).
 * @see WebAssembly JavaScript Interface, "Implementation limits": as many imports, and exports, of one core module
 */
export const MAX_ITEMS = 1_000_000

/** How deep components may nest. No toolchain goes beyond a few. */
export const MAX_DEPTH = 32

/** A number of things that may be read, counted down. */
export class Budget {
  readonly #max: number
  readonly #what: 'sections' | 'items'
  #left: number

  constructor(max: number, what: 'sections' | 'items') {
    this.#max = max
    this.#what = what
    this.#left = max
  }

  /** @throws Diagnostic `WASM_MALFORMED` when nothing is left */
  spend(): void {
    if (this.#left-- === 0) throw malformed('too many', this.#max, this.#what)
  }
}

/** A budget for the sections of one file. */
export const sectionBudget = (): Budget => new Budget(MAX_SECTIONS, 'sections')

/** A budget for the items of one file. */
export const itemBudget = (): Budget => new Budget(MAX_ITEMS, 'items')
