/** One call per bundler: builds `main.js` of a project into a folder, in this process. */

import path from 'node:path'
import { createCompiler, Logger, resolveConfig, type UserConfig as FarmConfig } from '@farmfe/core'
import { rspack } from '@rspack/core'
import * as esbuild from 'esbuild'
import { rolldown } from 'rolldown'
import { rollup } from 'rollup'
import { build as viteBuild } from 'vite'
import webpack from 'webpack'
import { type Options, signedWasm } from '../../src/index.js'
import type { Project } from './project.js'

/** What to build. */
export interface BuildRequest {
  project: Project
  options: Options
  target: 'node' | 'browser'
  mode?: 'production' | 'development'
  /** Where the bundler can; it takes most of the time. @default false */
  minify?: boolean
  /** @default main.js */
  entry?: string
  /** Where to, relative to the project. */
  out: string
  /** Plugins that come before ours. */
  before?: readonly unknown[]
  /** Merged into the bundler's own configuration; its plugins come after ours. */
  config?: { plugins?: unknown[]; experiments?: object; [name: string]: unknown }
}

/** What a build said. {@link entryIn} names the entry of its output. */
export interface Built {
  warnings: string[]
  /** What was only for information. */
  lines: string[]
}

/** Builds; rejects when the bundler refuses. */
export type Build = (request: BuildRequest) => Promise<Built>

export const BUNDLERS = ['vite', 'rollup', 'rolldown', 'webpack', 'rspack', 'esbuild', 'farm'] as const
export type BundlerName = (typeof BUNDLERS)[number]

/** Those with a production and a development mode. */
export const WITH_MODES: readonly BundlerName[] = ['vite', 'webpack', 'rspack']

/** A line that gives an exported interface a name; where only identifiers may be imported, by the default export. */
export function namedInterface(bundler: BundlerName, local: string, name: string, from: string): string {
  if (bundler !== 'farm') return `import { '${name}' as ${local} } from '${from}'`
  return `import ${local}All from '${from}'\nconst ${local} = ${local}All['${name}']`
}

const inFolder = <T>(folder: string, action: () => Promise<T>): Promise<T> => {
  const before = process.cwd()
  process.chdir(folder)
  return action().finally(() => process.chdir(before))
}

/** On a busy machine Rolldown warns of whatever plugin there is. */
const NO_TIMINGS = { bundlerTimings: false }

/** Our plugin among those of the request, and the rest of its configuration. */
function configOf(plugin: unknown, request: Pick<BuildRequest, 'before' | 'config'>) {
  const { plugins = [], ...config } = request.config ?? {}
  // Each bundler checks its own configuration at run time.
  return { plugins: [...(request.before ?? []), plugin, ...plugins] as never[], config: config as object }
}

const entryOf = ({ project, entry = 'main.js' }: BuildRequest) => project.at(entry)

export const build: Record<BundlerName, Build> = {
  async vite(request) {
    const { project, options, target, mode = 'production', minify = false, out } = request
    const { plugins, config } = configOf(signedWasm.vite(options), request)
    const heard: Built = { warnings: [], lines: [] }
    const quiet = () => {}
    const logger = {
      info: (message: string) => void heard.lines.push(message),
      error: quiet,
      warn: (message: string) => void heard.warnings.push(message),
      warnOnce: (message: string) => void heard.warnings.push(message),
      clearScreen: quiet,
      hasErrorLogged: () => false,
      hasWarned: false,
    }
    const output = { entryFileNames: 'main.js' }
    await viteBuild({
      root: project.root,
      configFile: false,
      base: './',
      mode,
      customLogger: logger,
      logLevel: 'warn',
      publicDir: false,
      plugins,
      build: {
        target: 'es2022',
        outDir: out,
        emptyOutDir: true,
        modulePreload: false,
        minify,
        ...(target === 'node' ? { ssr: entryOf(request) } : {}),
        rolldownOptions: {
          ...(target === 'browser' ? { input: entryOf(request) } : {}),
          output,
          checks: NO_TIMINGS,
        },
      },
      ...config,
    })
    return heard
  },

  rollup: (request) => bundle(rollup as unknown as OpenBundle, signedWasm.rollup, request),
  rolldown: (request) =>
    bundle(rolldown as unknown as OpenBundle, signedWasm.rolldown, request, {
      platform: request.target,
      checks: NO_TIMINGS,
    }),

  webpack: (request) =>
    compile(webpack as unknown as CreateCompiler, signedWasm.webpack(request.options), request),
  rspack: (request) =>
    compile(rspack as unknown as CreateCompiler, signedWasm.rspack(request.options), request),

  async esbuild(request) {
    const { project, options, target, minify = false, out } = request
    const { plugins, config } = configOf(signedWasm.esbuild(options), request)
    const console = listenToConsole()
    const building = esbuild.build({
      entryPoints: [{ in: entryOf(request), out: 'main' }],
      absWorkingDir: project.root,
      bundle: true,
      format: 'esm',
      platform: target,
      outdir: project.at(out),
      logLevel: 'silent',
      minify,
      plugins,
      ...config,
    })
    const { warnings } = await building.finally(console.stop)
    return { warnings: warnings.map(({ text }) => text), lines: console.lines }
  },

  async farm(request) {
    const heard = listenToConsole()
    try {
      const logger = silentFarmLogger()
      const config = farmConfig(signedWasm.farm(request.options), request)
      const compiler = await createCompiler(
        await resolveFarm(config, request.mode ?? 'production', logger),
        logger,
      )
      await compiler.compile()
      compiler.writeResourcesToDisk()
      return { warnings: heard.warnings, lines: heard.lines }
    } finally {
      heard.stop()
    }
  },
}

