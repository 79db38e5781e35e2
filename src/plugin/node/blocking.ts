/// <reference types="node" />
/** {@link NodeModules} for hooks that cannot wait: they run in a thread, and this one sleeps until there is an answer. */

import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Options } from '../options.js'
import type { LoadedModule } from './modules.js'

/** What the thread answers. */
export type Reply =
  | { loaded: LoadedModule | undefined }
  | { error: { message: string; members: Record<string, unknown> } }

/** What the thread is started with. */
export interface Start {
  options: Options
  port: import('node:worker_threads').MessagePort
  /** Counts answers. */
  signal: Int32Array
}

/**
 * Starts the thread.
 * @param script see blocking-thread.ts
 * @returns what loads a URL
 * @throws an error with the message and the code of what {@link NodeModules} throws
 */
export function startBlocking(script: URL, options: Options): (url: string) => LoadedModule | undefined {
  const { port1, port2 } = new MessageChannel()
  const signal = new Int32Array(new SharedArrayBuffer(4))
  const workerData: Start = { options, port: port2, signal }
  // Without the flags of this process, one of which has brought us here.
  const thread = new Worker(script, { workerData, transferList: [port2], execArgv: [] })
  thread.unref()
  port1.unref()
  let answers = 0
  const receive = () => {
    Atomics.wait(signal, 0, answers++)
    const { message: reply } = receiveMessageOnPort(port1) as { message: Reply }
    if ('loaded' in reply) return reply.loaded
    throw Object.assign(new Error(reply.error.message), reply.error.members)
  }
  receive() // That it has started, or why it has not.
  return (url) => {
    port1.postMessage(url)
    return receive()
  }
}
