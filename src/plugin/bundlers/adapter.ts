/// <reference types="node" />
/** What every bundler's adapter provides, and the hooks that all of them share. */

import type { UnpluginBuildContext, UnpluginContext, UnpluginOptions } from 'unplugin'
import { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import type { BuildLog, LoadHost, Pipeline } from '../pipeline.js'

/** `this` in `load`. */
export type LoadContext = UnpluginBuildContext & UnpluginContext

/** How one bundler is spoken to. */
export interface Bundler {
  /** Where the lines of a build go. @param context `this` in `buildStart` */
  log(context: UnpluginBuildContext): BuildLog
  /** What the bundler offers while an id is loaded. */
  host(context: LoadContext): LoadHost
  /** Bytes from `load` replace what the bundler read itself. Other bundlers read again; the sweep compares. */
  takesBytes?: boolean
  /** Which of the covered ids `load` is for. @default all */
  claims?(id: string): boolean
}

/** The name that bundlers know the plugin by. */
export const NAME = 'unplugin-signed-wasm'

/**
 * Insists that the plugin is there once: of two, a dependency's or a preset's could be the laxer one.
 * @param plugins as the user wrote them, nested or not
 * @throws Diagnostic `PLUGIN_TWICE`
 */
export function refuseSecond(plugins: unknown): void {
  const named = [plugins].flat(10).filter((plugin) => (plugin as { name?: unknown } | null)?.name === NAME)
  if (named.length > 1) throw problem('PLUGIN_TWICE', {})
}

/** No line of generated code stands for one of the user's. Without it bundlers map the code to itself. */
const NO_MAPPINGS = { version: 3, sources: [], names: [], mappings: '' }

/** `loadInclude`, `buildStart` and `load`. A refusal is thrown: `this.error` does not stop every bundler. */
export function sharedHooks(
  pipeline: Pipeline,
  bundler: Bundler,
): Pick<UnpluginOptions, 'loadInclude' | 'buildStart' | 'load'> {
  return {
    loadInclude: (id) => pipeline.claims(id) && (bundler.claims?.(id) ?? true),
    buildStart() {
      withoutFrames(() => pipeline.start(bundler.log(this)))
    },
    async load(id) {
      const loaded = await pipeline.load(id, bundler.host(this)).catch(rethrowBare)
      if (loaded?.kind === 'module') return { code: loaded.code, map: NO_MAPPINGS }
      // unplugin types `code` as text, and its loaders for webpack and Rspack pass bytes through.
      return loaded && bundler.takesBytes ? { code: Buffer.from(loaded.bytes) as unknown as string } : null
    },
  }
}

/** Does something whose refusal bundlers show by its stack alone, so that this is the message without frames. */
export function withoutFrames<T>(action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof Diagnostic) error.stack = `${error.name}: ${error.message}`
    throw error
  }
}

/** From `load`, bundlers show the message and then the stack, which tells a user nothing about a refused file. */
function rethrowBare(error: unknown): never {
  if (error instanceof Diagnostic) error.stack = ''
  throw error
}
