/** Components that suspend WebAssembly. Named by the code of those only that cannot do without. */

import { failure } from './get.js'

/**
 * Makes an instance, and says so where it failed because the engine has no JSPI.
 * @throws Error with `code` `JSPI_MISSING`, else what `start` throws
 * @see WebAssembly JavaScript Promise Integration
 */
export async function withJspi<T>(start: () => T | Promise<T>): Promise<T> {
  try {
    return await start()
  } catch (error) {
    if ('Suspending' in WebAssembly) throw error
    const what =
      'this component needs JSPI, which this engine lacks or has off; Node.js has it from 24 on, at first with --experimental-wasm-jspi'
    throw Object.assign(failure('JSPI_MISSING', what), { cause: error })
  }
}
