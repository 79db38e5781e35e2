/** What the parts of the plugin for Vite share. */

import type { Environment, isFileLoadingAllowed, ResolvedConfig } from 'vite'
import type { Admission } from '../../admissions.js'
import type { Importers } from '../../importers.js'
import type { References } from '../file-url.js'
import type { RollupContext } from '../rollup.js'

/** `this` in hooks. */
export type ViteContext = RollupContext & { environment: Environment }

/** One for each use of the plugin. */
export interface ViteState {
  config: ResolvedConfig
  /** What servers must not leave to Node, once it is looked up. */
  packages: string[] | undefined
  /** Those of all emitted files, in workers as well. */
  references: References
  /** Files emitted by server builds, by environment, since several may be built at once, and by reference: Vite drops these. */
  emitted: Map<Environment, Map<string, Admission>>
  /** Who imports what in a dev server. */
  importers: Importers
  /** Refusals that the overlay has shown. */
  said: Set<string>
  /** Whether a dev server may read a file for a page; there while one runs. */
  isOpen: typeof isFileLoadingAllowed | undefined
  /** What the dev server answers, by file, so that an old content goes with its file. */
  served: Map<string, Admission>
}

/** What URLs of the dev server begin with that name a file by its digest. */
export const SERVED = '@signed-wasm/'
