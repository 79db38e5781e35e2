/** Files that a server is about to send, in whatever spelling somebody has asked for them. */

import type { ReadStream } from 'node:fs'
import type { ServerResponse } from 'node:http'

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
  response.prependOnceListener('pipe', (source: ReadStream) => {
    const stop = () => {
      source.unpipe(response)
      source.destroy()
      head = undefined
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
