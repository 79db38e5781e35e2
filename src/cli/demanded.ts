/** What files are judged by that somebody names: keys, or the policy of the project. */

import type { Subject } from '../policy/judge.js'
import { createPolicy, type Policy } from '../policy/policy.js'
import { type Invocation, type Options, UsageError } from './define-command.js'
import { TRUSTED_KEYS, trustedKeys } from './key-options.js'
import { MODE, readMode } from './mode.js'
import { hasPolicy, openPolicy, POLICY, Subjects } from './policy.js'

/** Of every command that judges files by either. */
export const DEMANDED = { ...TRUSTED_KEYS, ...POLICY, ...MODE } as const satisfies Options

/** What files are judged by. */
export interface Demanded {
  policy: Policy
  /** What it was read from. */
  files: readonly string[]
  /** What rules know a file by, where it has some. */
  nameOf(file: string): Pick<Subject, 'path' | 'origin' | 'sidecars'>
}

/**
 * The keys that are given; without one, the policy of the project, where there is one.
 * @throws UsageError; Diagnostic about keys, the policy or its lock
 */
export function demandsOf(invocation: Pick<Invocation<typeof DEMANDED>, 'values' | 'io'>): Demanded {
  const { values, io } = invocation
  const mode = readMode(values)
  const hasKeys = values.key.length + values['key-env'].length > 0
  if (hasKeys && values.policy !== undefined) throw new UsageError('give keys or a policy, not both')
  if (!hasKeys && hasPolicy(invocation)) {
    const folder = openPolicy(invocation, { mode: values.mode === undefined ? undefined : mode })
    const subjects = new Subjects(folder, io)
    return {
      policy: folder.policy,
      files: folder.files,
      nameOf: (file) => subjects.describe(subjects.named(file)),
    }
  }
  const { keys, files } = trustedKeys(invocation)
  return { policy: createPolicy({ mode, signers: keys }), files, nameOf: () => ({}) }
}
