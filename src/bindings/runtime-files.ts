/// <reference types="node" />
/** Where the code is that generated code imports. */

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { toSlashes } from '../disk/paths.js'

// Through the package's own `exports`, so that sources run by a test name the built files as well.
const DOOR = createRequire(import.meta.url).resolve('unplugin-signed-wasm/runtime')

/** Everything of ours that may get into a page is in this folder or below it; an absolute path with forward slashes. */
export const DIST: string = toSlashes(dirname(DOOR))

/** The folder of what generated code names. */
export const RUNTIME: string = toSlashes(join(DIST, 'runtime'))
