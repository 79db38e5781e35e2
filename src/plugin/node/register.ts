/// <reference types="node" />
/** Hooks for the modules of this process, in the way that this Node has them. */

import * as nodeModule from 'node:module'
import { pathToFileURL } from 'node:url'
import { DIST } from '../../bindings/runtime-files.js'
import { displayPath } from '../../disk/paths.js'
import { problem } from '../../errors/raise.js'
import { startBlocking } from './blocking.js'
import { isWasmUrl, type LoadedModule, otherParent, splitSpecifier } from './modules.js'
import { type Options, resolveOptions } from '../options.js'

/**
 * Makes `.wasm` components modules of this process. Call it before the modules that import them are loaded.
 *
 * ```js
 * // wasm.mjs, for node --import ./wasm.mjs app.js
 * import { register } from 'unplugin-signed-wasm/node'
 *
 * register({ keys: ['release.pub'] })
 * ```
 * @param options as those of the plugin; paths count from the current folder
 * @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID`, `PLUGIN_TWICE`, or about keys, such as `NO_TRUSTED_KEYS`
 */
export function register(options: Options = {}): void {
  resolveOptions(options)
  // There it does nothing at all.
  if (process.versions['bun'] !== undefined)
    throw problem('ENTRY_MISMATCH', { entry: 'node', where: 'Bun', use: PRELOAD })
  if (isRegistered) throw problem('PLUGIN_TWICE', {})
  isRegistered = true
  refuseRequire()
  const script = (name: string) => pathToFileURL(`${DIST}/plugin/node/${name}.js`)
  const { registerHooks } = nodeModule as unknown as { registerHooks?: RegisterHooks }
  // The hooks that wait run without a warning up to Node 24.
  if (registerHooks === undefined || Number.parseInt(process.versions.node, 10) < 25)
    nodeModule.register(script('hooks'), { data: options })
  else registerHooks(hooksWith(startBlocking(script('blocking-thread'), options)))
}

const PRELOAD =
  "import { plugin } from 'bun' and signedWasm from 'unplugin-signed-wasm/bun' in a preload, and call plugin(signedWasm({ … }))"

let isRegistered = false

/** Not yet in the types of the oldest Node that this runs on. @see Node.js documentation, "Synchronous customization hooks" */
type RegisterHooks = (hooks: SyncHooks) => void

interface SyncHooks {
  resolve<T extends { url: string }>(
    specifier: string,
    context: { parentURL?: string | undefined },
    nextResolve: (specifier: string, context: object) => T,
  ): T
  load(url: string, context: object, nextLoad: (url: string, context: object) => object): object
}

function hooksWith(loadWasm: (url: string) => LoadedModule | undefined): SyncHooks {
  return {
    resolve(specifier, context, nextResolve) {
      const { name, query } = splitSpecifier(specifier)
      const resolved = resolveFromEither(name, context, nextResolve)
      return query !== '' && isWasmUrl(resolved.url) ? { ...resolved, url: resolved.url + query } : resolved
    },
    load(url, context, nextLoad) {
      const loaded = isWasmUrl(url) ? loadWasm(url) : undefined
      return loaded === undefined ? nextLoad(url, context) : { ...loaded, shortCircuit: true }
    },
  }
}

function resolveFromEither<T>(
  name: string,
  context: { parentURL?: string | undefined },
  nextResolve: (specifier: string, context: object) => T,
): T {
  const parentURL = otherParent(name, context.parentURL)
  try {
    return nextResolve(name, context)
  } catch (error) {
    if (parentURL === undefined) throw error
    return nextResolve(name, { ...context, parentURL })
  }
}

/** Node would take such a file for JavaScript. */
function refuseRequire(): void {
  const { extensions } = nodeModule.createRequire(import.meta.url)
  extensions['.wasm'] = (_, file) => {
    throw problem('REQUIRE_UNSUPPORTED', { file: displayPath(file, process.cwd()) })
  }
}
