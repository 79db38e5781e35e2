/// <reference types="node" />
/** `next.config` with the plugin in it, for both bundlers of Next.js. */

import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { SHIM_PACKAGES } from '../../bindings/shims.js'
import { problem } from '../../errors/raise.js'
import { type Options, resolveOptions } from '../options.js'
import { concludeBuild, type Place } from './conclude.js'
import { type Rules, withRules } from './turbopack.js'

/** What of `next.config` is read here. */
interface NextConfig {
  distDir?: string
  webpack?: ((config: WebpackConfig, context: WebpackContext) => WebpackConfig) | null
  turbopack?: { rules?: Rules }
  serverExternalPackages?: readonly string[]
  transpilePackages?: readonly string[]
  compiler?: { runAfterProductionCompile?: (place: Place) => Promise<void> | void }
}

interface WebpackConfig {
  plugins: unknown[]
  output: { environment?: object }
}

interface WebpackContext {
  isServer: boolean
}

/** Makes the plugin for webpack. */
type MakePlugin = (options: Options) => unknown

/**
 * A config with the plugin in it, or a function or promise of one.
 * @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID`, `PLUGIN_TWICE`, `NEXT_UNSUPPORTED`
 */
export function complete<Config>(config: Config, options: Options, makePlugin: MakePlugin): Config {
  resolveOptions(options)
  const add = (given: unknown) => withPlugin(given as NextConfig, options, makePlugin)
  const whole: unknown =
    typeof config === 'function'
      ? (...about: unknown[]) => whenThere((config as (...parts: unknown[]) => unknown)(...about), add)
      : whenThere(config, add)
  return whole as Config
}

function whenThere(value: unknown, use: (value: unknown) => unknown): unknown {
  return value instanceof Promise ? value.then(use) : use(value)
}

function withPlugin(config: NextConfig, options: Options, makePlugin: MakePlugin): NextConfig {
  const root = process.cwd()
  const unsupported = oldVersion(root)
  const { distDir = '.next', turbopack, compiler, webpack } = config
  const skip = ['.next', basename(distDir)]
  let isWebpack = false
  return {
    ...config,
    webpack(given, context) {
      isWebpack = true
      return withWebpackPlugin(
        webpack?.(given, context) ?? given,
        makePlugin({ ...options, ...sourceFor(context) }),
      )
    },
    turbopack: {
      ...turbopack,
      rules: withRules(turbopack?.rules ?? {}, options, { root, skip, unsupported }),
    },
    serverExternalPackages: externalsOf(config),
    compiler: {
      ...compiler,
      async runAfterProductionCompile(place) {
        await compiler?.runAfterProductionCompile?.(place)
        await concludeBuild(place, options, { isSwept: isWebpack, skip })
      },
    },
  }
}

/** A server finds no file at an address of the pages that it sends. */
const sourceFor = ({ isServer }: WebpackContext): Options => (isServer ? { asset: 'inline' } : {})

function withWebpackPlugin(config: WebpackConfig, plugin: unknown): WebpackConfig {
  config.plugins.push(plugin)
  // All browsers that Next.js supports have it; without a word webpack warns of the top-level await of each component.
  config.output.environment = { ...config.output.environment, asyncFunction: true }
  return config
}

/** Bundled, the shims for Node wait for a worker script that is not there, for ever. */
function externalsOf({ serverExternalPackages = [], transpilePackages = [] }: NextConfig): string[] {
  const shims = SHIM_PACKAGES.filter((name) => !transpilePackages.includes(name))
  return [...new Set([...serverExternalPackages, ...shims])]
}

/**
 * The version of Next.js, where its Turbopack cannot do what is needed.
 * @throws Diagnostic `NEXT_UNSUPPORTED` where it is older still, or none
 */
function oldVersion(root: string): string | undefined {
  const version = versionOfNext(root)
  if (version === undefined || isBefore(version, 15, 5))
    throw problem('NEXT_UNSUPPORTED', {
      found: version === undefined ? 'A folder without Next.js' : `Next.js ${version}`,
      why: version === undefined ? 'next is to be started in that of the project' : 'it is too old',
    })
  return isBefore(version, 16, 2) ? version : undefined
}

function isBefore(version: string, major: number, minor: number): boolean {
  const [first = 0, second = 0] = version.split('.').map(Number)
  return first < major || (first === major && second < minor)
}

function versionOfNext(root: string): string | undefined {
  try {
    return (createRequire(join(root, '_'))('next/package.json') as { version: string }).version
  } catch {
    return undefined // there is none, which is said by whoever asks
  }
}
