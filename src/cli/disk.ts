/// <reference types="node" />
/** The disk, and the standard streams as files: `-`. */

import { existsSync, lstatSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { DEFAULT_MAX_FILE_BYTES, readRegularFile } from '../disk/read-file.js'
import { replaceFile, type ReplaceOptions } from '../disk/replace-file.js'
import { descriptorOf, isStream, readDescriptor, writeDescriptor, writeStream } from '../disk/streams.js'
import { isSystemError, reasonOf } from '../disk/system-error.js'
import { isSameFile, resolveTarget } from '../disk/targets.js'
import { problem } from '../errors/raise.js'
import { uninterrupted } from './signals.js'

/** The name of standard input where something is read, and of standard output where something is written. */
export const STANDARD = '-'

/** What commands do with files. Paths count from a folder. */
export interface Disk {
  /**
   * Reads a whole regular file, or standard input, or a descriptor that is named as `/dev/fd/3` is.
   * @param options.maxBytes how large it may be; {@link DEFAULT_MAX_FILE_BYTES} when absent
   * @throws Diagnostic `FILE_UNREADABLE`, `FILE_NOT_REGULAR` or `FILE_TOO_LARGE`
   */
  read(file: string, options?: { maxBytes?: number }): Uint8Array
  /**
   * Writes a file whole or not at all; one that is there is left alone unless `replace` is asked for. What is no file, such
   * as a pipe or standard output, is written to.
   * @throws Diagnostic `FILE_EXISTS` or `FILE_UNWRITABLE`; what was there is untouched
   */
  write(file: string, bytes: Uint8Array, options?: WriteOptions): void
  /** Takes back a file that was just written; what is no file stays. */
  remove(file: string): void
  /** Whether a file, folder or link is there. */
  exists(file: string): boolean
  /** Whether {@link Disk.write} would have to take the place of something. */
  isTaken(file: string): boolean
  /** Whether two paths lead to one file. */
  isSame(one: string, other: string): boolean
  /** Whether users other than the owner may read a file; always `false` where there are no such modes. */
  isReadableByOthers(file: string): boolean
}

export interface WriteOptions extends Pick<ReplaceOptions, 'replace' | 'mode' | 'makeFolder'> {
  /** What becomes of a link: the file in the project that it leads to is written, or the link is refused. @default 'follow' */
  links?: 'follow' | 'refuse'
}

/** Where a disk is used. */
interface Place {
  folder: string
  /** Out of this folder no link leads what is written. */
  project: string
  /** Called before bytes go to standard output. */
  giveAway(): void
}

/** The disk as it is seen from a folder. */
export function diskAt(place: Place): Disk {
  const at = (file: string) => path.resolve(place.folder, file)
  const isNone = (file: string) => file === STANDARD || isStream(at(file))
  let isInputRead = false
  return {
    read(file, { maxBytes = DEFAULT_MAX_FILE_BYTES } = {}) {
      const target = at(file)
      const descriptor = file === STANDARD ? 0 : streamIn(target)
      if (descriptor === undefined) return readWhole(target, file, maxBytes)
      if (descriptor === 0 && isInputRead)
        throw problem('FILE_UNREADABLE', {
          file,
          reason: 'standard input was read already, and can be read once',
        })
      isInputRead ||= descriptor === 0
      return readStream(descriptor, file, maxBytes)
    },
    write: (file, bytes, options) =>
      orExplain(file, options, () => writeWhole(file, bytes, { ...options, ...place, at })),
    remove: (file) => void (isNone(file) || rmSync(at(file), { force: true })),
    exists: (file) => existsSync(at(file)),
    isTaken: (file) => !isNone(file) && isThere(at(file)),
    isSame: (one, other) => !isNone(one) && !isNone(other) && isSameFile(at(one), at(other)),
    isReadableByOthers: (file) =>
      file !== STANDARD && process.platform !== 'win32' && (modeOf(at(file)) & 0o044) !== 0,
  }
}

/** A descriptor that a path names openly. A link of some other name must not make a gate wait. */
const streamIn = (file: string) => (/^\/(?:dev|proc)\//.test(file) ? descriptorOf(file) : undefined)

function readWhole(target: string, file: string, maxBytes: number): Uint8Array {
  const bytes = readRegularFile(target, { display: file, maxBytes })
  if (bytes === undefined) throw problem('FILE_UNREADABLE', { file, reason: 'there is no such file' })
  return bytes
}

function readStream(descriptor: number, file: string, maxBytes: number): Uint8Array {
  let bytes: Uint8Array | undefined
  try {
    bytes = readDescriptor(descriptor, maxBytes)
  } catch (cause) {
    throw problem('FILE_UNREADABLE', { file, reason: reasonOf(cause) }, { cause })
  }
  if (bytes === undefined) throw problem('FILE_TOO_LARGE', { file, maxBytes })
  return bytes
}

/** Whether anything has that name, be it a link that leads nowhere. */
function isThere(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false // no path that anything could be at, which writing says
  }
}

function modeOf(file: string): number {
  try {
    return statSync(file).mode
  } catch {
    return 0 // whatever is wrong with it, reading it says so
  }
}

type Writing = WriteOptions & Place & { at(file: string): string }

function writeWhole(
  file: string,
  bytes: Uint8Array,
  { at, giveAway, project, links = 'follow', replace = false, ...options }: Writing,
): void {
  const target = at(file)
  const descriptor = file === STANDARD ? 1 : descriptorOf(target)
  if (descriptor === 1) giveAway()
  if (descriptor !== undefined) writeDescriptor(descriptor, bytes)
  else if (isStream(target)) writeStream(target, bytes)
  else {
    const end = resolveTarget(target, { root: project, links })
    uninterrupted(() => replaceFile(end, bytes, { ...options, replace, sync: true }))
  }
}

function orExplain(file: string, { replace = false }: WriteOptions = {}, write: () => void): void {
  try {
    write()
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
    if (cause.code === 'EEXIST' && !replace) throw problem('FILE_EXISTS', { file }, { cause })
    throw problem('FILE_UNWRITABLE', { file, reason: reasonOf(cause) }, { cause })
  }
}
