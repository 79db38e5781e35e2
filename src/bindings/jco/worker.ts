/// <reference types="node" />
/** The thread in which jco runs, one job after another. Whoever started it watches time and memory. */

import { parentPort } from 'node:worker_threads'
import type { Answer, Job } from './job.js'

parentPort!.on('message', (job: Job) => {
  // An answer that cannot be sent ends the thread, which is watched.
  void work(job).then((answer) => parentPort!.postMessage(answer, []))
})

/** What was written to the standard error since the job began. jco says there why it panics, and then traps. */
let said = ''

/** A panic may print names of the file, of any length. */
const MAX_SAID = 2 ** 16

process.stderr.write = (chunk: Uint8Array | string) => {
  if (said.length < MAX_SAID) said += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
  return true
}

async function work({ bytes, options, maxOutputBytes }: Job): Promise<Answer> {
  said = ''
  try {
    const { transpileBytes } = await import('@bytecodealliance/jco-transpile')
    const output = await transpileBytes(bytes, options)
    const outputBytes = Object.values(output.files).reduce((sum, file) => sum + file.length, 0)
    if (outputBytes > maxOutputBytes) return { status: 'too large', outputBytes }
    return { status: 'done', output }
  } catch (error) {
    return { status: 'failed', reason: describePanic(said) ?? describe(error) }
  }
}

/** Without the name of the thread before it, the backtrace behind it, and where cargo was. @see Rust, std, `panicking.rs` */
function describePanic(text: string): string | undefined {
  const [, place, words] =
    /\bpanicked at (.*):\n([^]*?)(?:\n(?:stack backtrace:|note: )[^]*)?$/.exec(text.slice(0, MAX_SAID)) ?? []
  if (place === undefined || words === undefined) return undefined
  const file = place.replace(/^.*\/registry\/src\/[^/]+\//, '')
  return `it panicked at ${file}: ${words.trim().replace(/\s+/g, ' ')}`
}

// jco throws the payload of a WIT `result` as it is, or wrapped with a `payload`, and traps as errors.
function describe(error: unknown): string {
  if (typeof error === 'string') return error
  const { payload, message } = Object(error) as { payload?: unknown; message?: unknown }
  return String(payload ?? message ?? error)
}
