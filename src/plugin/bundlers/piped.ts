/// <reference types="node" />
/** Files that a server is about to send, in whatever spelling somebody has asked for them. */

import { ReadStream } from 'node:fs'
import type { ServerResponse } from 'node:http'

/** What a server has said of a file that it does not send. */
const OF_THE_FILE = [
  'accept-ranges',
  'content-encoding',
  'content-length',
  'content-range',
  'etag',
  'last-modified',
]

type Method = 'writeHead' | 'write' | 'end' | 'flushHeaders'

/**
 * Has a say before a file is streamed into a response. Until something is sent, the head is held back, because servers
 * write it first.
 * @param decide gives what to send instead, or `undefined`; @param decide.file as the server has opened it
 */
export function whenPiped(
  response: ServerResponse,
  decide: (file: string) => (() => void) | undefined,
): void {
  let isReleased = false
  let head: unknown[] | undefined
  const writeHead = response.writeHead as (...args: unknown[]) => ServerResponse
  const release = () => {
    if (isReleased) return
    isReleased = true
    if (head !== undefined) writeHead.apply(response, head)
  }
  const override = (method: Method, wrap: (original: Function, args: unknown[]) => unknown) => {
    const original = response[method] as Function
    Object.assign(response, { [method]: (...args: unknown[]) => wrap(original, args) })
  }
  override('writeHead', (original, args) => {
    if (isReleased) return original.apply(response, args)
    head = args
    return response
  })
  for (const method of ['write', 'end', 'flushHeaders'] as const)
    override(method, (original, args) => {
      release()
      return original.apply(response, args)
    })
  response.prependOnceListener('pipe', (source: unknown) => {
    // Others, such as those of a file system in memory, open no file of the disk.
    if (!(source instanceof ReadStream)) return release()
    const stop = () => {
      source.unpipe(response)
      source.destroy()
      head = undefined
      for (const name of OF_THE_FILE) response.removeHeader(name)
    }
    try {
      const send = typeof source.path === 'string' ? decide(source.path) : undefined
      if (send !== undefined) stop()
      release()
      send?.()
    } catch (error) {
      stop()
      throw error
    }
  })
}
