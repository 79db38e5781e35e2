/// <reference types="node" />
/** The one atomic write: whoever reads the file meanwhile sees the old one or the new one, whole. */

import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { encodeUtf8, toHex } from '../format/encoding.js'

/** How a file is written. */
export interface ReplaceOptions {
  /** Put it in the place of a file, or of a link, that is there. @default true */
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
 * @throws an error of `node:fs`, with the code `EEXIST` for a file that is not to be replaced; what was there is as it was
 */
export function replaceFile(
  target: string,
  content: string | Uint8Array,
  { replace = true, mode, makeFolder = false, sync = false }: ReplaceOptions = {},
): void {
  const bytes = typeof content === 'string' ? encodeUtf8(content) : content
  if (makeFolder) mkdirSync(dirname(target), { recursive: true })
  const kept = replace && mode === undefined ? modeOf(target) : undefined
  const temporary = `${target}.${process.pid}.${randomName()}.tmp`
  const descriptor = openSync(temporary, 'wx', mode ?? kept ?? 0o666)
  try {
    fill(descriptor, bytes, { kept, sync })
    if (replace) renameSync(temporary, target)
    else linkSync(temporary, target) // unlike a rename, this fails where a file is
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** The permission bits of a file; of what a link leads to. */
function modeOf(file: string): number | undefined {
  try {
    const stats = statSync(file, { throwIfNoEntry: false })
    return stats?.isFile() ? stats.mode & 0o777 : undefined
  } catch {
    return undefined // a link that leads in a circle, say: it is replaced like any other
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
    if (kept !== undefined) fchmodSync(descriptor, kept)
    if (sync) fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
