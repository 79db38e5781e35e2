/// <reference types="node" />
/** A thread in which jco runs, watched by the one that started it. */

import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Answer, Job, Runner } from './job.js'

/** Starts a thread. @param script an ES module; it never keeps the process alive between jobs */
export function startThread(script: URL, { maxMemoryBytes }: Pick<Job, 'maxMemoryBytes'>): Runner {
  const thread = new Worker(script, {
    // Neither the flags of whoever runs us (loaders, inspectors) nor the environment concern jco.
    execArgv: [],
    env: {},
    // Kept from the terminal. Never read here, since reading would keep the process alive.
    stdout: true,
    stderr: true,
    // Memory is watched below, that of wasm, which is where jco works, as well as that of JavaScript. This is for what
    // gets past the watch, since V8 may answer it by ending the process.
    resourceLimits: { maxOldGenerationSizeMb: Math.max(MIN_HEAP_MB, (2 * maxMemoryBytes) / 2 ** 20) },
  })
  thread.unref()
  thread.on('error', () => {}) // Without a listener it would end this process. `ask` hears of it.
  let isGone = false
  thread.once('exit', () => (isGone = true))
  return {
    isGone: () => isGone,
    ask: (job) => ask(thread, job),
    // A file that is refused must not keep the build waiting: V8 sees the request only where a loop makes a call.
    end: () => Promise.race([thread.terminate(), setTimeout(LONGEST_END_MS, undefined, { ref: false })]),
  }
}

/** With much less, V8 ends the process instead of the thread. */
const MIN_HEAP_MB = 128

/** How long a thread may take to end. */
const LONGEST_END_MS = 5000

/** One job, one answer. */
async function ask(thread: Worker, job: Job): Promise<Answer> {
  const settled = new AbortController()
  const { signal } = settled
  const answered = once(thread, 'message', { signal }).then(([answer]) => answer as Answer)
  const ended = once(thread, 'exit', { signal }).then((): Answer => ENDED)
  const grown = untilGrown(job.maxMemoryBytes, signal).then((): Answer => ({ status: 'grown' }))
  thread.ref()
  thread.postMessage(job, [job.bytes.buffer])
  try {
    return await Promise.race([answered, ended, grown])
  } catch (error) {
    const { code, message } = Object(error) as { code?: unknown; message?: unknown }
    return code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? { status: 'grown' }
      : { status: 'failed', reason: String(message) }
  } finally {
    settled.abort()
    thread.unref()
  }
}

const ENDED: Answer = { status: 'failed', reason: 'its worker ended' }

/** How often memory is looked at while jco runs. */
const SAMPLE_MS = 50

/** Resolves when the process has grown by more than that since the call. */
async function untilGrown(maxMemoryBytes: number, signal: AbortSignal): Promise<void> {
  const start = process.memoryUsage.rss()
  do await setTimeout(SAMPLE_MS, undefined, { signal })
  while (process.memoryUsage.rss() - start <= maxMemoryBytes)
}
