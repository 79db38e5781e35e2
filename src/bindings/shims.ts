/// <reference types="node" />
/** Where the WASI shims are: optional peers, which the project installs. */

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { problem } from '../errors/raise.js'

/** The packages that answer WASI imports. */
export const SHIM_PACKAGES = ['@bytecodealliance/preview2-shim', '@bytecodealliance/preview3-shim']

/** Matches the specifiers of their modules. */
export const SHIM_PATTERN = /^@bytecodealliance\/preview[23]-shim(?:\/|$)/

/**
 * Makes sure that each shim can be found from the `.wasm` file or, for a file in a strict
 * `node_modules`, from the project.
 * @param shims module specifiers such as `@bytecodealliance/preview2-shim/cli`
 * @throws Diagnostic `SHIM_MISSING`
 */
export function checkShims(
  shims: readonly string[],
  { file, display, root }: { file: string; display: string; root: string },
): void {
  for (const shim of shims) {
    if ((nodeResolve(shim, dirname(file)) ?? nodeResolve(shim, root)) !== undefined) continue
    throw problem('SHIM_MISSING', { file: display, shim: shim.split('/').slice(0, 2).join('/') })
  }
}

/** The file that Node itself would load for a specifier in a folder, or `undefined`. */
export function nodeResolve(specifier: string, folder: string): string | undefined {
  try {
    return createRequire(join(folder, '_')).resolve(specifier)
  } catch {
    // Not found, or not exported: both mean that it cannot be imported from there.
    return undefined
  }
}

/** The folders in which Node looks for packages, seen from the project. */
export function packageFolders(root: string): string[] {
  return createRequire(join(root, '_')).resolve.paths('x') ?? []
}
