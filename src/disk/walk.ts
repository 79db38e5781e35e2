/// <reference types="node" />
/** The files below a folder. */

import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'

/** How folders are walked. */
export interface WalkOptions {
  /** Names of folders that are passed over. @default none */
  skip?: readonly string[]
  /**
   * What becomes of links: a link to a file is a file; a link to a folder is entered (`follow`), or passed over
   * (`files`); or no link is anything (`never`).
   * @default 'files'
   */
  links?: 'follow' | 'files' | 'never'
}

/**
 * Lists files, folder by folder, in the order of the disk.
 * @param folder one that is not there or closed to us holds nothing, which callers report where it matters
 * @returns paths that begin with `folder`
 */
export function walk(folder: string, options: WalkOptions = {}): Generator<string> {
  return walkOnce(folder, options, new Set())
}

/** @param seen real folders that links have led to, so that links in a circle end */
function* walkOnce(folder: string, options: WalkOptions, seen: Set<string>): Generator<string> {
  for (const entry of readEntries(folder)) {
    const file = path.join(folder, entry.name)
    if (isFolder(entry, file, options)) {
      if (!options.skip?.includes(entry.name) && isNew(entry, file, seen))
        yield* walkOnce(file, options, seen)
    } else if (options.links !== 'never' || entry.isFile()) yield file
  }
}

function isNew(entry: Dirent, folder: string, seen: Set<string>): boolean {
  if (!entry.isSymbolicLink()) return true
  const real = realpathSync(folder)
  return !seen.has(real) && seen.add(real) !== undefined
}

function isFolder(entry: Dirent, file: string, { links = 'files' }: WalkOptions): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory()
  return links === 'follow' && statSync(file, { throwIfNoEntry: false })?.isDirectory() === true
}

function readEntries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return [] // not there, closed to us, or gone meanwhile
  }
}
