/// <reference types="node" />
/**
 * The process in which jco runs, in a thread of its own, so that this one hears when the other side is gone, whatever jco
 * is doing: then all of it ends.
 */

import type { Job } from './job.js'
import { startThread } from './thread.js'

let thread: ReturnType<typeof startThread> | undefined

process.on('message', (job: Job) => {
  thread ??= startThread(new URL('worker.mjs', import.meta.url), job)
  void thread.ask(job).then((answer) => process.send!(answer))
})

// Not `exit`, which waits for the thread: V8 stops a loop only where it makes a call.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
