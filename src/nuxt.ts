import { createRollupPlugin, createVitePlugin } from 'unplugin'
import { INLINE } from './plugin/assets.js'
import { NAME } from './plugin/bundlers/adapter.js'
import { rollupHooks } from './plugin/bundlers/rollup.js'
import { viteHooks } from './plugin/bundlers/vite/hooks.js'
import type { Options } from './plugin/options.js'
import { Pipeline } from './plugin/pipeline.js'

export type { JcoOptions, KeySource, Limits, Options } from './plugin/options.js'

/** What is used of Nuxt, and of Nitro, which builds its folder `server`. */
interface Nuxt {
  options: { rootDir: string; vite: { plugins?: unknown } }
  hook(name: 'nitro:config', change: (config: NitroConfig) => void): void
}

interface NitroConfig {
  rollupConfig?: { plugins?: unknown }
  typescript?: { tsConfig?: { include?: readonly string[] } }
}

/**
 * The module for Nuxt: components in `app/` and in `server/`, with paths from the project.
 *
 * ```ts
 * // nuxt.config.ts
 * export default defineNuxtConfig({
 *   modules: [['unplugin-signed-wasm/nuxt', { keys: ['release.pub'] }]],
 * })
 * ```
 */
export default function signedWasm(options: Options, nuxt: Nuxt): void {
  const { rootDir, vite } = nuxt.options
  // One for both, since Nitro bundles what Vite has made. Nitro replaces `import.meta`, and its presets move files.
  const pipeline = new Pipeline(options, rootDir)
  const about = { name: NAME, enforce: 'pre' } as const
  const forVite = createVitePlugin(() => ({ ...about, ...viteHooks(pipeline) }))
  const forNitro = createRollupPlugin(() => ({
    ...about,
    ...rollupHooks(pipeline, 'rollup', { ship: () => INLINE }),
  }))
  vite.plugins = [vite.plugins ?? [], forVite()]
  nuxt.hook('nitro:config', (config) => {
    config.rollupConfig = {
      ...config.rollupConfig,
      plugins: [config.rollupConfig?.plugins ?? [], forNitro()],
    }
    const { tsConfig } = config.typescript ?? {}
    // As Nuxt's other tsconfigs do.
    const include = [...(tsConfig?.include ?? []), `${rootDir}/*.d.ts`]
    config.typescript = { ...config.typescript, tsConfig: { ...tsConfig, include } }
  })
}