/**
 * What is opened of an output, relative to the project: the script, or in browsers the page that Farm makes, without
 * which its scripts do not find what they import later.
 */
export function entryIn(out: string, name: BundlerName, target: 'node' | 'browser'): string {
  return `${out}/${name === 'farm' && target === 'browser' ? 'main.html' : 'main.js'}`
}

/** Farm's configuration with every default. */
export function resolveFarm(config: FarmConfig, mode: 'production' | 'development', logger: Logger) {
  // The type of its argument mixes up two kinds of `hmr`.
  const options = { ...config, logger } as NonNullable<Parameters<typeof resolveConfig>[0]>
  return resolveConfig(options, mode, logger, false)
}

/** What Farm is given. */
export function farmConfig(plugin: unknown, request: BuildRequest): FarmConfig {
  const { project, target, entry = 'main.js', minify = false, out } = request
  const page = path.join(path.dirname(entry), 'farm.html')
  if (target === 'browser')
    project.write({
      [page]: `<!doctype html><script type="module" src="./${path.basename(entry)}"></script>`,
    })
  const { plugins, config } = configOf(plugin, request)
  const { compilation: { output, ...compilation } = {}, ...rest } = config as FarmConfig
  return {
    root: project.root,
    plugins,
    ...rest,
    compilation: {
      input: { main: project.at(target === 'node' ? entry : page) },
      output: {
        path: out,
        format: 'esm',
        // Pages that tests open are at the root of the project.
        ...(target === 'node'
          ? { targetEnv: 'node', publicPath: './', entryFilename: '[entryName].js' }
          : { targetEnv: 'browser-esnext', publicPath: `/${out}/` }),
        ...output,
      },
      progress: false,
      sourcemap: false,
      presetEnv: false,
      minify,
      ...compilation,
    },
  }
}

/** Farm's own logger ends the process on some errors. */
export function silentFarmLogger(): Logger {
  const logger = new Logger()
  const quiet = () => {}
  return Object.assign(logger, { info: quiet, warn: quiet, error: quiet, debug: quiet, trace: quiet })
}

/** Takes the console for itself: some bundlers have no other place for what a plugin says. */
export function listenToConsole(): Built & { stop(): void } {
  const { info, warn, error, log } = console
  const heard: Built = { warnings: [], lines: [] }
  Object.assign(console, {
    info: (line: unknown) => void heard.lines.push(String(line)),
    warn: (line: unknown) => void heard.warnings.push(String(line)),
    error: () => {},
    log: () => {},
  })
  return { ...heard, stop: () => void Object.assign(console, { info, warn, error, log }) }
}

/** What Rollup and Rolldown have in common. The root of both is the current folder, also while the plugin is made. */
type OpenBundle = (
  input: object,
) => Promise<{ write(output: object): Promise<unknown>; close(): Promise<void> }>

function bundle(
  open: OpenBundle,
  make: (options: Options) => unknown,
  request: BuildRequest,
  also: object = {},
): Promise<Built> {
  return inFolder(request.project.root, async () => {
    const heard: Built = { warnings: [], lines: [] }
    const { plugins, config } = configOf(make(request.options), request)
    const { output, ...input } = config as { output?: object }
    const opened = await open({
      input: entryOf(request),
      plugins,
      onLog: (level: string, { message }: { message: string }) =>
        void heard[level === 'warn' ? 'warnings' : 'lines'].push(message),
      ...also,
      ...input,
    })
    await opened.write({
      dir: request.project.at(request.out),
      format: 'es',
      entryFileNames: 'main.js',
      ...output,
    })
    await opened.close()
    return heard
  })
}

type InfrastructureLog = (origin: string, type: string, args: unknown[]) => true
interface Stats {
  hasErrors(): boolean
  toJson(options: object): { errors: { message: string }[]; warnings: { message: string }[] }
}
type CreateCompiler = (config: object) => {
  hooks: { infrastructureLog: { tap(name: string, hear: InfrastructureLog): void } }
  run(done: (error: Error | null, stats?: Stats) => void): void
  close(done: () => void): void
}

function compile(create: CreateCompiler, plugin: unknown, request: BuildRequest): Promise<Built> {
  const compiler = create(webpackConfig(plugin, request))
  const lines: string[] = []
  compiler.hooks.infrastructureLog.tap('test', (_, type, args) => {
    if (type === 'info') lines.push(args.join(' '))
    return true
  })
  return new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      compiler.close(() => {
        if (error) return reject(error)
        const { errors, warnings } = stats!.toJson({ all: false, errors: true, warnings: true })
        if (stats!.hasErrors()) return reject(new Error(errors.map(({ message }) => message).join('\n')))
        resolve({ warnings: warnings.map(({ message }) => message), lines })
      })
    })
  })
}

/** What webpack and Rspack are given. */
export function webpackConfig(plugin: unknown, request: BuildRequest): object {
  const { project, target, mode = 'production', minify = false, out } = request
  const { plugins, config } = configOf(plugin, request)
  const { experiments, output, ...rest } = config as { experiments?: object; output?: object }
  return {
    context: project.root,
    entry: { main: entryOf(request) },
    mode,
    target: target === 'node' ? 'node20' : 'web',
    devtool: false,
    performance: false,
    optimization: { minimize: minify },
    output: {
      path: path.resolve(project.root, out),
      filename: '[name].js',
      ...(target === 'node' ? { module: true, chunkFormat: 'module' } : {}),
      ...output,
    },
    experiments: { outputModule: target === 'node', ...experiments },
    infrastructureLogging: { level: 'none' },
    plugins,
    ...rest,
  }
}
