/** What files are judged by that somebody names: keys, or the policy of the project. */

import type { Subject } from '../policy/judge.js'
import { createPolicy, type Policy } from '../policy/policy.js'
import { type Invocation, type Options, UsageError } from './define-command.js'
import { TRUSTED_KEYS, trustedKeys } from './key-options.js'
import { IDENTITY, namedIdentity } from './identity-options.js'
import { readSubject } from './input.js'
import { MODE, readMode } from './mode.js'
import { hasPolicy, openPolicy, POLICY, readBeside } from './policy.js'
import { Subjects } from './subjects.js'

/** Of every command that judges files by either. */
export const DEMANDED = { ...TRUSTED_KEYS, ...IDENTITY, ...POLICY, ...MODE } as const satisfies Options

/** What files are judged by. */
export interface Demanded {
  policy: Policy
  /** What it was read from. */
  files: readonly string[]
  /** What rules know a file by, where it has some. */
  nameOf(file: string): Pick<Subject, 'path' | 'origin' | 'sidecars'>
}

/** A file and all that speaks for it, for the judge. @throws Diagnostic when something cannot be read */
export function subjectOf(
  file: string,
  { nameOf }: Demanded,
  reading: Parameters<typeof readSubject>[1],
): Subject {
  const { sidecars, ...named } = nameOf(file)
  const subject = readSubject(file, reading)
  return { ...named, ...subject, sidecars: { ...sidecars, ...subject.sidecars } }
}

/**
 * The keys that are given; without one, the policy of the project, where there is one.
 * @throws UsageError; Diagnostic about keys, the policy or its lock
 */
export function demandsOf(invocation: Pick<Invocation<typeof DEMANDED>, 'values' | 'io'>): Demanded {
  const { values, io } = invocation
  const mode = readMode(values)
  const hasKeys = values.key.length + values['key-env'].length > 0
  const named = namedIdentity(invocation)
  const hasSigners = hasKeys || named !== undefined
  if (hasSigners && values.policy !== undefined)
    throw new UsageError('give keys and an identity, or a policy, not both')
  if (!hasSigners && hasPolicy(invocation)) {
    const folder = openPolicy(invocation, { mode: values.mode === undefined ? undefined : mode })
    const subjects = new Subjects(folder, io)
    return {
      policy: folder.policy,
      files: folder.files,
      nameOf: (file) => subjects.describe(subjects.named(file)),
    }
  }
  if (named === undefined) {
    const { keys, files } = trustedKeys(invocation)
    return { policy: createPolicy({ mode, signers: keys }), files, nameOf: () => ({}) }
  }
  const { identity, root, files } = named
  const { keys, files: keyFiles } = hasKeys ? trustedKeys(invocation) : { keys: [], files: [] }
  const policy = createPolicy({ mode, signers: [...keys, identity], root })
  return {
    policy,
    files: [...files, ...keyFiles],
    nameOf: (file) => ({ sidecars: readBeside(file, ['bundle'], io) }),
  }
}
