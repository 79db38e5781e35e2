/// <reference types="node" />
/** The version of this package. */

import { createRequire } from 'node:module'

/** As in package.json. */
export function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('unplugin-signed-wasm/package.json') as {
    version: string
  }
  return version
}
