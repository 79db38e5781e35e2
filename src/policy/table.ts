/** From a verdict to a decision: one table of mode and status. */

import type { Diagnostic } from '../errors/diagnostic.js'
import { explain } from '../trust/explain.js'
import type { TrustedKey } from '../trust/keys/trusted-key.js'
import type { Verdict } from '../trust/verdict.js'

/** How strict a build is. `off` opens no key and verifies nothing. */
export type Mode = 'strict' | 'lenient' | 'off'

/** What happens to a file. `problem` says why, on `warn` and `refuse`. */
export type Decision = { action: 'accept' } | { action: 'warn' | 'refuse'; problem: Diagnostic }

const ACTIONS: Record<Exclude<Mode, 'off'>, Record<Verdict['status'], Decision['action']>> = {
  strict: {
    verified: 'accept',
    partial: 'refuse',
    unsigned: 'refuse',
    untrusted: 'refuse',
    modified: 'refuse',
    invalid: 'refuse',
    denied: 'refuse',
    malformed: 'refuse',
  },
  lenient: {
    verified: 'accept',
    partial: 'warn',
    unsigned: 'warn',
    untrusted: 'warn',
    modified: 'warn',
    invalid: 'warn',
    denied: 'refuse',
    malformed: 'refuse',
  },
}

/**
 * Decides what a verdict means. Where a partial check was asked for, one that suffices is accepted.
 * @param file display path, for the message
 * @param keys the keys that were trusted, so that the message can name them
 */
export function decide(
  verdict: Verdict,
  { mode, file, keys }: { mode: Exclude<Mode, 'off'>; file: string; keys: readonly TrustedKey[] },
): Decision {
  const action = verdict.status === 'partial' && verdict.sufficient ? 'accept' : ACTIONS[mode][verdict.status]
  if (action === 'accept') return { action }
  return { action, problem: explain(verdict, file, keys)! }
}
