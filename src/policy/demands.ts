/** What is demanded of a file, in the order in which it is spoken of: the first that is not met says why. */

import type { Diagnostic } from '../errors/diagnostic.js'
import { type Verdict, verdictOfError } from '../trust/verdict.js'
import { Candidate, type Demand, type Findings } from './candidate.js'
import { importsAreAllowed } from './demands/imports.js'
import { isLocked } from './demands/locked.js'
import { isNamed } from './demands/named.js'
import { isReachable } from './demands/reachable.js'
import { isSigned } from './demands/signed.js'
import { type FileName, namesOf } from './file-name.js'
import type { Policy } from './policy.js'
import { type Rule, rulesFor } from './rule.js'
import { decide, type Decision } from './table.js'

/** A decision. `verdict` is another than was found where the names in a file could not be read. */
export type Decided = Decision & { names: readonly FileName[]; rules: readonly Rule[]; verdict: Verdict }

const DEMANDS: readonly Demand[] = [isReachable, isNamed, isSigned, importsAreAllowed, isLocked]

/** Decides on a file by all that the rules which name it demand. */
export function decideBy(
  { path, ...found }: Findings & { path: string | undefined },
  policy: Policy,
): Decided {
  const { mode, signers: keys } = policy
  const { verdict, file } = found
  const names = path === undefined ? [] : namesOf(path)
  const rules = rulesFor(names, policy.rules)
  // What nobody looked at, what cannot be read and what is denied is decided by that alone.
  if (mode === 'off' || verdict.status === 'malformed' || verdict.status === 'denied')
    return { ...decide(verdict, { mode, file, keys }), names, rules, verdict }
  const candidate = new Candidate({ ...found, path, names, rules })
  try {
    const objection = firstObjection(candidate, policy)
    if (objection === undefined) return { action: 'accept', names, rules, verdict }
    const isTolerable = mode === 'lenient' || isUnderWork(objection, candidate, policy)
    return { action: isTolerable ? 'warn' : 'refuse', problem: objection, names, rules, verdict }
  } catch (error) {
    const unreadable = verdictOfError(error)
    return { ...decide(unreadable, { mode, file, keys }), names, rules, verdict: unreadable }
  }
}

function firstObjection(candidate: Candidate, policy: Policy): Diagnostic | undefined {
  for (const demand of DEMANDS) {
    const objection = demand(candidate, policy)
    if (objection !== undefined) return objection
  }
  return undefined
}

/** A file of the project that somebody works on is built many times a day, and locked when it is done. */
function isUnderWork({ code }: Diagnostic, { names }: Candidate, { isServing }: Policy): boolean {
  return isServing && code === 'LOCK_DIFFERS' && names[0]?.package === undefined
}
