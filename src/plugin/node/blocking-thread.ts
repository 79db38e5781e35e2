/// <reference types="node" />
/** The thread behind blocking.ts. */

import { workerData } from 'node:worker_threads'
import type { Reply, Start } from './blocking.js'
import { type LoadedModule, NodeModules } from './modules.js'

const { options, port, signal } = workerData as Start
let modules: NodeModules | undefined

void reply(() => void (modules = new NodeModules(options)))
port.on('message', (url: string) => void reply(() => modules!.load(url)))

async function reply(work: () => unknown): Promise<void> {
  port.postMessage(await outcomeOf(work))
  Atomics.add(signal, 0, 1)
  Atomics.notify(signal, 0)
}

async function outcomeOf(work: () => unknown): Promise<Reply> {
  try {
    return { loaded: (await work()) as LoadedModule | undefined }
  } catch (error) {
    const { message, name, code } = error as Error & { code?: unknown }
    return { error: { message, members: { name, code } } }
  }
}
