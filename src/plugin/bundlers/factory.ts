/** The plugin for one bundler, as unplugin wants it. */

import type { UnpluginFactory, UnpluginOptions } from 'unplugin'
import type { Options } from '../options.js'
import { Pipeline } from '../pipeline.js'
import { NAME } from './adapter.js'

/** What an adapter makes of a pipeline. */
export type Hooks = (pipeline: Pipeline) => Partial<UnpluginOptions>

/** @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID`, when the plugin is used */
export function factoryOf(hooks: Hooks): UnpluginFactory<Options | undefined, false> {
  return (options) => ({ name: NAME, enforce: 'pre', ...hooks(new Pipeline(options)) })
}
