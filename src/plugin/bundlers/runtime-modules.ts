/// <reference types="node" />
/**
 * What emitted code brings along, as modules without a path: one into `node_modules` would be left external by many a library's
 * build, and be published as one of the machine that built it.
 */

import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { DIST } from '../../bindings/runtime-files.js'

/** How generated code names the folder. Relative, since builds of libraries leave bare names to whoever installs them. */
export const RUNTIME_NAME = './~signed-wasm/runtime'

const RUNTIME_ROOT = './~signed-wasm'

/** How generated code and these modules name one: the group is the file. */
export const RUNTIME_PATTERN = /^\.\/~signed-wasm\/((?:\w+\/)*\w[\w-]*\.js)$/

/** The file that such a name stands for, below the folder of everything that may get into a page. */
export function runtimeFileOf(name: string): string | undefined {
  return RUNTIME_PATTERN.exec(name)?.[1]
}

/** The text of such a file; nothing for all others. Its own imports are named like those of generated code. */
export function readRuntimeFile(file: string): string | undefined {
  // A dev server asks for whatever ids a page sends.
  if (runtimeFileOf(`${RUNTIME_ROOT}/${file}`) !== file || !existsSync(`${DIST}/${file}`)) return undefined
  return readFileSync(`${DIST}/${file}`, 'utf8')
    .replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n')
    .replace(
      /(\bfrom |\bimport\()(['"])(\.[^'"]+)\2/g,
      (_, lead: string, quote: string, target: string) =>
        `${lead}${quote}${RUNTIME_ROOT}/${posix.join(posix.dirname(file), target)}${quote}`,
    )
}

/** Of the Rollup family, ids begin with a NUL character, which keeps other plugins away. @see Rollup, "Conventions" */
const PREFIX = '\0signed-wasm/'

/** The id that such a name stands for in Rollup, Rolldown and Vite. */
export function resolveRuntimeModule(name: string): string | undefined {
  const file = runtimeFileOf(name)
  return file && PREFIX + file
}

/** Whether an id begins like one of these. */
export const RUNTIME_ID = /^\0signed-wasm\//

/** The text behind such an id; nothing for all others. */
export function loadRuntimeModule(id: string): string | undefined {
  return id.startsWith(PREFIX) ? readRuntimeFile(id.slice(PREFIX.length)) : undefined
}
