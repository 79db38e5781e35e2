/// <reference types="node" />
/** The thread in which jco runs, one job after another. Whoever started it watches time and memory. */

import { parentPort } from 'node:worker_threads'
import type { Answer, Job } from './job.js'

parentPort!.on('message', (job: Job) => {
  // An answer that cannot be sent ends the thread, which is watched.
  void work(job).then((answer) => parentPort!.postMessage(answer, []))
})

async function work({ bytes, options, maxOutputBytes }: Job): Promise<Answer> {
  try {
    const { transpileBytes } = await import('@bytecodealliance/jco-transpile')
    const output = await transpileBytes(bytes, options)
    const outputBytes = Object.values(output.files).reduce((sum, file) => sum + file.length, 0)
    if (outputBytes > maxOutputBytes) return { status: 'too large', outputBytes }
    return { status: 'done', output }
  } catch (error) {
    return { status: 'failed', reason: describe(error) }
  }
}

// jco throws the payload of a WIT `result` as it is, or wrapped with a `payload`, and traps as errors.
function describe(error: unknown): string {
  if (typeof error === 'string') return error
  const { payload, message } = Object(error) as { payload?: unknown; message?: unknown }
  return String(payload ?? message ?? error)
}
