/// <reference types="node" />
/** One job of the worker, within its limits of time and memory. */

import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import type { Answer, Job, TranspileLimits } from './job.js'

/** One job, one answer; the worker keeps the process alive until then. */
export async function ask(
  worker: Worker,
  job: Job,
  { timeoutMs, maxMemoryBytes }: TranspileLimits,
): Promise<Answer> {
  const settled = new AbortController()
  const { signal } = settled
  const answered = once(worker, 'message', { signal }).then(([answer]) => answer as Answer)
  const ended = once(worker, 'exit', { signal }).then(() => {
    throw problem('TRANSPILE_FAILED', { reason: 'its worker ended' })
  })
  const late = setTimeout(Math.min(timeoutMs, LONGEST_TIMER_MS), undefined, { signal }).then(() => {
    throw problem('TRANSPILE_TIMEOUT', { timeoutMs })
  })
  const grown = untilGrown(maxMemoryBytes, signal).then(() => {
    throw problem('TRANSPILE_MEMORY', { maxMemoryBytes })
  })
  worker.ref()
  worker.postMessage(job, [job.bytes.buffer])
  try {
    return await Promise.race([answered, ended, late, grown])
  } catch (error) {
    throw workerProblem(error, maxMemoryBytes)
  } finally {
    settled.abort()
    worker.unref()
  }
}

/** A longer timer would fire at once. @see Node.js documentation, "setTimeout" */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** How often memory is looked at while jco runs. */
const SAMPLE_MS = 50

/** Resolves when the process has grown by more than that since the call. */
async function untilGrown(maxMemoryBytes: number, signal: AbortSignal): Promise<void> {
  const start = process.memoryUsage.rss()
  do await setTimeout(SAMPLE_MS, undefined, { signal })
  while (process.memoryUsage.rss() - start <= maxMemoryBytes)
}

function workerProblem(error: unknown, maxMemoryBytes: number): Diagnostic {
  if (error instanceof Diagnostic) return error
  const { code, message } = Object(error) as { code?: unknown; message?: unknown }
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return problem('TRANSPILE_MEMORY', { maxMemoryBytes }, { cause: error })
  return problem('TRANSPILE_FAILED', { reason: String(message) }, { cause: error })
}
