/// <reference types="node" />
/** The hooks for `module.register`, which run in a thread of Node's own. @see Node.js documentation, "Customization Hooks" */

import type { InitializeHook, LoadHook, ResolveHook } from 'node:module'
import type { Options } from '../options.js'
import { isWasmUrl, NodeModules, splitSpecifier } from './modules.js'

let modules: NodeModules | undefined

export const initialize: InitializeHook<Options> = (options) => {
  modules = new NodeModules(options)
}

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const { name, query } = splitSpecifier(specifier)
  const resolved = await nextResolve(name, context)
  return query !== '' && isWasmUrl(resolved.url) ? { ...resolved, url: resolved.url + query } : resolved
}

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = isWasmUrl(url) ? await modules!.load(url) : undefined
  return loaded === undefined ? nextLoad(url, context) : { ...loaded, shortCircuit: true }
}
