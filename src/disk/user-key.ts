/// <reference types="node" />
/** A secret of the user's own, by which what we keep on the disk is known again. It signs nothing that anybody else reads. */

import { lstatSync, mkdirSync, type Stats, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { randomBytes } from '../trust/crypto/rule.js'
import { readRegularFile } from './read-file.js'
import { replaceFile } from './replace-file.js'

const KEY_BYTES = 32

/**
 * The user's key, made where there is none.
 * @returns 32 bytes, or `undefined` where none can be had that is the user's alone. Never throws
 */
export function userKey(): Uint8Array | undefined {
  try {
    const folder = stateFolder()
    return folder === undefined ? undefined : keyIn(folder)
  } catch {
    return undefined // no home, a disk that is full or cannot be written to: whoever asks does without
  }
}

/** The folder for what programs keep of one user. @see XDG Base Directory Specification, `XDG_STATE_HOME` */
function stateFolder(): string | undefined {
  const { XDG_STATE_HOME: named = '', LOCALAPPDATA: local = '' } = process.env
  if (isAbsolute(named)) return join(named, NAME)
  if (process.platform === 'win32') return isAbsolute(local) ? join(local, NAME) : undefined
  const home = homedir()
  // One that is named and not there is no home, and not for us to make.
  if (!isAbsolute(home) || !statSync(home).isDirectory()) return undefined
  return join(home, process.platform === 'darwin' ? 'Library/Application Support' : '.local/state', NAME)
}

const NAME = 'unplugin-signed-wasm'

function keyIn(folder: string): Uint8Array | undefined {
  const file = join(folder, 'cache.key')
  makeFolder(folder)
  if (!isOursAlone(lstatSync(folder), 0o022)) return undefined
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) writeKey(file)
  const stats = lstatSync(file)
  // Who could swap the file between here and the reading could write to the folder, and so is the user.
  if (!stats.isFile() || stats.size !== KEY_BYTES || !isOursAlone(stats, 0o077)) return undefined
  return readRegularFile(file, { display: 'the key of the cache', maxBytes: KEY_BYTES })
}

/**
 * Never in a folder of somebody else's, such as the home that `sudo` has left as it was. One by one: Node 20 tries for ever
 * to make some that cannot be, such as those in `/proc`, when it is to make what is above them as well.
 */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) return
  const parent = dirname(folder)
  makeFolder(parent)
  if (isOursAlone(statSync(parent), 0)) unlessThere(() => mkdirSync(folder, 0o700))
}

/** Two processes may do this at once: the key of the first one stays, and both read that. */
function writeKey(file: string): void {
  unlessThere(() => replaceFile(file, randomBytes(KEY_BYTES), { replace: false, mode: 0o600 }))
}

function unlessThere(make: () => void): void {
  try {
    make()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Whether the user owns something, and nobody else has these permissions. Windows has no such bits: there a profile is closed. */
function isOursAlone({ uid, mode }: Stats, denied: number): boolean {
  return process.geteuid === undefined || (uid === process.geteuid() && (mode & denied) === 0)
}
