/** What the parts of the plugin for Vite share. */

import type { Environment, isFileLoadingAllowed, ResolvedConfig } from 'vite'
import type { Admission } from '../../admissions.js'
import { Importers } from '../../importers.js'
import { CoreFiles } from '../core-files.js'
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
  emitted: Map<Environment, Map<string, Uint8Array>>
  /** Paths of core modules that a dev server has put into its cache, for its environments to import. */
  placed: Set<string>
  /** Core modules that are files of their own. */
  cores: CoreFiles<ViteContext>
  /** Who imports what in a dev server. */
  importers: Importers
  /** Refusals that the overlay has shown. */
  said: Set<string>
  /** Whether a dev server may read a file for a page; there while one runs. */
  isOpen: typeof isFileLoadingAllowed | undefined
  /** What the dev server answers, by file, so that an old content goes with its file. */
  served: Map<string, Admission>
}

/** What there is before a server or a build starts. */
export function createState(): ViteState {
  const state: Omit<ViteState, 'config' | 'packages' | 'isOpen'> = {
    references: new Set(),
    placed: new Set(),
    cores: new CoreFiles(({ environment }) => environment),
    emitted: new Map(),
    served: new Map(),
    said: new Set(),
    importers: new Importers(),
  }
  // Vite tells of its configuration before it calls any other hook.
  return state as ViteState
}

/** What URLs of the dev server begin with that name a file by its digest. */
export const SERVED = '@signed-wasm/'
