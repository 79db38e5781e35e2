/// <reference types="node" />
/** Paths: real ones, ones with forward slashes, and those that people see. */

import { realpathSync } from 'node:fs'
import path from 'node:path'

/** The path without symbolic links, forward slashes, or `undefined` when nothing is there. */
export function realPath(file: string): string | undefined {
  try {
    return toSlashes(realpathSync(file))
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Windows separators to forward slashes. */
export function toSlashes(file: string): string {
  return file.replaceAll('\\', '/')
}

/** Whether an error of `node:fs` says that nothing is there. */
export function isMissing(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** The path that people see: relative to the root where it is inside it, with forward slashes. */
export function displayPath(file: string, root: string): string {
  const inside = toSlashes(path.relative(root, file))
  return inside.startsWith('../') || path.isAbsolute(inside) ? path.basename(file) : inside
}

/** The path from a root to a file in it, with forward slashes, whichever platform they were written on. */
export function insideRoot(file: string, root: string): string | undefined {
  const flavour = /^[a-z]:[\\/]/i.test(file) ? path.win32 : path.posix
  const inside = toSlashes(flavour.relative(root, file))
  return inside === '' || inside === '..' || inside.startsWith('../') || flavour.isAbsolute(inside)
    ? undefined
    : inside
}
