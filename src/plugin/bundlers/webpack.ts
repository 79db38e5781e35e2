/// <reference types="node" />
/** webpack and Rspack. */

import type { UnpluginBuildContext, UnpluginOptions } from 'unplugin'
import type { Compilation, Compiler, LoaderContext, NormalModule } from 'webpack'
import type { BuildLog, LoadContext } from '../contexts.js'
import type { Pipeline } from '../pipeline.js'
import { asScript, type Duties, type HookContext, NAME, refuseSecondIn, sharedHooks } from './adapter.js'
import { RUNTIME_NAME } from './runtime-modules.js'
import { guardDevServer } from './webpack-server.js'
import { logOf, sweepCompilations } from './webpack-output.js'
import { keepShimsExternal, resolveQueries } from './webpack-resolve.js'
import { addRules } from './webpack-rules.js'
import { findRuntime, loadRuntime } from './webpack-runtime.js'
import { ship } from './webpack-ship.js'
import { watch } from './webpack-watch.js'

/**
 * The hooks for `webpack` and `rspack`, whose part that we use is the same.
 *
 * Where a public path such as `/static/` names no file, as in Node, components go inline.
 */
export function webpackHooks(pipeline: Pipeline, framework: 'webpack' | 'rspack'): Partial<UnpluginOptions> {
  let compiler: Compiler | undefined
  const shared = sharedHooks(pipeline, {
    log: (context) => compilationLog(context, compiler!),
    loading: (context) => ({ ...webpackLoading(context, compiler!), cores: { without: framework } }),
    takesBytes: true,
    claims: (id) => !pipeline.isCoreModule(id),
  })
  function answer(this: HookContext, id: string) {
    const loader = loaderContext(this)
    const runtime = loadRuntime(id)
    if (runtime === undefined) return hasLoaders(loader) ? null : shared.load.call(this, id)
    loader.cacheable(false)
    return asScript(runtime)
  }
  const duties: Duties<(applied: Compiler) => void> = {
    root: ({ context }) => pipeline.configure({ root: context }),
    refuseSecond: refuseSecondIn,
    // In addition, every load asks not to be cached: see `webpackLoading`.
    cacheNothing: (applied) => addRules(applied, pipeline, { framework, load: shared.load, answer }),
    externalShims: (applied) => applied.hooks.environment.tap(NAME, () => keepShimsExternal(applied)),
    findAwait: () => {}, // all that these bundlers write may have one, CommonJS included
    sweepOutputs: (applied) => sweepCompilations(applied, pipeline),
  }
  const devServer = (applied: Compiler) => guardDevServer(applied, pipeline)
  const others = [devServer, findRuntime, ...(framework === 'webpack' ? [resolveQueries] : [])]
  const apply = (applied: unknown) => {
    compiler = applied as Compiler
    for (const duty of [...Object.values(duties), ...others]) duty(compiler)
  }
  return { ...shared, [framework]: apply }
}

function compilationLog(context: UnpluginBuildContext, compiler: Compiler): BuildLog {
  return logOf(compiler, (context.getNativeBuildContext!() as { compilation: Compilation }).compilation)
}

function webpackLoading(context: HookContext, compiler: Compiler): Omit<LoadContext, 'cores'> {
  const loader = loaderContext(context)
  // A cached module would skip verification in the next process.
  loader.cacheable(false)
  const { type = '' } = (loader._module ?? {}) as Partial<NormalModule>
  return {
    watch: (file) => watch(loader, file),
    warn: (message) => context.warn(message),
    ship: (admission) => ship(admission, compiler),
    runtime: RUNTIME_NAME,
    wantsBytes: !type.startsWith('javascript/'),
    isReference: type.startsWith('asset'),
    // With `import source`, or by a rule of the user's: ours make JavaScript of an import.
    wantsCore: type.startsWith('webassembly/')
      ? `\`import source\`, or a rule with \`type: '${type}'\`,`
      : undefined,
    identifiersOnly: false,
    lacksAwait: undefined,
  }
}

function loaderContext(context: HookContext): LoaderContext<unknown> {
  const native = context.getNativeBuildContext!() as { loaderContext?: LoaderContext<unknown> }
  return native.loaderContext!
}

/** Whether the import itself names loaders, which then have what they had without ours. */
function hasLoaders({ _module: module }: LoaderContext<unknown>): boolean {
  const { rawRequest: request = '' } = (module ?? {}) as Partial<NormalModule>
  return /^[-!]*[^-!].*!/.test(request)
}
