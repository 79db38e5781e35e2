/** What may enter a lock: what passes everything but the lock itself. */

import { ownMembers } from '../errors/check.js'
import { readLayer } from '../format/wasm.js'
import { Candidate } from './candidate.js'
import { formatName, namesOf } from './file-name.js'
import { judge, type Judgement, type Subject } from './judge.js'
import type { LockEntry } from './lock.js'
import { entryOf, levelOf } from './lock-entry.js'
import type { Policy } from './policy.js'
import { rulesFor } from './rule.js'

/** A file that was judged for a lock. */
export interface Entered {
  judgement: Judgement
  /** What the lock would hold of it, and by which name; nothing where it does not pass, or nothing of it is locked. */
  item?: { name: string; entry: LockEntry }
}

/** Judges a file, and says what a lock would hold of it. */
export function enter(given: Subject & { path: string }, policy: Policy): Entered {
  const subject = ownMembers(given)
  const judgement = judge(subject, policy)
  const isAboutLock = judgement.action !== 'accept' && judgement.problem.code.startsWith('LOCK_')
  const names = namesOf(subject.path)
  if (judgement.action !== 'accept' && !isAboutLock) return { judgement }
  const candidate = new Candidate({
    ...subject,
    file: subject.name,
    layer: readLayer(subject.bytes),
    verdict: judgement.verdict,
    names,
    rules: rulesFor(names, policy.rules),
  })
  if (levelOf(candidate) === 'none') return { judgement }
  return { judgement, item: { name: formatName(names[0]!), entry: entryOf(candidate) } }
}
