/** The door for Next.js: `next.config` with the plugin in it. */

import { type Options, signedWasm } from './index.js'
import { complete } from './plugin/next/config.js'

export type { JcoOptions, KeySource, Limits, Options } from './index.js'

/**
 * A `next.config` that lets `.wasm` components in when a key that you trust has signed them, with Turbopack and with webpack.
 *
 * ```ts
 * // next.config.ts
 * import { withSignedWasm } from 'unplugin-signed-wasm/next'
 *
 * export default withSignedWasm({}, { keys: ['release.pub'] })
 * ```
 * @param config an object, or a function or a promise that gives one
 * @param options as those of the plugin; paths count from the project
 * @returns the same kind of value
 * @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID`, `PLUGIN_TWICE`, `NEXT_UNSUPPORTED`
 */
export function withSignedWasm<Config>(config: Config, options: Options = {}): Config {
  return complete(config, options, (own) => signedWasm.webpack(own))
}
