/// <reference types="node" />
/** What emitted code brings along, in webpack and Rspack: modules with a scheme of ours, which have no path that could be published. */

import type { Compiler } from 'webpack'
import { NAME } from './adapter.js'
import { readRuntimeFile, RUNTIME_PATTERN, runtimeFileOf } from './runtime-modules.js'

/** The scheme, for rules. */
export const RUNTIME_SCHEME = 'signed-wasm'

/** Finds these modules by their names in generated code, which is what `externals` are asked about. */
export function findRuntime(compiler: Compiler): void {
  const { NormalModuleReplacementPlugin } = compiler.webpack
  new NormalModuleReplacementPlugin(RUNTIME_PATTERN, (data) => {
    const file = runtimeFileOf(data.request)
    if (file !== undefined) data.request = `${RUNTIME_SCHEME}:${file}`
  }).apply(compiler)
  compiler.hooks.normalModuleFactory.tap(NAME, ({ hooks }) =>
    hooks.resolveForScheme.for(RUNTIME_SCHEME).tap(NAME, (module) => {
      Object.assign(module, { path: module.resource, query: '', fragment: '', context: compiler.context })
      return true
    }),
  )
}

/** The text of such a module. */
export function loadRuntime(id: string): string | undefined {
  const [scheme, file = ''] = id.split(':')
  return scheme === RUNTIME_SCHEME ? readRuntimeFile(file) : undefined
}
