/// <reference types="node" />
/** The thread in which jco runs, one job after another. Whoever started it watches time and memory. */

import { parentPort } from 'node:worker_threads'
import { $init, generate } from '@bytecodealliance/jco-transpile/component'
import type { Answer, Job } from './job.js'
import { takeSaid } from './wasi.js'

parentPort!.on('message', (job: Job) => {
  // An answer that cannot be sent ends the thread, which is watched.
  void work(job).then((answer) => {
    const files = answer.status === 'done' ? Object.values(answer.output.files) : []
    parentPort!.postMessage(answer, [...new Set(files.map(({ buffer }) => buffer as ArrayBuffer))])
  })
})

async function work({ bytes, options, maxOutputBytes }: Job): Promise<Answer> {
  takeSaid()
  try {
    await $init
    const { files, imports, exports } = generate(bytes, options)
    const outputBytes = files.reduce((sum, [, content]) => sum + content.length, 0)
    if (outputBytes > maxOutputBytes) return { status: 'too large', outputBytes }
    return { status: 'done', output: { files: Object.fromEntries(files), imports, exports } }
  } catch (error) {
    return { status: 'failed', reason: describePanic(takeSaid()) ?? describe(error) }
  }
}

/** Without the name of the thread before it, the backtrace behind it, and where cargo was. @see Rust, std, `panicking.rs` */
function describePanic(text: string): string | undefined {
  const [, place, words] =
    /\bpanicked at (.*):\n([^]*?)(?:\n(?:stack backtrace:|note: )[^]*)?$/.exec(text) ?? []
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
