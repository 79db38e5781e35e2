/// <reference types="node" />
/** esbuild. Its own `onLoad`: unplugin's forgets what to watch when `load` throws. */

import type { BuildOptions, PluginBuild } from 'esbuild'
import type { UnpluginOptions } from 'unplugin'
import { problem } from '../../errors/raise.js'
import { LateSweep } from '../late-sweep.js'
import type { Pipeline } from '../pipeline.js'
import { type Duties, nothing, refuseSecondIn } from './adapter.js'
import { EsbuildFiles } from './esbuild-files.js'
import { load } from './esbuild-load.js'
import { logOf, type Message, messagesOf, workingFolder } from './esbuild-messages.js'
import { outputFolder, sweepOutput } from './esbuild-output.js'
import { leaveShims, resolveNames } from './esbuild-resolve.js'
import { addRuntime } from './esbuild-runtime.js'

/**
 * The hooks for `esbuild`.
 *
 * A file beside the code needs `import.meta.url`, which only the format `esm` has; other formats get the component inline.
 * A top-level await needs `esm` and a target of es2022; `?instantiate` has none.
 */
export function esbuildHooks(pipeline: Pipeline): Partial<UnpluginOptions> {
  const duties: Duties<EsbuildPart> = {
    root: { config: (options) => pipeline.configure({ root: workingFolder(options) }) },
    refuseSecond: { config: refuseSecondIn },
    cacheNothing: nothing('esbuild calls `onLoad` in every build'),
    externalShims: {
      config: leaveShims,
      setup: (build) => resolveNames(pipeline, build),
    },
    findAwait: { setup: (build, state) => build.onStart(() => void (state.lack = findLack(build))) },
    sweepOutputs: {
      config(options) {
        // The sweep has to know what was written.
        options.metafile = true
      },
      setup(build, { files, warnings }) {
        const { initialOptions: options } = build
        let sweeper: LateSweep
        build.onStart(() => void (sweeper = pipeline.sweeper(outputFolder(options))))
        build.onEnd((result) => {
          if (result.errors.length === 0) files.place(options, result)
        })
        build.onEnd((result) => ({
          ...sweepOutput(sweeper, options, result, { warnings, held: files.held }),
          warnings: warnings.splice(0),
        }))
      },
    },
  }
  const parts: EsbuildPart[] = Object.values(duties)
  return {
    esbuild: {
      config: (options) => parts.forEach(({ config }) => config?.(options)),
      setup(build) {
        refuseBun(build)
        const state: BuildState = { files: new EsbuildFiles(), warnings: [], lack: undefined }
        build.onStart(() => start(pipeline, build.initialOptions))
        for (const { setup } of parts) setup?.(build, state)
        addRuntime(build)
        // Older versions of esbuild ignore the flag `i`.
        build.onLoad({ filter: /\.[wW][aA][sS][mM](?:\?[^?]*)?$/ }, async (args) => {
          const { files, warnings, lack } = state
          return load(pipeline, build, { ...args, files, warnings, lacksAwait: await lack })
        })
      },
    },
  }
}

/** Bun takes plugins of esbuild, and tells them less. */
function refuseBun(build: PluginBuild): void {
  if (!('onBeforeParse' in build)) return
  const use = "import signedWasm from 'unplugin-signed-wasm/bun'"
  throw problem('ENTRY_MISMATCH', { entry: 'esbuild', where: 'Bun.build', use })
}

/** What a duty does to the options, and to the build. */
interface EsbuildPart {
  config?: (options: BuildOptions) => void
  setup?: (build: PluginBuild, state: BuildState) => void
}

/** What belongs to one of the builds that share the plugin and may run at once, as those of tsup do, one for each format. */
interface BuildState {
  readonly files: EsbuildFiles
  readonly warnings: Message[]
  /** What it has no top-level await for. */
  lack: Promise<string | undefined> | undefined
}

function start(pipeline: Pipeline, options: BuildOptions) {
  const warnings: Message[] = []
  const errors = messagesOf(() => pipeline.start(logOf(options, warnings)))
  return { errors, warnings }
}

/** What has no top-level await, as esbuild itself finds: its message would be about generated code. */
async function findLack({ esbuild, initialOptions }: PluginBuild): Promise<string | undefined> {
  const { format, platform, target, supported } = initialOptions
  if (format !== 'esm') return `the format ${format ?? (platform === 'node' ? 'cjs' : 'iife')}`
  const settings = {
    format,
    logLevel: 'silent',
    ...(target && { target }),
    ...(supported && { supported }),
  } as const
  return esbuild.transform('await 0', settings).then(
    () => undefined,
    () => ['the target', ...(target ? [[target].flat().join(', ')] : [])].join(' '),
  )
}
