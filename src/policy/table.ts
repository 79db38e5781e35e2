/** From a verdict to an action: one table of mode and status. */

import type { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import { explain } from '../trust/explain.js'
import type { Signer } from '../trust/statement.js'
import type { Verdict } from '../trust/verdict.js'
import type { Mode } from './policy.js'

/** What happens to a file. */
export type Action = 'accept' | 'warn' | 'refuse'

/** What happens to a file. `problem` says why, on `warn` and `refuse`. */
export type Decision = { action: 'accept' } | { action: 'warn' | 'refuse'; problem: Diagnostic }

const ACTIONS: Record<Mode, Record<Verdict['status'], Action>> = {
  strict: {
    verified: 'accept',
    partial: 'refuse',
    unsigned: 'refuse',
    untrusted: 'refuse',
    modified: 'refuse',
    invalid: 'refuse',
    denied: 'refuse',
    malformed: 'refuse',
    unchecked: 'refuse',
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
    unchecked: 'refuse',
  },
  off: {
    verified: 'accept',
    partial: 'accept',
    unsigned: 'accept',
    untrusted: 'accept',
    modified: 'accept',
    invalid: 'accept',
    denied: 'refuse',
    malformed: 'refuse',
    unchecked: 'accept',
  },
}

/**
 * Decides what a verdict means. Where a partial check was asked for, one that suffices is accepted.
 * @param file display path, for the message
 * @param keys who was trusted, so that the message can name them
 */
export function decide(
  verdict: Verdict,
  { mode, file, keys }: { mode: Mode; file: string; keys: readonly Signer[] },
): Decision {
  if (!Object.hasOwn(ACTIONS, mode))
    throw problem('OPTION_INVALID', { option: 'mode', must: 'strict, lenient or off' })
  const action = verdict.status === 'partial' && verdict.sufficient ? 'accept' : ACTIONS[mode][verdict.status]
  return action === 'accept' ? { action } : { action, problem: explain(verdict, file, keys)! }
}
