/// <reference types="node" />
/** The contract of every bundler's adapter, and the hooks that all of them share. */

import type { TransformResult, UnpluginBuildContext, UnpluginContext, UnpluginOptions } from 'unplugin'
import { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import type { BuildLog, LoadContext } from '../contexts.js'
import type { Pipeline } from '../pipeline.js'
export { withoutQuery } from '../request.js'
import { loadRuntimeModule } from './runtime-modules.js'

/** `this` in `load`. */
export type HookContext = UnpluginBuildContext & UnpluginContext

/**
 * What every adapter has to do, in the terms of its bundler. All of them are here because each was once forgotten
 * somewhere: one that has nothing to do is {@link nothing}, with the reason.
 */
export interface Duties<Part> {
  /** Tells the pipeline where the project is. */
  root: Part
  /** Stops beside a second instance of the plugin. */
  refuseSecond: Part
  /** Keeps what was judged out of caches that outlive a build. */
  cacheNothing: Part
  /** Leaves the WASI shims to Node: bundled, those for Node wait for a worker script that is not there, for ever. */
  externalShims: Part
  /** Finds out what in a build has no top-level await. */
  findAwait: Part
  /** Hands the finished outputs to the sweep, with the names that the bundler knows for them. */
  sweepOutputs: Part
}

/** How one bundler is spoken to while it builds. */
export interface Dialogue {
  /** Where the lines of a build go. @param context `this` in `buildStart` */
  log(context: UnpluginBuildContext): BuildLog
  /** What the bundler offers while an id is loaded. */
  loading(context: HookContext, id: string): LoadContext
  /** Whether bytes from `load` replace what the bundler read itself. Other bundlers read again; the sweep compares. */
  takesBytes: boolean
  /** Which of the covered ids `load` is for. */
  claims(id: string): boolean
}

/** A duty for which there is nothing to do. @param _why for whoever reads it */
export function nothing(_why: string): Record<string, never> {
  return {}
}

type Hook = (this: unknown, ...args: unknown[]) => unknown

/**
 * All parts as one. Functions for one hook run one after another, and what they give is put together.
 * @throws TypeError when two parts use one hook in another way, of which the last would win
 */
export function combine<Part extends object>(duties: Duties<Part>): Part {
  const combined: Record<string, unknown> = {}
  const parts = Object.values(duties) as object[]
  for (const [name, hook] of parts.flatMap((part) => Object.entries(part)))
    combined[name] = name in combined ? inOrder(name, combined[name], hook) : hook
  return combined as Part
}

function inOrder(name: string, first: unknown, second: unknown): Hook {
  if (typeof first !== 'function' || typeof second !== 'function')
    throw new TypeError(`two duties use the hook ${name}`)
  return function (...args) {
    const given = (first as Hook).apply(this, args)
    const givenToo = (second as Hook).apply(this, args)
    return isObject(given) && isObject(givenToo) ? { ...given, ...givenToo } : (givenToo ?? given)
  }
}

/** Whether a value is an object, a list included. */
export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

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

/** As {@link refuseSecond}, of a list that may hold promises of plugins and of lists. */
export async function refuseSecondOf(plugins: unknown): Promise<void> {
  const settled: unknown[] = await Promise.all([plugins].flat(10))
  return settled.some(Array.isArray) ? refuseSecondOf(settled) : refuseSecond(settled)
}

/** What has the plugin already. */
const USED = new WeakSet<object>()

/** As {@link refuseSecond}, where plugins have no names, or one can set up another. @param build the one thing that all of them are given */
export function refuseSecondIn(build: object): void {
  if (USED.has(build)) throw problem('PLUGIN_TWICE', {})
  USED.add(build)
}

/** No line of generated code stands for one of the user's. Without it bundlers map the code to itself. */
const NO_MAPPINGS = { version: 3, sources: [], names: [], mappings: '' }

interface SharedHooks {
  buildStart(this: UnpluginBuildContext): void
  load(this: HookContext, id: string): Promise<Exclude<TransformResult, string | undefined>>
}

/** `loadInclude`, `buildStart` and `load`. A refusal is thrown: `this.error` does not stop every bundler. */
export function sharedHooks(
  pipeline: Pipeline,
  dialogue: Dialogue,
): Pick<UnpluginOptions, 'loadInclude'> & SharedHooks {
  return {
    loadInclude: (id) => loadRuntimeModule(id) !== undefined || (pipeline.claims(id) && dialogue.claims(id)),
    buildStart() {
      withoutFrames(() => pipeline.start(dialogue.log(this)))
    },
    async load(id) {
      const runtime = loadRuntimeModule(id)
      if (runtime !== undefined) return asScript(runtime)
      const loaded = await pipeline.load(id, dialogue.loading(this, id)).catch(rethrowBare)
      if (loaded?.kind === 'module') return asScript(loaded.code)
      // unplugin types `code` as text, and its loaders for webpack and Rspack pass bytes through. They get a copy: what
      // other plugins change in place must not change what was judged.
      return loaded && dialogue.takesBytes ? { code: Buffer.from(loaded.bytes) as unknown as string } : null
    },
  }
}

/** Generated code, which is JavaScript whatever `moduleTypes` of Rolldown say of `.wasm`; others read no such property. */
export function asScript(code: string) {
  return { code, map: NO_MAPPINGS, moduleType: 'js' }
}

/** The script that a source map is of; a script itself. A map holds what a script was made of, and what was left out of that. */
export function scriptOf(output: string): string {
  return output.replace(/\.map$/, '')
}

/** Does something whose refusal bundlers show by its stack alone, so that this is the message without frames. */
export function withoutFrames<T>(action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof Diagnostic && !keepsFrames()) error.stack = `${error.name}: ${error.message}`
    throw error
  }
}

/** From `load`, bundlers show the message and then the stack, which tells a user nothing about a refused file. */
function rethrowBare(error: unknown): never {
  if (error instanceof Diagnostic && !keepsFrames()) error.stack = ''
  throw error
}

/**
 * For whoever works on this plugin. It changes what is shown, never what is decided. Asked when it matters: Deno lets nobody
 * read the environment unasked.
 */
const keepsFrames = () => process.env['SIGNED_WASM_DEBUG'] === '1'
