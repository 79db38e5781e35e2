/** Watch modes, and waiting for what they build. */

import { once } from 'node:events'
import { createBundleHandler } from '@farmfe/core'
import { rspack } from '@rspack/core'
import * as esbuild from 'esbuild'
import { watch as watchRolldown } from 'rolldown'
import { watch as watchRollup } from 'rollup'
import { build as viteBuild } from 'vite'
import { afterEach } from 'vitest'
import webpack from 'webpack'
import { type Options, signedWasm } from '../../src/index.js'
import {
  type BundlerName,
  farmConfig,
  listenToConsole,
  resolveFarm,
  silentFarmLogger,
  webpackConfig,
} from './bundlers.js'
import { type Project, saveAgain } from './project.js'
import { runInNode } from './run.js'

/** Starts watching and reports the end of every build. */
export type StartWatch = (
  project: Project,
  options: Options,
  report: (error: string | undefined) => void,
) => Promise<() => Promise<unknown> | unknown>

const rollupLike =
  (watch: typeof watchRollup, plugin: (options: Options) => never): StartWatch =>
  async (project, options, report) => {
    const watcher = watch({
      input: project.at('main.js'),
      plugins: [plugin(options)],
      output: { dir: project.at('dist'), format: 'es', entryFileNames: 'main.js' },
      onLog: () => {},
      watch: { buildDelay: 50 },
    })
    watcher.on('event', (event) => {
      if ('result' in event && event.result) void event.result.close()
      if (event.code === 'ERROR') report(String(event.error))
      if (event.code === 'BUNDLE_END') report(undefined)
    })
    return () => watcher.close()
  }

interface WatchingCompiler {
  watch(
    options: object,
    done: (error: Error | null, stats?: { compilation: { errors: { message: string }[] } }) => void,
  ): { close(done: () => void): void }
}

const webpackLike =
  (create: (config: object) => WatchingCompiler, plugin: (options: Options) => unknown): StartWatch =>
  async (project, options, report) => {
    const config = webpackConfig(plugin(options), {
      project,
      options,
      target: 'node',
      mode: 'development',
      out: 'dist',
    })
    const watching = create(config).watch({ aggregateTimeout: 50 }, (error, stats) => {
      const errors = error === null ? stats!.compilation.errors : [error]
      report(errors.length > 0 ? errors.map(({ message }) => message).join('\n') : undefined)
    })
    return () => new Promise<void>((resolve) => watching.close(resolve))
  }

/** Starts the watch mode of each bundler. */
export const START: Record<BundlerName, StartWatch> = {
  rollup: rollupLike(watchRollup, signedWasm.rollup as never),
  rolldown: rollupLike(watchRolldown as never, signedWasm.rolldown as never),
  webpack: webpackLike(webpack as never, signedWasm.webpack),
  rspack: webpackLike(rspack as never, signedWasm.rspack),
  async esbuild(project, options, report) {
    const done: esbuild.Plugin = {
      name: 'done',
      setup: (build) =>
        build.onEnd(({ errors }) =>
          report(errors.length > 0 ? errors.map(({ text }) => text).join('\n') : undefined),
        ),
    }
    const context = await esbuild.context({
      entryPoints: [project.at('main.js')],
      absWorkingDir: project.root,
      bundle: true,
      format: 'esm',
      platform: 'node',
      outdir: project.at('dist'),
      logLevel: 'silent',
      plugins: [signedWasm.esbuild(options), done],
    })
    await context.watch()
    return () => context.dispose()
  },
  async vite(project, options, report) {
    const watcher = (await viteBuild({
      root: project.root,
      configFile: false,
      logLevel: 'silent',
      publicDir: false,
      plugins: [signedWasm.vite(options)],
      build: {
        ssr: project.at('main.js'),
        outDir: 'dist',
        watch: { buildDelay: 50 },
        rolldownOptions: { output: { entryFileNames: 'main.js' } },
      },
    })) as unknown as ReturnType<typeof watchRollup>
    watcher.on('event', (event) => {
      if ('result' in event && event.result) void event.result.close()
      if (event.code === 'ERROR') report(String(event.error))
      if (event.code === 'BUNDLE_END') report(undefined)
    })
    return () => watcher.close()
  },
  async farm(project, options, report) {
    const logger = silentFarmLogger()
    Object.assign(logger, {
      info: (line: string) => line.startsWith('Build completed') && report(undefined),
      error: (error: unknown) => report(String(error)),
    })
    const console = listenToConsole()
    const request = { project, options, target: 'node', out: 'dist' } as const
    const watcher = await createBundleHandler(
      await resolveFarm(farmConfig(signedWasm.farm(options), request), 'development', logger),
      logger,
      true,
    )
    return () => {
      const files = watcher.getInternalWatcher()
      watcher.close()
      console.stop()
      return files.close()
    }
  },
}

const stops: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Watches a project; `until` waits for a build that ends in the given way, however many come before. */
export async function startWatching(name: BundlerName, project: Project, options: Options) {
  const cwd = process.cwd()
  process.chdir(project.root)
  const results: (string | undefined)[] = []
  const ended = new EventTarget()
  let seen = 0
  const stop = await START[name](project, options, (error) => {
    results.push(error)
    ended.dispatchEvent(new Event('build'))
  })
  const saving = saveAgain(project)
  stops.push(async () => {
    saving.stop()
    process.chdir(cwd)
    await stop()
  })
  const deadline = () =>
    new Promise<never>((_, reject) =>
      setTimeout(
        () => reject(new Error(`waited in vain; builds: ${JSON.stringify(results)}`)),
        40_000,
      ).unref(),
    )
  const until = async (matches: (error: string | undefined) => boolean) => {
    const wait = async () => {
      for (;;) {
        while (seen < results.length) if (matches(results[seen++])) return
        await once(ended, 'build')
      }
    }
    await Promise.race([wait(), deadline()])
    saving.enough()
    // Watchers need a moment before they see the next change.
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  return {
    success: () => until((error) => error === undefined),
    refusal: (...codes: string[]) => until((error) => codes.some((code) => error?.includes(code))),
    answer: async () => {
      const [outcome] = await runInNode([project.at('dist/main.js')])
      return outcome
    },
  }
}
