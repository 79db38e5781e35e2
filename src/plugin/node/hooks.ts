/// <reference types="node" />
/** The hooks for `module.register`, which run in a thread of Node's own. @see Node.js documentation, "Customization Hooks" */

import type { InitializeHook, LoadHook, ResolveFnOutput, ResolveHook, ResolveHookContext } from 'node:module'
import type { Options } from '../options.js'
import { isWasmUrl, NodeModules, otherParent, splitSpecifier } from './modules.js'

let modules: NodeModules | undefined

export const initialize: InitializeHook<Options> = (options) => {
  modules = new NodeModules(options)
}

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const { name, query } = splitSpecifier(specifier)
  const resolved = await resolveFromEither(name, context, nextResolve)
  return query !== '' && isWasmUrl(resolved.url) ? { ...resolved, url: resolved.url + query } : resolved
}

async function resolveFromEither(
  name: string,
  context: ResolveHookContext,
  nextResolve: Parameters<ResolveHook>[2],
): Promise<ResolveFnOutput> {
  const parentURL = otherParent(name, context.parentURL)
  try {
    return await nextResolve(name, context)
  } catch (error) {
    if (parentURL === undefined) throw error
    return nextResolve(name, { ...context, parentURL })
  }
}

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = isWasmUrl(url) ? await modules!.load(url) : undefined
  return loaded === undefined ? nextLoad(url, context) : { ...loaded, shortCircuit: true }
}
