/// <reference types="node" />
/** Rollup and Rolldown, and what Vite shares with them. */

import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { UnpluginOptions } from 'unplugin'
import type { Admission } from '../admissions.js'
import type { Pipeline } from '../pipeline.js'
import { combine, type Duties, nothing, refuseSecondOf, sharedHooks } from './adapter.js'
import { awaitHooks } from './await-hooks.js'
import { makesDeclarations } from './declaration-imports.js'
import { fileUrlHooks, referenced, type References } from './file-url.js'
import { asksForFile, only, refuseOtherRequests } from './import-requests.js'
import { type Logging, rollupLog, sweepHooks } from './rollup-output.js'
import { RollupCores } from './rollup-cores.js'
import { resolveForRollup, resolveShim } from './rollup-resolve.js'
import { RUNTIME_ID, RUNTIME_NAME } from './runtime-modules.js'

/** The part of the plugin context that Rollup, Rolldown and Vite have in common. */
export interface RollupContext extends Logging {
  addWatchFile(file: string): void
  emitFile(asset: { type: 'asset'; name: string; source: Uint8Array }): string
  getFileName(reference: string): string
  getModuleInfo(id: string): { attributes?: Record<string, string> } | null
}

/**
 * The hooks for `rollup` and `rolldown`.
 *
 * The format must allow a top-level await (`es`, `system`), unless components are imported with `?instantiate`.
 * @param own how files are shipped, where not beside the code
 */
export function rollupHooks(
  pipeline: Pipeline,
  framework: 'rollup' | 'rolldown',
  own: Partial<Pick<ReturnType<typeof rollupLoading>, 'ship'>> = {},
): Partial<UnpluginOptions> {
  const awaiting = awaitHooks(pipeline)
  const references: References = new Set()
  const cores = new RollupCores(pipeline, references, framework)
  const duties: Duties<object> = {
    root: nothing('paths count from the current folder, as those of Rollup do'),
    refuseSecond: pluginHooks(pipeline),
    cacheNothing: nothing('`load` runs in every build, also with `cache`'),
    externalShims: {
      resolveId: (framework === 'rollup' ? resolveForRollup : resolveShim)(pipeline, () => cores.edge),
    },
    findAwait: awaiting.hooks,
    sweepOutputs: sweepHooks(pipeline, { held: cores.held as never }),
  }
  const others = {
    requests: { transform: refuseOtherRequests(pipeline) },
    cores: cores.hooks,
    fileUrls: fileUrlHooks(references),
  }
  const { load, ...shared } = sharedHooks(pipeline, {
    log: (context) => rollupLog(context as unknown as RollupContext),
    loading: (context, id) => ({
      ...rollupLoading(context as unknown as RollupContext, id, {
        references,
        waitsForFiles: framework === 'rollup',
      }),
      cores: cores.shipping(context as unknown as RollupContext),
      ...own,
      // Rollup loads for all outputs at once.
      lacksAwait: framework === 'rolldown' ? awaiting.lacksAwait() : undefined,
    }),
    takesBytes: false,
    claims: () => true,
  })
  return {
    ...shared,
    load: forOurs(load),
    [framework]: combine({ ...duties, ...others } as Duties<object>),
  }
}

/**
 * A hook `load` that the bundler calls for ids that may be ours. Without a filter, Rolldown tells JavaScript of every
 * module, which took longer than the rest of a build of 2,000. It lets through more than the hook takes.
 */
export function forOurs<Load>(handler: Load) {
  return { filter: { id: only(/\.wasm/i, RUNTIME_ID) }, handler }
}

interface PluginList {
  plugins?: unknown
}

/** Looks at the plugins at the start, and again when others have had their say in the options. */
export function pluginHooks(pipeline: Pipeline) {
  return {
    options: ({ plugins }: PluginList) => refuseSecondOf(plugins),
    renderStart(_: unknown, { plugins }: PluginList) {
      if (makesDeclarations(plugins)) pipeline.adviseOnBundling()
      return refuseSecondOf(plugins)
    },
  }
}

/** See {@link Dialogue.loading}; all but `lacksAwait`. */
export function rollupLoading(
  context: RollupContext,
  id: string,
  { references, waitsForFiles = false }: { references: References; waitsForFiles?: boolean },
) {
  const about = context.getModuleInfo(id)
  // In a dev server, Vite throws for what it does not know.
  const isFile = about !== null && 'attributes' in about && asksForFile(about.attributes?.['type'])
  return {
    watch(file: string) {
      context.addWatchFile(file)
      // Rolldown cannot wait for a file that is not there yet. Rollup can, and would be deaf to all that is in a
      // folder once that is no longer watched.
      if (!waitsForFiles && !existsSync(file)) context.addWatchFile(dirname(file))
    },
    warn: (message: string) => context.warn(message),
    ship(admission: Admission) {
      const reference = emit(context, admission)
      references.add(reference)
      return referenced(reference)
    },
    cores: undefined,
    runtime: RUNTIME_NAME,
    wantsBytes: isFile,
    isReference: isFile,
    wantsCore: undefined,
    identifiersOnly: false,
  }
}

/**
 * Emits the file, byte for byte, under a hashed name. Rollup keeps the buffer that it is given, so it gets a copy: what
 * other plugins change in place must not change what was judged.
 * @returns the reference to it
 */
export function emit(context: RollupContext, { name, admitted }: Admission): string {
  return context.emitFile({ type: 'asset', name, source: admitted.bytes.slice() })
}
