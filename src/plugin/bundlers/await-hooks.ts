/**
 * Hooks of Rollup, Rolldown and Vite that say so when an output cannot have a top-level await: the bundlers' own messages are
 * about generated code.
 */

import type { Pipeline } from '../pipeline.js'
import { withoutFrames } from './adapter.js'

const WITH_AWAIT = ['es', 'esm', 'module', 'system', 'systemjs']

/** Of one output. */
export interface OutputOptions {
  format?: string | undefined
}

function lackOf({ format }: OutputOptions): string | undefined {
  return format === undefined || WITH_AWAIT.includes(format) ? undefined : `the format ${format}`
}

/** `this` in hooks. */
export interface RenderingContext {
  getModuleIds(): Iterable<string>
}

/**
 * See the first lines of this file. Rolldown knows the format before it loads, Rollup when it renders. Builds that run at once
 * may share the plugin, as those of tsdown do, one for each format: a module that Rolldown loads is one of any of them.
 */
export function awaitHooks(pipeline: Pipeline) {
  /** What outputs lack that Rolldown loads for; nothing where it lacks nothing. */
  const loading: (string | undefined)[] = []
  let last: string | undefined
  return {
    lacksAwait(): string | undefined {
      const lacks = loading.length > 0 ? loading : [last]
      return lacks.includes(undefined) ? undefined : lacks[0]
    },
    hooks: {
      outputOptions(options: OutputOptions) {
        last = lackOf(options)
        loading.push(last)
        return null
      },
      renderStart(this: RenderingContext, options: OutputOptions) {
        const lack = lackOf(options)
        const index = loading.indexOf(lack)
        if (index >= 0) loading.splice(index, 1)
        if (lack === undefined) return
        const modules = new Set(this.getModuleIds())
        withoutFrames(() => pipeline.awaiting.refuse(lack, modules))
      },
    },
  }
}
