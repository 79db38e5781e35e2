/// <reference types="node" />
/** The rules of webpack and Rspack: what is ours among them, and where it stands so that no rule of others has a say in it. */

import { createRequire } from 'node:module'
import type { UnpluginOptions } from 'unplugin'
import type { Compiler } from 'webpack'
import { DIST } from '../../bindings/runtime-files.js'
import { packageFolders } from '../../bindings/shims.js'
import { RAW_QUERY } from '../assets.js'
import { toSlashes } from '../../disk/paths.js'
import type { Pipeline } from '../pipeline.js'
import { readQuery } from '../request.js'
import { isObject, NAME } from './adapter.js'
import type { Answering } from './webpack-loader.js'
import { RUNTIME_SCHEME } from './webpack-runtime.js'

type Rule = Extract<Compiler['options']['module']['rules'][number], object>

type Load = UnpluginOptions['load']

interface RuleInput {
  framework: 'webpack' | 'rspack'
  /** Verifies files and hands them on. */
  load: Load
  /** Gives the code of modules that are ours. */
  answer: Load
}

const WASM = /\.wasm$/i

/** Order decides: a later rule wins. unplugin has put its own, which makes JavaScript of what we load, first. */
export function addRules(compiler: Compiler, pipeline: Pipeline, input: RuleInput): void {
  const { rules } = compiler.options.module
  rules.splice(1, 0, coreModuleRule(pipeline, input), {
    test: WASM,
    dependency: 'url',
    type: 'asset/resource',
  })
  const include = (file: string) => pipeline.claims(file) && !pipeline.isCoreModule(file)
  // The bundler's own rules are there only now.
  compiler.hooks.environment.tap(NAME, () =>
    rules.splice(3, 0, ...requestRules(compiler).map((rule) => ({ ...rule, include }))),
  )
  // A component in a strict node_modules does not see the shims that the project installed.
  rules.push({ test: WASM, resolve: { modules: ['...', ...packageFolders(pipeline.root)] } })
  compiler.hooks.afterEnvironment.tap({ name: NAME, stage: Number.MAX_SAFE_INTEGER }, () =>
    takeModules(compiler, include, input),
  )
}

/**
 * Makes JavaScript of ours of what was imported as a module, and of what that brings along, and a file of its bytes, whatever
 * other rules say of them: the last one has the type, and the loader of the first one is asked before all others.
 */
function takeModules(
  compiler: Compiler,
  include: (file: string) => boolean,
  { framework, answer }: RuleInput,
): void {
  const options: Answering = { framework, plugin: pluginOf(answer) }
  const use = [{ loader: LOADER, options }]
  const component = { test: WASM, include, ...asModule(compiler) }
  const bytes = { resourceQuery: RAW_QUERY }
  const runtime = { scheme: RUNTIME_SCHEME }
  const { module } = compiler.options
  const { rules } = module
  if (module.noParse !== undefined) module.noParse = withoutOurs(module.noParse)
  rules.unshift(...[component, bytes, runtime].map((rule): Rule => ({ ...rule, enforce: 'post', use })))
  rules.push(
    { ...component, type: 'javascript/auto', parser: { url: urlOf(compiler, framework) } },
    { ...bytes, type: 'asset/resource' },
    { ...runtime, type: 'javascript/esm', sideEffects: false },
  )
}

const LOADER = `${DIST}/plugin/bundlers/webpack-loader.js`

type NoParse = NonNullable<Compiler['options']['module']['noParse']>

/** What is not to be parsed, without what we make of a file whose name says so: it has imports. @param noParse the user's */
function withoutOurs(noParse: NoParse): NoParse {
  const tests = [noParse].flat()
  const isMatch = (test: (typeof tests)[number], request: string) => {
    if (typeof test === 'function') return test(request)
    return typeof test === 'string' ? request.startsWith(test) : test.test(request)
  }
  return (request: string) =>
    !toSlashes(request).includes(LOADER) && tests.some((test) => isMatch(test, request))
}

/** What rules say of imports that ask for exports, as far as the bundler's version knows other ones. */
function asModule(compiler: Compiler): Rule {
  return {
    dependency: { not: ['url'] },
    resourceQuery: (query) => readQuery(query.slice(1)).form !== undefined,
    ...(attributeRules(compiler).length > 0 && { with: { type: { not: /^(?!webassembly$)./ } } }),
    ...(knowsPhases(compiler) && { phase: { not: 'source' } }),
  }
}

/**
 * What becomes of our URLs, whatever users say of those in their own code, such as `false`: nobody else would find a file for
 * them. Where others bundle the output once more, to whom a URL has to be a literal, they stay what they are.
 */
function urlOf(compiler: Compiler, framework: 'webpack' | 'rspack') {
  return isModuleLibrary(compiler) ? LITERAL_URL[framework] : true
}

/** Whether others bundle the output once more, as modules. */
export function isModuleLibrary(compiler: Compiler): boolean {
  return libraryTypes(compiler).some((type) => type.endsWith('module'))
}

/** As what the output, or an entry of it, is offered to others. */
export function libraryTypes({ options: { output, entry } }: Compiler): string[] {
  const entries = typeof entry === 'object' ? Object.values(entry) : []
  const libraries = [output.library, ...entries.map((one) => (one as { library?: unknown }).library)]
  return libraries.flatMap((library) => (library as { type?: string } | undefined)?.type ?? [])
}

/** @see webpack and Rspack, `module.parser.javascript.url` */
const LITERAL_URL = { webpack: 'relative', rspack: 'new-url-relative' } as const

/** What the bundler itself makes of attributes and of the source phase, as far as its version knows them. */
function requestRules(compiler: Compiler): object[] {
  const source = knowsPhases(compiler) ? [{ phase: 'source', type: 'webassembly/async' }] : []
  return [...attributeRules(compiler), ...source]
}

function attributeRules({ options: { module } }: Compiler): object[] {
  return (module.defaultRules ?? []).filter((rule): rule is object => isObject(rule) && 'with' in rule)
}

function knowsPhases({ options: { experiments } }: Compiler): boolean {
  return (experiments as { sourceImport?: boolean }).sourceImport === true
}

/**
 * Verifies core modules without a say in their type, so that `asyncWebAssembly` and other rules take them
 * as before. unplugin's rule forces a type, so it is left out and only its loader used.
 */
function coreModuleRule(pipeline: Pipeline, { framework, load }: RuleInput): Rule {
  return {
    enforce: 'pre',
    include: (file: string) => pipeline.claims(file) && pipeline.isCoreModule(file),
    use: [
      {
        loader: createRequire(import.meta.url).resolve(`unplugin/${framework}/loaders/load`),
        options: { plugin: pluginOf(load) },
      },
    ],
  }
}

/** What the loaders of unplugin read. */
function pluginOf(load: Load): object {
  return { name: NAME, load, __virtualModulePrefix: '\0none' }
}
