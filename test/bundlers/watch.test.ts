import { once } from 'node:events'
import { rspack } from '@rspack/core'
import * as esbuild from 'esbuild'
import { watch as watchRolldown } from 'rolldown'
import { watch as watchRollup } from 'rollup'
import { build as viteBuild } from 'vite'
import { afterEach, describe, expect, it } from 'vitest'
import webpack from 'webpack'
import { type Options, signedWasm } from '../../src/index.js'
import { webpackConfig } from '../kit/bundlers.js'
import {
  inState,
  makeProject,
  OTHER_PEM,
  type Project,
  saveAgain,
  TRUSTED,
  TRUSTED_PEM,
} from '../kit/project.js'
import { runInNode } from '../kit/run.js'
import { constantComponent } from '../kit/wat.js'
import { sign } from '../../src/trust/sign.js'

/** Starts watching and reports the end of every build. */
type StartWatch = (
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

const START: Record<string, StartWatch> = {
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
}

const stops: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Watches a project; `until` waits for a build that ends in the given way, however many come before. */
async function startWatching(name: string, project: Project, options: Options) {
  const cwd = process.cwd()
  process.chdir(project.root)
  const results: (string | undefined)[] = []
  const ended = new EventTarget()
  let seen = 0
  const stop = await START[name]!(project, options, (error) => {
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
    refusal: (code: string) => until((error) => error?.includes(code) ?? false),
    answer: async () => {
      const [outcome] = await runInNode([project.at('dist/main.js')])
      return outcome
    },
  }
}

const MAIN = `import { answer } from './x.wasm'\nglobalThis.answers = answer()`

// Three tries: what is tested here depends on file watchers, which lose changes on a busy machine.
describe.each(Object.keys(START))('%s in watch mode', { retry: 2 }, (name) => {
  it('follows a changed component, refuses a tampered one, and recovers', async () => {
    const [one, two] = [await constantComponent(1), await constantComponent(2)]
    const project = makeProject({ 'main.js': MAIN, 'x.wasm': inState(one, 'signed') })
    const watching = await startWatching(name, project, { keys: TRUSTED_PEM })
    await watching.success()
    await expect.poll(watching.answer, { timeout: 10_000 }).toEqual({ answers: 1 })

    project.write({ 'x.wasm': inState(one, 'tampered') })
    await watching.refusal('CONTENT_MODIFIED')

    project.write({ 'x.wasm': inState(two, 'signed') })
    await watching.success()
    await expect.poll(watching.answer, { timeout: 10_000 }).toEqual({ answers: 2 })
  })

  it('follows a detached signature that comes, goes bad and is repaired', async () => {
    const bytes = await constantComponent(3)
    const { signature } = sign(bytes, TRUSTED)
    const project = makeProject({ 'main.js': MAIN, 'x.wasm': bytes })
    const watching = await startWatching(name, project, { keys: TRUSTED_PEM, detached: true })
    await watching.refusal('COMPONENT_UNSIGNED')

    // A watcher that is still looking around takes the file for one that was there before; so write it twice.
    const again = setInterval(() => project.write({ 'x.wasm.sig': signature }), 2000)
    project.write({ 'x.wasm.sig': signature })
    await watching.success().finally(() => clearInterval(again))
    await expect.poll(watching.answer, { timeout: 10_000 }).toEqual({ answers: 3 })

    project.write({ 'x.wasm.sig': sign(await constantComponent(4), TRUSTED).signature })
    await watching.refusal('CONTENT_MODIFIED')
    project.write({ 'x.wasm.sig': signature })
    await watching.success()
  })

  it('follows a changed key file', async () => {
    const project = makeProject({
      'main.js': MAIN,
      'x.wasm': inState(await constantComponent(5), 'signed'),
      'keys/a.pub': TRUSTED_PEM,
    })
    const watching = await startWatching(name, project, { keys: 'keys/a.pub' })
    await watching.success()
    project.write({ 'keys/a.pub': OTHER_PEM })
    await watching.refusal('SIGNER_UNTRUSTED')
    project.write({ 'keys/a.pub': TRUSTED_PEM })
    await watching.success()
    await expect.poll(watching.answer, { timeout: 10_000 }).toEqual({ answers: 5 })
  })
})
