/// <reference types="node" />
/** The one atomic write: whoever reads the file meanwhile sees the old one or the new one, whole. */

import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { encodeUtf8, toHex } from '../format/encoding.js'
import { linkError } from './system-error.js'

/** How a file is written. */
export interface ReplaceOptions {
  /** Put it in the place of a file that is there. @default true */
  replace?: boolean
  /** Permission bits. @default those of the file that is replaced, or what the process gives new files */
  mode?: number
  /** Make its folder where there is none. @default false */
  makeFolder?: boolean
  /** Wait until the content is on the disk itself, so that it outlasts a loss of power. @default false */
  sync?: boolean
}

/**
 * Writes a file whole or not at all.
 * @param target also the beginning of the name of the temporary file beside it, which ends in `.tmp`
 * @throws an error of `node:fs`, with the code `EEXIST` for a file that is not to be replaced, and `ELOOP` for a link, which
 *   somebody made for a purpose; what was there is as it was
 */
export function replaceFile(
  target: string,
  content: string | Uint8Array,
  { replace = true, mode, makeFolder = false, sync = false }: ReplaceOptions = {},
): void {
  const bytes = typeof content === 'string' ? encodeUtf8(content) : content
  if (makeFolder) mkdirSync(dirname(target), { recursive: true })
  const kept = replace && mode === undefined ? modeOf(target) : undefined
  if (replace && isLink(target)) throw linkError(target)
  const temporary = temporaryFor(target)
  const descriptor = openSync(temporary, 'wx', mode ?? kept ?? 0o666)
  try {
    fill(descriptor, bytes, { kept, sync })
    if (replace) renameSync(temporary, target)
    else moveToFree(temporary, target)
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Gives a file its name, where nothing has that name. */
function moveToFree(temporary: string, target: string): void {
  try {
    linkSync(temporary, target) // unlike a rename, this fails where a file is
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    // A file system without hard links, such as exFAT and many network mounts. Whoever creates the name owns it.
    closeSync(openSync(target, 'wx'))
    try {
      renameSync(temporary, target)
    } catch (failure) {
      rmSync(target, { force: true })
      throw failure
    }
  }
}

function isLink(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

/** Names may have 255 bytes on most file systems. */
const MAX_NAME_BYTES = 200

function temporaryFor(target: string): string {
  const isLong = encodeUtf8(basename(target)).length > MAX_NAME_BYTES
  return `${isLong ? join(dirname(target), '.signed-wasm') : target}.${process.pid}.${randomName()}.tmp`
}

/** The permission bits of a file; of what a link leads to. */
function modeOf(file: string): number | undefined {
  try {
    const stats = statSync(file, { throwIfNoEntry: false })
    return stats?.isFile() ? stats.mode & 0o777 : undefined
  } catch {
    return undefined // whatever is wrong with it, writing says so
  }
}

function randomName(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(4)))
}

/** Writes all of it, and closes. */
function fill(
  descriptor: number,
  bytes: Uint8Array,
  { kept, sync }: { kept: number | undefined; sync: boolean },
): void {
  try {
    for (let offset = 0; offset < bytes.length;) offset += writeSync(descriptor, bytes, offset)
    // Opening with it was not enough: that leaves out what the process denies to new files.
    if (kept !== undefined) unlessUnknown(() => fchmodSync(descriptor, kept))
    if (sync) unlessUnknown(() => fsyncSync(descriptor))
  } finally {
    closeSync(descriptor)
  }
}

/** Some file systems have no modes, or cannot be told to write at once; the content is there all the same. */
function unlessUnknown(action: () => void): void {
  try {
    action()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (!['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM'].includes(code!)) throw error
  }
}
