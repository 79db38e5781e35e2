/// <reference types="node" />
/** What is no file, and is read and written like one: descriptors that are open, pipes, devices. */

import {
  closeSync,
  constants,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'

/** How many links are followed from one to the next, as Linux does. */
const MAX_LINKS = 40

/**
 * The descriptor of this process that a path stands for, as `/dev/stdout`, `/dev/fd/3` and links to them do. What it leads
 * to may be a regular file, so that only the way there tells it from one.
 */
export function descriptorOf(file: string): number | undefined {
  if (process.platform === 'win32') return undefined
  let at = path.resolve(file)
  for (let links = 0; links < MAX_LINKS; links++) {
    if (/^\d+$/.test(path.basename(at)) && isDescriptorFolder(path.dirname(at)))
      return Number(path.basename(at))
    const target = readLink(at)
    if (target === undefined) return undefined
    at = path.resolve(path.dirname(at), target)
  }
  return undefined
}

/** @see Linux, proc(5), `/proc/pid/fd`; other systems have `/dev/fd` itself */
function isDescriptorFolder(folder: string): boolean {
  if (!/^\/(?:dev|proc)\//.test(folder)) return false
  try {
    const real = realpathSync(folder)
    return real === '/dev/fd' || /^\/proc\/(\d+)\/(?:task\/\d+\/)?fd$/.exec(real)?.[1] === String(process.pid)
  } catch {
    return false // a system without it, or another process's
  }
}

function readLink(file: string): string | undefined {
  try {
    return readlinkSync(file)
  } catch {
    return undefined // no link, or nothing there
  }
}

/** Whether there is something at a path that can be written to and is no file: a pipe, a device, an open descriptor. */
export function isStream(file: string): boolean {
  if (descriptorOf(file) !== undefined) return true
  try {
    const stats = statSync(file, { throwIfNoEntry: false })
    return stats !== undefined && !stats.isFile() && !stats.isDirectory()
  } catch {
    return false // whatever is wrong with it, writing says so
  }
}

/**
 * Writes all of it to what {@link isStream}, and waits for whoever reads it.
 * @throws an error of `node:fs`
 */
export function writeStream(file: string, bytes: Uint8Array): void {
  const open = descriptorOf(file)
  if (open !== undefined) return writeDescriptor(open, bytes)
  const descriptor = openSync(file, constants.O_WRONLY)
  try {
    writeDescriptor(descriptor, bytes)
  } finally {
    closeSync(descriptor)
  }
}

/** Writes all of it. @throws an error of `node:fs` */
export function writeDescriptor(descriptor: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;) offset += whenReady(() => writeSync(descriptor, bytes, offset))
}

/**
 * Reads to the end.
 * @returns `undefined` when there is more than that
 * @throws an error of `node:fs`
 */
export function readDescriptor(descriptor: number, maxBytes: number): Uint8Array | undefined {
  const chunks: Uint8Array[] = []
  for (let length = 0; ;) {
    const chunk = new Uint8Array(64 * 1024)
    const count = whenReady(() => readSync(descriptor, chunk))
    if (count === 0) return new Uint8Array(Buffer.concat(chunks))
    length += count
    if (length > maxBytes) return undefined
    chunks.push(chunk.subarray(0, count))
  }
}

/** How long to wait for a stream that has nothing, or takes nothing, just now. */
const PAUSE_MS = 5

/** Does it again while the other side is not ready: descriptors that are inherited may not wait by themselves. */
function whenReady(action: () => number): number {
  for (;;) {
    try {
      return action()
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EOF') return 0 // how Windows says it
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    }
  }
}
