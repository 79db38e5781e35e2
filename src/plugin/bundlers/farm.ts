/// <reference types="node" />
/** Farm 1. */

import type { UnpluginOptions } from 'unplugin'
import { SHIM_PACKAGES } from '../../bindings/shims.js'
import { problem } from '../../errors/raise.js'
import { INLINE, isPlainName, relativeUrl } from '../assets.js'
import type { Pipeline } from '../pipeline.js'
import { type Duties, nothing, refuseSecond, sharedHooks } from './adapter.js'

type FarmPlugin = NonNullable<UnpluginOptions['farm']>

/**
 * The hooks for `farm`.
 *
 * Farm ships the file that `new URL` names by reading it again; the sweep compares it with what was verified.
 * With a relative `publicPath` its `import.meta.url` in browsers is no URL, so components go inline there.
 */
export function farmHooks(pipeline: Pipeline): Partial<UnpluginOptions> {
  // `this.warn` and `this.error` end the whole process in Farm 1.7.
  const log = {
    inform: (line: string) => console.info(line),
    warn: (message: string) => console.warn(message),
  }
  let canShip = true
  const duties: Duties<FarmPart> = {
    root: {
      configResolved({ root, compilation }) {
        canShip = isForNode(compilation) || !/^\.|^$/.test(compilation?.output?.publicPath ?? '/')
        pipeline.configure({ root: root ?? process.cwd() })
      },
    },
    refuseSecond: {
      config(config) {
        refuseSecond(config.plugins)
        return config
      },
    },
    cacheNothing: { config: refusePersistentCache },
    externalShims: { config: addExternalShims },
    findAwait: nothing('all that Farm writes may have one'),
    sweepOutputs: {
      finalizeResources: {
        executor({ resourcesMap }) {
          const outputs = Object.values(resourcesMap).map(({ name, bytes }) => ({
            name,
            content: Uint8Array.from(bytes),
          }))
          sweep(pipeline, outputs, log)
          // Handing the resources back panics when there are source maps.
          return undefined
        },
      },
    },
  }
  return {
    ...sharedHooks(pipeline, {
      log: () => log,
      loading: (context) => ({
        watch: (file) => context.addWatchFile(file),
        warn: log.warn,
        ship: ({ name }) =>
          canShip && isPlainName(name) ? relativeUrl(JSON.stringify(`./${name}`)) : INLINE,
        wantsBytes: false,
        // Its tree shaking panics on `export { x as 'a:b/c' }`.
        identifiersOnly: true,
        lacksAwait: undefined,
      }),
      takesBytes: false,
      claims: () => true,
    }),
    farm: {
      ...duties.root,
      ...duties.sweepOutputs,
      config: (config) =>
        [duties.refuseSecond, duties.cacheNothing, duties.externalShims].reduce(
          (changed, { config: change }) => change?.(changed) ?? changed,
          config,
        ),
    },
  }
}

type FarmConfig = Parameters<NonNullable<FarmPlugin['config']>>[0]

/** Farm's plugin, whose changes to the config follow one another. */
type FarmPart = Omit<FarmPlugin, 'config'> & { config?: (config: FarmConfig) => FarmConfig }

/** Farm 1.7 panics when this hook throws: the build ends without output, but the reason would be lost. */
function sweep(...[pipeline, outputs, log]: [Pipeline, ...Parameters<Pipeline['sweep']>]): void {
  try {
    pipeline.sweep(outputs, log)
  } catch (error) {
    console.error(String(error))
    throw error
  }
}

/** On by default, and what it remembers is not verified again. */
function refusePersistentCache(config: FarmConfig): FarmConfig {
  if (config.compilation?.persistentCache) throw problem('FARM_PERSISTENT_CACHE', {})
  return { ...config, compilation: { ...config.compilation, persistentCache: false } }
}

function addExternalShims(config: FarmConfig): FarmConfig {
  const { compilation } = config
  const shims = isForNode(compilation) ? SHIM_PACKAGES.map((name) => `^${name}(/.*)?$`) : []
  return {
    ...config,
    compilation: { ...compilation, external: [...(compilation?.external ?? []), ...shims] },
  }
}

function isForNode(compilation: { output?: { targetEnv?: string } } | undefined): boolean {
  return /node/.test(compilation?.output?.targetEnv ?? 'browser')
}
