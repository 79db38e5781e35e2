/** One call per bundler: builds `main.js` of a project into a folder, in this process. */

import path from 'node:path'
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
  /** Merged into the bundler's own configuration; its plugins come after ours. */
  config?: { plugins?: unknown[]; experiments?: object; [name: string]: unknown }
}

/** What a build said. The entry of its output is `main.js`. */
export interface Built {
  warnings: string[]
}

/** Builds; rejects when the bundler refuses. */
export type Build = (request: BuildRequest) => Promise<Built>

export const BUNDLERS = ['vite', 'rollup', 'rolldown', 'webpack', 'rspack', 'esbuild'] as const
export type BundlerName = (typeof BUNDLERS)[number]

/** Those with a production and a development mode. */
export const WITH_MODES: readonly BundlerName[] = ['vite', 'webpack', 'rspack']

const inFolder = <T>(folder: string, action: () => Promise<T>): Promise<T> => {
  const before = process.cwd()
  process.chdir(folder)
  return action().finally(() => process.chdir(before))
}

/** Our plugin, then those of the request, and the rest of its configuration. */
function configOf(plugin: unknown, { plugins = [], ...config }: BuildRequest['config'] = {}) {
  // Each bundler checks its own configuration at run time.
  return { plugins: [plugin, ...plugins] as never[], config: config as object }
}

const entryOf = ({ project, entry = 'main.js' }: BuildRequest) => project.at(entry)

export const build: Record<BundlerName, Build> = {
  async vite(request) {
    const { project, options, target, mode = 'production', minify = false, out } = request
    const { plugins, config } = configOf(signedWasm.vite(options), request.config)
    const warnings: string[] = []
    const quiet = () => {}
    const logger = {
      info: quiet,
      error: quiet,
      warn: (message: string) => void warnings.push(message),
      warnOnce: (message: string) => void warnings.push(message),
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
        rolldownOptions: { ...(target === 'browser' ? { input: entryOf(request) } : {}), output },
      },
      ...config,
    })
    return { warnings }
  },

  rollup: (request) =>
    inFolder(request.project.root, async () => {
      const warnings: string[] = []
      const { plugins, config } = configOf(signedWasm.rollup(request.options), request.config)
      const bundle = await rollup({
        input: entryOf(request),
        plugins,
        onLog: (level, { message }) => void (level === 'warn' && warnings.push(message)),
        ...config,
      })
      await bundle.write({ dir: request.project.at(request.out), format: 'es', entryFileNames: 'main.js' })
      await bundle.close()
      return { warnings }
    }),

  rolldown: (request) =>
    inFolder(request.project.root, async () => {
      const warnings: string[] = []
      const platform = request.target
      const { plugins, config } = configOf(signedWasm.rolldown(request.options), request.config)
      const bundle = await rolldown({
        input: entryOf(request),
        platform,
        plugins,
        onLog: (level, { message }) => void (level === 'warn' && warnings.push(message)),
        ...config,
      })
      await bundle.write({ dir: request.project.at(request.out), format: 'es', entryFileNames: 'main.js' })
      await bundle.close()
      return { warnings }
    }),

  webpack: (request) =>
    compile(webpack as unknown as CreateCompiler, signedWasm.webpack(request.options), request),
  rspack: (request) =>
    compile(rspack as unknown as CreateCompiler, signedWasm.rspack(request.options), request),

  async esbuild(request) {
    const { project, options, target, minify = false, out } = request
    const { plugins, config } = configOf(signedWasm.esbuild(options), request.config)
    const { warnings } = await esbuild.build({
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
    return { warnings: warnings.map(({ text }) => text) }
  },
}

interface Stats {
  hasErrors(): boolean
  toJson(options: object): { errors: { message: string }[]; warnings: { message: string }[] }
}
type CreateCompiler = (config: object) => {
  run(done: (error: Error | null, stats?: Stats) => void): void
  close(done: () => void): void
}

function compile(create: CreateCompiler, plugin: unknown, request: BuildRequest): Promise<Built> {
  const compiler = create(webpackConfig(plugin, request))
  return new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      compiler.close(() => {
        if (error) return reject(error)
        const { errors, warnings } = stats!.toJson({ all: false, errors: true, warnings: true })
        if (stats!.hasErrors()) return reject(new Error(errors.map(({ message }) => message).join('\n')))
        resolve({ warnings: warnings.map(({ message }) => message) })
      })
    })
  })
}

/** What webpack and Rspack are given. */
export function webpackConfig(plugin: unknown, request: BuildRequest): object {
  const { project, target, mode = 'production', minify = false, out } = request
  const { plugins, config } = configOf(plugin, request.config)
  const { experiments, ...rest } = config as { experiments?: object }
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
    },
    experiments: { outputModule: target === 'node', ...experiments },
    infrastructureLogging: { level: 'none' },
    plugins,
    ...rest,
  }
}
