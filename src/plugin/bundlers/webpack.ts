/// <reference types="node" />
/** webpack and Rspack. */

import { existsSync, statSync } from 'node:fs'
import type { UnpluginBuildContext, UnpluginOptions } from 'unplugin'
import type { Compilation, Compiler, LoaderContext, NormalModule } from 'webpack'
import type { ComponentSource } from '../../bindings/module/input.js'
import type { Admission } from '../admissions.js'
import { INLINE, isAbsolutePublicPath, rawRequest, relativeUrl } from '../assets.js'
import type { BuildLog, LoadContext } from '../contexts.js'
import type { Pipeline } from '../pipeline.js'
import { asScript, type Duties, type HookContext, NAME, refuseSecondIn, sharedHooks } from './adapter.js'
import { RUNTIME_NAME } from './runtime-modules.js'
import { guardDevServer } from './webpack-server.js'
import { logOf, sweepCompilations } from './webpack-output.js'
import { isForNode, keepShimsExternal, resolveQueries } from './webpack-resolve.js'
import { addRules, isModuleLibrary, libraryTypes } from './webpack-rules.js'
import { findRuntime, loadRuntime } from './webpack-runtime.js'

/**
 * The hooks for `webpack` and `rspack`, whose part that we use is the same.
 *
 * Where a public path such as `/static/` names no file, as in Node, components go inline.
 */
export function webpackHooks(pipeline: Pipeline, framework: 'webpack' | 'rspack'): Partial<UnpluginOptions> {
  let compiler: Compiler | undefined
  const shared = sharedHooks(pipeline, {
    log: (context) => compilationLog(context, compiler!),
    loading: (context) => webpackLoading(context, compiler!),
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

function webpackLoading(context: HookContext, compiler: Compiler): LoadContext {
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

function watch(loader: LoaderContext<unknown>, file: string): void {
  if (!existsSync(file)) loader.addMissingDependency(file)
  else if (statSync(file).isDirectory()) loader.addContextDependency(file)
  else loader.addDependency(file)
}

function ship(admission: Admission, compiler: Compiler): ComponentSource {
  const request = rawRequest(admission)
  return request === undefined || isUnreachable(compiler) ? INLINE : relativeUrl(request)
}

/**
 * Whether nothing would be found at the URL of a file. What begins at the root of a server is no file in Node, and none of a
 * library, which lies where its user has it; `auto` asks for the address of the script, which one that is required has not.
 * Modules of a library refer to the file beside them.
 */
function isUnreachable(compiler: Compiler): boolean {
  const { options } = compiler
  const { publicPath, module: isModule } = options.output
  const libraries = libraryTypes(compiler)
  const isNode = isForNode(options) || libraries.some((type) => type.startsWith('commonjs'))
  if (publicPath === 'auto') return isNode && isModule !== true
  return isAbsolutePublicPath(publicPath) && (isNode || (libraries.length > 0 && !isModuleLibrary(compiler)))
}
