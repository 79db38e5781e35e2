/// <reference types="node" />
/** The real terminal and disk. Commands get them passed in, so that tests can pass others. */

import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { readRegularFile } from '../disk/read-file.js'
import { replaceFile, type ReplaceOptions } from '../disk/replace-file.js'
import { problem } from '../errors/raise.js'

/** What a command can do to the world. Paths count from `cwd`. */
export interface Io {
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  /** One line of the result. */
  out(line: string): void
  /** One line of anything else. */
  err(line: string): void
  /**
   * Reads a whole regular file.
   * @param options.maxBytes how large it may be; {@link MAX_FILE_BYTES} when absent
   * @throws Diagnostic `FILE_UNREADABLE`, `FILE_NOT_REGULAR` or `FILE_TOO_LARGE`
   */
  read(file: string, options?: { maxBytes?: number }): Uint8Array
  /** Whether stderr is a terminal, for progress; and stdout, for colour. */
  isTerminal: { out: boolean; err: boolean }
  /** Width of the terminal on stdout; `undefined` where there is none. */
  columns: number | undefined
  /** Writes to stderr without a line end, for progress. */
  status(text: string): void
  /** Whether users other than the owner may read a file; always `false` where there are no such modes. */
  isReadableByOthers(file: string): boolean
  /** Whether anything is at that path. */
  exists(file: string): boolean
  /**
   * Writes a file whole or not at all; one that is there is left alone unless `replace` is asked for.
   * @throws Diagnostic `FILE_EXISTS` or `FILE_UNWRITABLE`; what was there is untouched
   */
  write(file: string, bytes: Uint8Array, options?: WriteOptions): void
}

/** The most that a system call reads, and that every Node can hold in one piece. */
const MAX_FILE_BYTES = 2 ** 31 - 1

type WriteOptions = Pick<ReplaceOptions, 'replace' | 'mode'>

/** The part of {@link Io} that is files, with paths that count from a folder. */
export function diskAt(folder: string): Pick<Io, 'read' | 'write' | 'exists' | 'isReadableByOthers'> {
  const at = (file: string) => path.resolve(folder, file)
  return {
    read: (file, options) => readWhole(at(file), file, options),
    write: (file, bytes, options) => writeWhole(at(file), file, bytes, options ?? {}),
    exists: (file) => existsSync(at(file)),
    isReadableByOthers: (file) => process.platform !== 'win32' && (modeOf(at(file)) & 0o044) !== 0,
  }
}

/** The process's own terminal and disk. */
export const realIo: Io = {
  ...diskAt(process.cwd()),
  cwd: process.cwd(),
  env: process.env,
  isTerminal: { out: process.stdout.isTTY === true, err: process.stderr.isTTY === true },
  columns: process.stdout.columns,
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  status: (text) => process.stderr.write(text),
}

function readWhole(
  target: string,
  file: string,
  { maxBytes = MAX_FILE_BYTES }: { maxBytes?: number } = {},
): Uint8Array {
  const bytes = readRegularFile(target, { display: file, maxBytes })
  if (bytes === undefined) throw problem('FILE_UNREADABLE', { file, reason: 'there is no such file' })
  return bytes
}

function modeOf(file: string): number {
  try {
    return statSync(file).mode
  } catch {
    return 0 // whatever is wrong with it, reading it says so
  }
}

function writeWhole(
  target: string,
  file: string,
  bytes: Uint8Array,
  { replace = false, ...options }: WriteOptions,
): void {
  try {
    replaceFile(target, bytes, { ...options, replace, sync: true })
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
    if (cause.code === 'EEXIST' && !replace) throw problem('FILE_EXISTS', { file }, { cause })
    throw problem('FILE_UNWRITABLE', { file, reason: cause.code }, { cause })
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error
}
