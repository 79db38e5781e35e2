/// <reference types="node" />
/**
 * What jco made of a component, kept on disk. No verdict is ever kept: every file is verified before anything
 * here is asked about it.
 *
 * An entry is taken only when the user has written it, and for the same bytes, options and versions: it begins with a
 * code that takes the user's own key, which lies outside of the project. So what somebody else has put into the folder,
 * as a dependency, a pull request or a restored cache of a CI can, is none. It does not stop whoever can read that
 * key, and so run programs as the user. An entry holds no core module of the component: those are cut out of the
 * verified bytes, by the numbers that jco gives them.
 */

import { accessSync, constants, lstatSync, lutimesSync, readdirSync, statSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readRegularFile } from '../../disk/read-file.js'
import { replaceFile } from '../../disk/replace-file.js'
import { userKey } from '../../disk/user-key.js'
import { equalBytes } from '../../format/encoding.js'
import { type About, type CacheJob, cacheKey, decodeEntry, encodeEntry } from './cache-entry.js'
import type { Output } from './output.js'

/** Outputs of jco by what they were made from. Nothing here throws: without its folder a build only takes longer. */
export interface OutputCache {
  /** Finds the place of a job's output. */
  entry(job: CacheJob): CacheEntry
  /** Removes what is old or too much, once in a process: see {@link pruneCache}. */
  prune(): void
  /** What keeps it from working here, as far as that is known before anything is written. */
  lack(): CacheLack | undefined
}

/** No folder to keep it in, one that cannot be written to, or no key of the user's. */
export type CacheLack = 'folder' | 'permission' | 'key'

/** The place of one output. */
export interface CacheEntry {
  /** @returns an output that the user has written here; its core modules alias the bytes of the source */
  read(): Output | undefined
  /** Replaces what is there. */
  write(output: Output): void
}

/** Larger ones are neither written nor read. A usual one is a few hundred kB, since core modules are not in it. */
const MAX_ENTRY_BYTES = 64 * 2 ** 20

/** How long an entry stays after its last use. */
const MAX_AGE_MS = 30 * 24 * 60 * 60_000

/** How much stays. */
const MAX_TOTAL_BYTES = 256 * 2 ** 20

/** After this, a file that its writer did not rename never will be. */
const MAX_TEMPORARY_AGE_MS = 60 * 60_000

/**
 * Makes a cache in a folder.
 * @param folder tells the absolute path, which may be known only after options are read; `undefined` where nothing is kept
 * @param findSecret gets what only the user knows; nothing is kept without it
 */
export function createCache(folder: () => string | undefined, findSecret = userKey): OutputCache {
  let secret: Uint8Array | undefined
  const place = (job: CacheJob) => {
    const at = folder()
    if (at === undefined || (secret ??= findSecret()) === undefined) return undefined
    const key = cacheKey(job)
    return { file: join(at, `${key}.entry`), about: { key, job, secret } }
  }
  return {
    entry(job) {
      const placed = orNothing(() => place(job))
      if (placed === undefined) return { read: () => undefined, write: () => {} }
      const { file, about } = placed
      return {
        read: () => orNothing(() => readEntry(file, about)),
        write: (output) => orNothing(() => writeEntry(file, output, about)),
      }
    },
    prune() {
      const at = folder()
      if (at === undefined || pruned.has(at)) return
      pruned.add(at)
      pruneCache(at)
    },
    lack() {
      const at = folder()
      if (at === undefined) return 'folder'
      if ((secret ??= findSecret()) === undefined) return 'key'
      return canWrite(at) ? undefined : 'permission'
    },
  }
}

/** Whether a folder can be written to, or made. */
function canWrite(folder: string): boolean {
  const stats = orNothing(() => statSync(folder, { throwIfNoEntry: false }))
  if (stats === undefined) return dirname(folder) !== folder && canWrite(dirname(folder))
  return stats.isDirectory() && orNothing(() => accessSync(folder, constants.W_OK) ?? true) === true
}

const pruned = new Set<string>()

/** A cache that fails is one that is not there: whatever is wrong with it, jco runs and the build goes on. */
function orNothing<T>(use: () => T): T | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}

function readEntry(file: string, about: About): Output | undefined {
  // Not through a link. Who could swap the file between here and the reading could also write to it.
  if (!lstatSync(file).isFile()) return undefined
  const bytes = readRegularFile(file, { display: 'a cache entry', maxBytes: MAX_ENTRY_BYTES })
  const output = bytes && decodeEntry(bytes, about)
  // The time of its last use, for the next pruning. In a folder that cannot be written to, nothing is pruned either.
  if (output !== undefined) orNothing(() => lutimesSync(file, new Date(), new Date()))
  return output
}

function writeEntry(file: string, output: Output, about: About): void {
  const entry = encodeEntry(output, about)
  if (entry.length > MAX_ENTRY_BYTES) return
  // Where jco numbers core modules in some other way, its output cannot be had from here.
  if (!isSameOutput(decodeEntry(entry, about), output)) return
  replaceFile(file, entry, { makeFolder: true })
}

function isSameOutput(read: Output | undefined, written: Output): boolean {
  if (read === undefined) return false
  return Object.entries(written.files).every(([name, content]) => equalBytes(read.files[name]!, content))
}

/** Entries, and the temporary files of {@link replaceFile}. */
const OUR_NAME = /^[0-9a-f]{64}\.entry(?:\.\d+\.[0-9a-f]{8}\.tmp)?$/

/**
 * Removes entries that were not used for 30 days, those used longest ago while there are more than 256 MiB, and
 * what writers left behind that were killed. Leaves alone whatever is not a regular file under a name of ours.
 */
export function pruneCache(folder: string, now: number = Date.now()): void {
  let totalBytes = 0
  for (const { path, bytes, ageMs, isTemporary } of ownFiles(folder, now)) {
    const isLeftBehind = isTemporary && ageMs > MAX_TEMPORARY_AGE_MS
    if (isLeftBehind || ageMs > MAX_AGE_MS || totalBytes + bytes > MAX_TOTAL_BYTES)
      orNothing(() => unlinkSync(path))
    else totalBytes += bytes
  }
}

/** Those used last first. */
function ownFiles(folder: string, now: number) {
  const names = orNothing(() => readdirSync(folder)) ?? []
  return names
    .filter((name) => OUR_NAME.test(name))
    .flatMap((name) => {
      const path = join(folder, name)
      const stats = orNothing(() => lstatSync(path))
      if (!stats?.isFile()) return []
      const isTemporary = name.endsWith('.tmp')
      return [{ path, bytes: stats.size, ageMs: now - stats.mtimeMs, isTemporary }]
    })
    .toSorted((a, b) => a.ageMs - b.ageMs)
}
