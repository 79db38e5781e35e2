/// <reference types="node" />
/** Jobs one after another, and the worker that does them: never one that has failed. */

import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { problem } from '../../errors/raise.js'
import type { Job, TranspileLimits } from './job.js'
import type { Output } from './output.js'
import { ask } from './watch.js'

/** Runs jobs one after another; a worker that failed in any way is not used again. */
export function startQueue(url: URL, limits: TranspileLimits) {
  let worker: Worker | undefined
  let last: Promise<unknown> = Promise.resolve()
  let closed = false

  const discard = async () => {
    const failed = worker
    worker = undefined
    // A file that is refused must not keep the build waiting: V8 sees the request only where a loop makes a call.
    await Promise.race([failed?.terminate(), setTimeout(LONGEST_END_MS, undefined, { ref: false })])
  }

  const runNow = async (job: Job): Promise<Output> => {
    if (closed) throw problem('TRANSPILE_FAILED', { reason: 'the build has ended' })
    worker ??= startWorker(url, limits, (ended) => {
      if (worker === ended) worker = undefined
    })
    try {
      const answer = await ask(worker, job, limits)
      if (answer.status === 'done') return answer.output
      if (answer.status === 'too large') {
        throw problem('TRANSPILE_TOO_LARGE', {
          outputBytes: answer.outputBytes,
          maxOutputBytes: job.maxOutputBytes,
        })
      }
      throw problem('TRANSPILE_FAILED', { reason: answer.reason })
    } catch (error) {
      await discard()
      throw error
    }
  }

  return {
    run(job: Job): Promise<Output> {
      const result = last.then(() => runNow(job))
      last = result.catch(() => {}) // The caller has the failure; the queue goes on.
      return result
    },
    async close() {
      closed = true
      await discard()
    },
  }
}

/** How long a worker may take to end. */
const LONGEST_END_MS = 5000

/** With much less, V8 ends the process instead of the worker. */
const MIN_HEAP_MB = 128

function startWorker(url: URL, limits: TranspileLimits, onExit: (worker: Worker) => void): Worker {
  const worker = new Worker(url, {
    // Neither the flags of whoever runs us (loaders, inspectors) nor the environment concern jco.
    execArgv: [],
    env: {},
    // Kept from the terminal. Never read here, since reading would keep the process alive: the worker itself hears
    // what jco prints before it panics.
    stdout: true,
    stderr: true,
    // Memory is watched in `ask`, that of wasm, which is where jco works, as well as that of JavaScript. This is for
    // what gets past the watch, since V8 may answer it by ending the process.
    resourceLimits: { maxOldGenerationSizeMb: Math.max(MIN_HEAP_MB, (2 * limits.maxMemoryBytes) / 2 ** 20) },
  })
  worker.unref()
  worker.on('error', () => {}) // Without a listener it would end this process. `ask` hears of it, and `onExit`.
  worker.once('exit', () => onExit(worker))
  return worker
}
