/** A component as text, and how to use it. */

import type { Usage } from '../equality.js'

/** A component as text, how to use it, and what TypeScript must take and refuse. */
export interface Text extends Usage {
  wat: string
  /** It runs where WebAssembly has JSPI only. */
  needsJspi?: boolean
  /** Lines of TypeScript that use it as `./it.wasm`. */
  types: string
}
