/** What may enter a lock: what passes everything but the lock itself. */

import { ownMembers } from '../errors/check.js'
import type { Diagnostic } from '../errors/diagnostic.js'
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

type Item = NonNullable<Entered['item']>

/**
 * Judges one file, or all that one script holds, and says what a lock would hold of it: nothing where any of it does not pass. What is
 * locked as it is needs no signer of today.
 * @param policies.unlimited the policy without a day
 */
export function enterAll(
  subjects: readonly Parameters<typeof enter>[0][],
  { policy, unlimited }: { policy: Policy; unlimited: Policy },
): { items: readonly Item[]; problem?: Diagnostic } {
  const items: Item[] = []
  for (const subject of subjects) {
    const { judgement, item } = enter(subject, policy)
    if (item !== undefined) items.push(item)
    else if (judgement.action !== 'accept' && judge(subject, unlimited).action !== 'accept')
      return { items: [], problem: judgement.problem }
  }
  return { items: joined(items) }
}

/** What one script holds is one entry: the set of all of it. */
function joined(items: readonly Item[]): readonly Item[] {
  const [first, ...others] = items
  if (first === undefined || others.length === 0) return items
  const all = (kind: 'contents' | 'signers') => items.flatMap(({ entry }) => entry[kind] ?? [])
  return [{ name: first.name, entry: { contents: all('contents'), signers: all('signers') } }]
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
