/// <reference types="node" />
/** Where a file that is to be written really goes: never through a link that leads out of the project. */

import { lstatSync, realpathSync, statSync, type BigIntStats } from 'node:fs'
import path from 'node:path'
import { linkError } from './system-error.js'

/**
 * The place that a path leads to.
 * @param root the project, out of which no link leads
 * @param links whether the file itself may be a link: to one in the project, which is what is written then
 * @returns an absolute path, through no link where `links` is `follow`
 * @throws an error like those of `node:fs`, with the code `ELOOP`, for a link that is not to be followed
 */
export function resolveTarget(
  file: string,
  { root, links }: { root: string; links: 'follow' | 'refuse' },
): string {
  const target = path.resolve(file)
  const home = realpathSync(root)
  const real = path.join(realFolder(path.dirname(target)), path.basename(target))
  if ((isInside(target, root) || isInside(target, home)) && !isInside(real, home)) throw linkError(target)
  if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return target
  const end = links === 'follow' ? endOf(target) : undefined
  if (end === undefined || !isInside(end, home)) throw linkError(target)
  return end
}

/** The real path of a folder, as far as it is there. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder)
  } catch (error) {
    const parent = path.dirname(folder)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === folder) throw error
    return path.join(realFolder(parent), path.basename(folder))
  }
}

/** The file that a link leads to; nothing for one that leads nowhere. */
function endOf(link: string): string | undefined {
  try {
    return realpathSync(link)
  } catch {
    return undefined
  }
}

/** Whether a path is that of a folder, or of something in it. */
export function isInside(file: string, folder: string): boolean {
  const inside = path.relative(folder, file)
  return inside !== '..' && !inside.startsWith(`..${path.sep}`) && !path.isAbsolute(inside)
}

/** Whether two paths are of one file, be it not there yet. */
export function isSameFile(one: string, other: string): boolean {
  if (path.resolve(one) === path.resolve(other)) return true
  const [first, second] = [statOf(one), statOf(other)]
  if (first !== undefined && second !== undefined) return first.ino === second.ino && first.dev === second.dev
  return first === second && placeOf(one) === placeOf(other)
}

function statOf(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined // nothing that could be read or written there
  }
}

function placeOf(file: string): string {
  try {
    return path.join(realFolder(path.dirname(path.resolve(file))), path.basename(file))
  } catch {
    return path.resolve(file)
  }
}
