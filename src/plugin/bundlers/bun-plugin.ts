/** The plugin for Bun, which is one for builds and for processes. */

import { problem } from '../../errors/raise.js'
import { setUpProcess } from '../node/bun.js'
import type { Options } from '../options.js'
import { Pipeline } from '../pipeline.js'
import { NAME, withoutFrames } from './adapter.js'
import { type BunPlugin, theBun } from './bun-api.js'
import { setUpBuild } from './bun.js'

export type { BunPlugin } from './bun-api.js'

/** @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID`, and `ENTRY_MISMATCH` where this is not Bun */
export function bunPlugin(options: Options = {}): BunPlugin {
  if (theBun() === undefined)
    throw problem('ENTRY_MISMATCH', {
      entry: 'bun',
      where: 'Node',
      use: 'import the entry of your bundler, or unplugin-signed-wasm/node where there is none',
    })
  const pipeline = new Pipeline(options)
  return {
    name: NAME,
    setup(build) {
      if (build.config !== undefined) setUpBuild(pipeline, build, build.config)
      else withoutFrames(() => setUpProcess(options, build))
    },
  }
}
