/// <reference types="node" />
/** Jobs one after another, and where they run: never where one has failed. */

import { setTimeout as startTimer } from 'node:timers'
import { setTimeout } from 'node:timers/promises'
import type { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import type { Answer, Job, Runner, TranspileLimits } from './job.js'
import type { Output } from './output.js'

/** A job whose limits are those of the queue. */
export type QueuedJob = Pick<Job, 'bytes' | 'options'>

/**
 * Runs jobs one after another.
 * @param start is called when there is something to do
 * @param clock another one, for tests
 */
export function startQueue(start: () => Runner, limits: TranspileLimits, clock: Clock = inAWhile) {
  let runner: Runner | undefined
  let last: Promise<unknown> = Promise.resolve()
  let closed = false
  let stays = false
  let idle: NodeJS.Timeout | undefined

  const discard = async () => {
    clearTimeout(idle)
    const failed = runner
    runner = undefined
    await failed?.end()
  }

  const runNow = async (job: QueuedJob, onSlow: () => void): Promise<Output> => {
    if (closed) throw problem('TRANSPILE_FAILED', { reason: 'the build has ended' })
    clearTimeout(idle)
    const isDone = clock(onSlow, SLOW_MS)
    try {
      if (runner === undefined || runner.isGone()) runner = start()
      const answer = await inTime(runner.ask({ ...job, ...limits }), limits)
      if (answer?.status === 'done') return answer.output
      throw problemOf(answer, limits)
    } catch (error) {
      await discard()
      throw error
    } finally {
      isDone()
      if (!stays) idle = setIdle(() => void discard())
    }
  }

  return {
    /** @param onSlow is called when the job runs for a second and has not ended */
    run(job: QueuedJob, onSlow: () => void = () => {}): Promise<Output> {
      const result = last.then(() => runNow(job, onSlow))
      last = result.catch(() => {}) // The caller has the failure; the queue goes on.
      return result
    },
    /** Keeps what jobs run in, which otherwise goes when there was none for a while. */
    stay() {
      stays = true
      clearTimeout(idle)
    },
    async close() {
      closed = true
      await discard()
    },
  }
}

/** Does something after a while. @returns what calls it off */
export type Clock = (work: () => void, ms: number) => () => void

const inAWhile: Clock = (work, ms) => {
  const timer = startTimer(work, ms).unref()
  return () => clearTimeout(timer)
}

/** After this, whoever waits wants to know for what. */
const SLOW_MS = 1000

/** After this a build is taken for one that has all that it asked for; another job starts all over. */
const IDLE_MS = 2000

function setIdle(work: () => void): NodeJS.Timeout {
  return startTimer(work, IDLE_MS).unref()
}

/** A longer timer would fire at once. @see Node.js documentation, "setTimeout" */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** @returns `undefined` when it is late */
async function inTime(answer: Promise<Answer>, { timeoutMs }: TranspileLimits): Promise<Answer | undefined> {
  const settled = new AbortController()
  const { signal } = settled
  const late = setTimeout(Math.min(timeoutMs, LONGEST_TIMER_MS), undefined, { signal })
  try {
    return await Promise.race([answer, late])
  } finally {
    settled.abort()
    late.catch(() => {}) // That it was called off.
  }
}

function problemOf(
  answer: Exclude<Answer, { status: 'done' }> | undefined,
  { timeoutMs, maxMemoryBytes, maxOutputBytes }: TranspileLimits,
): Diagnostic {
  switch (answer?.status) {
    case undefined:
      return problem('TRANSPILE_TIMEOUT', { timeoutMs })
    case 'grown':
      return problem('TRANSPILE_MEMORY', { maxMemoryBytes })
    case 'too large':
      return problem('TRANSPILE_TOO_LARGE', { outputBytes: answer.outputBytes, maxOutputBytes })
    case 'failed':
      return problem('TRANSPILE_FAILED', { reason: answer.reason })
  }
}
