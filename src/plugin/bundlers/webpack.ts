/// <reference types="node" />
/** webpack and Rspack. */

import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { UnpluginBuildContext, UnpluginOptions } from 'unplugin'
import type { Compilation, Compiler, LoaderContext, NormalModule } from 'webpack'
import type { ComponentSource } from '../../bindings/module/input.js'
import { RUNTIME } from '../../bindings/runtime-files.js'
import { packageFolders, SHIM_PATTERN } from '../../bindings/shims.js'
import type { Admission } from '../admissions.js'
import { INLINE, isAbsolutePublicPath, RAW_QUERY, rawRequest, relativeUrl } from '../assets.js'
import type { BuildLog, LoadContext } from '../contexts.js'
import type { Pipeline } from '../pipeline.js'
import { isWasm, splitOwnQuery } from '../request.js'
import { type Duties, type HookContext, isObject, NAME, refuseSecondIn, sharedHooks } from './adapter.js'
import { guardDevServer } from './webpack-server.js'
import { logOf, sweepCompilations } from './webpack-output.js'

const WASM = /\.wasm$/i

/**
 * The hooks for `webpack` and `rspack`, whose part that we use is the same.
 *
 * On a target for Node a public path such as `/static/` names no file, so components go inline there.
 */
export function webpackHooks(pipeline: Pipeline, framework: 'webpack' | 'rspack'): Partial<UnpluginOptions> {
  let compiler: Compiler | undefined
  const shared = sharedHooks(pipeline, {
    log: (context) => compilationLog(context, compiler!),
    loading: (context) => webpackLoading(context, compiler!),
    takesBytes: true,
    claims: (id) => !pipeline.isCoreModule(id),
  })
  const duties: Duties<(applied: Compiler) => void> = {
    root: ({ context }) => pipeline.configure({ root: context }),
    refuseSecond: refuseSecondIn,
    // In addition, every load asks not to be cached: see `webpackLoading`.
    cacheNothing: (applied) => addRules(applied, pipeline, { framework, load: shared.load }),
    externalShims: (applied) => applied.hooks.environment.tap(NAME, () => keepShimsExternal(applied)),
    findAwait: () => {}, // all that these bundlers write may have one, CommonJS included
    sweepOutputs: (applied) => sweepCompilations(applied, pipeline),
  }
  const devServer = (applied: Compiler) => guardDevServer(applied, pipeline)
  const others = framework === 'webpack' ? [devServer, resolveQueries] : [devServer]
  const apply = (applied: unknown) => {
    compiler = applied as Compiler
    for (const duty of [...Object.values(duties), ...others]) duty(compiler)
  }
  return { ...shared, [framework]: apply }
}

/** To webpack, a query is a part of the names that a package exports or imports, and so of none that there is. */
function resolveQueries(compiler: Compiler): void {
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
    runtime: RUNTIME,
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

function watch(loader: LoaderContext<unknown>, file: string): void {
  if (!existsSync(file)) loader.addMissingDependency(file)
  else if (statSync(file).isDirectory()) loader.addContextDependency(file)
  else loader.addDependency(file)
}

function ship(admission: Admission, { options }: Compiler): ComponentSource {
  const request = rawRequest(admission)
  const isUnreachable = isForNode(options) && isAbsolutePublicPath(options.output.publicPath)
  return request === undefined || isUnreachable ? INLINE : relativeUrl(request)
}

function isForNode(options: Compiler['options']): boolean {
  return options.externalsPresets.node === true
}

/**
 * Whether others bundle the output once more, to whom a URL has to be a literal. What users say of URLs in their own code
 * (`parser.url: false`) is not about ours, which nobody else would find a file for.
 */
function isLibrary({ options: { output, entry } }: Compiler): boolean {
  const entries = typeof entry === 'object' ? Object.values(entry) : []
  const libraries = [output.library, ...entries.map((one) => (one as { library?: unknown }).library)]
  return libraries.some((library) =>
    String((library as { type?: unknown } | undefined)?.type).endsWith('module'),
  )
}

type Rule = NonNullable<Compiler['options']['module']['rules'][number]>

interface RuleInput {
  framework: 'webpack' | 'rspack'
  load: UnpluginOptions['load']
}

/** What each calls URLs that stay what they are in the output. @see webpack and Rspack, `module.parser.javascript.url` */
const LITERAL_URL = { webpack: 'relative', rspack: 'new-url-relative' } as const

/** Order decides: a later rule wins. unplugin has put its own, which makes JavaScript of what we load, first. */
function addRules(compiler: Compiler, pipeline: Pipeline, { framework, load }: RuleInput): void {
  const { rules } = compiler.options.module
  rules.splice(1, 0, coreModuleRule(framework, pipeline, load), {
    test: WASM,
    dependency: 'url',
    type: 'asset/resource',
  })
  const isComponent = (file: string) => pipeline.claims(file) && !pipeline.isCoreModule(file)
  // The bundler's own rules are there only now.
  compiler.hooks.environment.tap(NAME, () =>
    rules.splice(3, 0, ...requestRules(compiler).map((rule) => ({ ...rule, include: isComponent }))),
  )
  rules.push({
    test: WASM,
    include: isComponent,
    dependency: { not: ['url'] },
    parser: { url: isLibrary(compiler) ? LITERAL_URL[framework] : true },
  })
  rules.push(
    { resourceQuery: RAW_QUERY, type: 'asset/resource' },
    // A component in a strict node_modules does not see the shims that the project installed.
    { test: WASM, resolve: { modules: ['...', ...packageFolders(pipeline.root)] } },
  )
}

/** What the bundler itself makes of attributes and of the source phase, as far as its version knows them. */
function requestRules({ options: { experiments, module } }: Compiler): object[] {
  const attributes = (module.defaultRules ?? []).filter(
    (rule): rule is object => isObject(rule) && 'with' in rule,
  )
  const knowsPhases = (experiments as { sourceImport?: boolean }).sourceImport === true
  return [...attributes, ...(knowsPhases ? [{ phase: 'source', type: 'webassembly/async' }] : [])]
}

/**
 * Verifies core modules without a say in their type, so that `asyncWebAssembly` and other rules take them
 * as before. unplugin's rule forces a type, so it is left out and only its loader used.
 */
function coreModuleRule(
  framework: 'webpack' | 'rspack',
  pipeline: Pipeline,
  load: UnpluginOptions['load'],
): Rule {
  const plugin = { name: NAME, load, __virtualModulePrefix: '\0none' }
  return {
    enforce: 'pre',
    include: (file: string) => pipeline.claims(file) && pipeline.isCoreModule(file),
    use: [
      {
        loader: createRequire(import.meta.url).resolve(`unplugin/${framework}/loaders/load`),
        options: { plugin },
      },
    ],
  }
}

type ExternalCallback = (error?: null, result?: string) => void

/** Bundled, the shims for Node wait for a worker script that is not there, for ever. */
function keepShimsExternal({ options }: Compiler): void {
  if (!isForNode(options)) return
  const type = options.output.module ? 'module' : 'import'
  const shims = ({ request = '' }: { request?: string }, callback: ExternalCallback) =>
    SHIM_PATTERN.test(request) ? callback(null, `${type} ${request}`) : callback()
  options.externals = [options.externals ?? [], shims].flat() as typeof options.externals
}
