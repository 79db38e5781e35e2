/// <reference types="node" />
/** Where jco is, and which one. @see src/vendor.mjs */

import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { DIST } from '../runtime-files.js'

/** The folder of jco's wasm and of the scripts that run it. */
export const SCRIPTS: URL = pathToFileURL(`${DIST}/jco/`)

/** The package that it was taken from, its version and the digests of its files, as one text. */
export function jcoVersion(): string {
  known ??= readFileSync(new URL('jco.json', SCRIPTS), 'utf8')
  return known
}

let known: string | undefined
