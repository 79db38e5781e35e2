/** Where jco runs. */

import type { Runner, TranspileLimits } from './job.js'
import { canStartProcess, startProcess } from './process.js'
import { SCRIPTS } from './scripts.js'
import { startThread } from './thread.js'

/**
 * Starts a process; where none can be had, a thread.
 * @param script another one for a thread, for tests
 */
export function startRunner(limits: TranspileLimits, script?: URL): Runner {
  return script === undefined && canStartProcess()
    ? startProcess(SCRIPTS)
    : startThread(script ?? new URL('worker.mjs', SCRIPTS), limits)
}
