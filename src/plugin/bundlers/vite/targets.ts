/** Whether what Vite builds for has a top-level await: Rolldown leaves one as it is, wherever that runs. */

import type { Pipeline } from '../../pipeline.js'
import { awaitHooks } from '../await-hooks.js'
import type { ViteContext } from './state.js'

/** As {@link awaitHooks}, with the targets of Vite. */
export function targetHooks(pipeline: Pipeline) {
  const { lacksAwait, hooks } = awaitHooks(pipeline)
  return { hooks, lacksAwait: (context: ViteContext) => lacksAwait() ?? lackOf(context) }
}

/** A dev server writes for the browser that asks. */
function lackOf({ environment }: ViteContext): string | undefined {
  return environment.mode === 'build' ? targetsLackingAwait(environment.config.build.target) : undefined
}

/** The first version with one. @see MDN, "await", browser compatibility */
const SINCE: Readonly<Record<string, number>> = {
  chrome: 89,
  deno: 1,
  edge: 89,
  es: 2022,
  firefox: 89,
  ie: Infinity,
  ios: 15,
  node: 14.8,
  opera: 75,
  safari: 15,
}

/**
 * What has none, in words.
 * @param target of Vite's option `build.target`
 */
function targetsLackingAwait(target: string | readonly string[] | false | undefined): string | undefined {
  const targets = target === false || target === undefined ? [] : [target].flat()
  const lacking = targets.filter((one) => {
    const [, name = '', version = ''] = /^([a-z]+)(\d+(?:\.\d+)?)/i.exec(one) ?? []
    const year =
      name.toLowerCase() === 'es' && Number(version) < 2000 ? 2009 + Number(version) : Number(version)
    return version !== '' && year < (SINCE[name.toLowerCase()] ?? 0)
  })
  return lacking.length === 0 ? undefined : `the target ${lacking.join(', ')}`
}
