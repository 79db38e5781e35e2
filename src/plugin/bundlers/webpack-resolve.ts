/// <reference types="node" />
/** Names that webpack and Rspack do not find by themselves, and those that they have to leave. */

import type { Compiler } from 'webpack'
import { SHIM_PATTERN } from '../../bindings/shims.js'
import { isWasm, splitOwnQuery } from '../request.js'
import { NAME } from './adapter.js'

/** To webpack, a query is a part of the names that a package exports or imports, and so of none that there is. */
export function resolveQueries(compiler: Compiler): void {
  compiler.hooks.normalModuleFactory.tap(NAME, (factory) => {
    const asked = new WeakMap<object, string>()
    factory.hooks.beforeResolve.tapPromise(NAME, async (data) => {
      const split = /^[\w@#]/.test(data.request) ? splitOwnQuery(data.request) : undefined
      if (split === undefined) return
      const resolver = factory.getResolver('normal', data.resolveOptions)
      const found = await new Promise<unknown>((resolve) =>
        resolver.resolve({}, data.context, split.name, {}, (_, file) => resolve(file)),
      )
      // Others have queries of these names, too, for files of another kind.
      if (typeof found !== 'string' || !isWasm(found)) return
      asked.set(data, split.query)
      data.request = split.name
    })
    factory.hooks.afterResolve.tap(NAME, (data) => {
      const query = asked.get(data)
      if (query === undefined) return
      for (const name of ['request', 'userRequest', 'resource'] as const) data.createData[name] += query
    })
  })
}

type ExternalCallback = (error?: null, result?: string) => void

/** Bundled, the shims for Node wait for a worker script that is not there, for ever. */
export function keepShimsExternal({ options }: Compiler): void {
  if (!isForNode(options)) return
  const type = options.output.module ? 'module' : 'import'
  const shims = ({ request = '' }: { request?: string }, callback: ExternalCallback) =>
    SHIM_PATTERN.test(request) ? callback(null, `${type} ${request}`) : callback()
  options.externals = [options.externals ?? [], shims].flat() as typeof options.externals
}

/** Whether what is made is for Node. */
export function isForNode(options: Compiler['options']): boolean {
  return options.externalsPresets.node === true
}
