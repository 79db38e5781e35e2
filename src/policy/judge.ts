/** The one judge: what is demanded of a file, and what the file and those who signed it say. */

import { ownMembers } from '../errors/check.js'
import type { Diagnostic } from '../errors/diagnostic.js'
import { type Layer, readSections, type SectionSelector } from '../format/wasm.js'
import type { Sidecars } from '../trust/evidence/frame.js'
import type { Verdict } from '../trust/verdict.js'
import type { Examined } from '../trust/verify.js'
import { Admitted } from './admitted.js'
import type { Origin } from './candidate.js'
import { decideBy } from './demands.js'
import { evidenceOf, evidenceOfAsync } from './evidence.js'
import { look } from './look.js'
import { adoptPolicy, type Policy } from './policy.js'

/** A file that wants to be used. */
export interface Subject {
  /** Display path, for messages. */
  name: string
  /**
   * The real path, forward slashes, from the folder of the policy: what rules know it by. Without one, only the rule of a policy
   * that was made of keys names it.
   */
  path?: string | undefined
  /** Where the bytes are from. @default 'project' */
  origin?: Origin | undefined
  /** The script or pack that holds it, which is then what `path` is of. */
  holder?: Uint8Array | undefined
  /** The whole file. What passes holds on to this very buffer. */
  bytes: Uint8Array
  /** The layer that is needed; any when absent. */
  layer?: Layer | undefined
  /** What lies beside the file and speaks for it. When the file carries a signature as well, all must hold. */
  sidecars?: Sidecars | undefined
  /** Asks for parts of the file only: see {@link VerifyOptions}. */
  sections?: SectionSelector | undefined
}

/** What the judge says. */
export type Judgement =
  | { action: 'accept'; admitted: Admitted; verdict: Verdict }
  | { action: 'warn'; admitted: Admitted; verdict: Verdict; problem: Diagnostic }
  | { action: 'refuse'; verdict: Verdict; problem: Diagnostic }

/**
 * Judges a file by a policy: natively where there is node:crypto, without waiting.
 *
 * Hostile bytes never throw. Under `off` no key is opened; what cannot be framed and what is denied is refused all the same.
 * @throws Diagnostic about a policy that was not made by `createPolicy`
 */
export function judge(given: Subject, demanded: Policy): Judgement {
  const [subject, policy] = [ownMembers(given), adoptPolicy(demanded)]
  const examined = policy.mode === 'off' ? look(subject, policy) : evidenceOf(subject, policy)
  return pronounce(subject, policy, examined)
}

/** Like {@link judge}, with WebCrypto where that is the fast way. */
export async function judgeAsync(given: Subject, demanded: Policy): Promise<Judgement> {
  const [subject, policy] = [ownMembers(given), adoptPolicy(demanded)]
  const examined = policy.mode === 'off' ? look(subject, policy) : await evidenceOfAsync(subject, policy)
  return pronounce(subject, policy, examined)
}

function pronounce(subject: Subject, policy: Policy, { verdict, file, contentHash }: Examined): Judgement {
  const { name, bytes, path, origin, holder, sidecars = {} } = subject
  const { names, rules, ...said } = decideBy(
    { file: name, bytes, path, layer: file?.layer, verdict, origin, holder, contentHash },
    policy,
  )
  if (said.action === 'refuse') return { ...said, action: said.action }
  // Under `lenient`, damaged signature data is let through, and has kept the file from being framed.
  const outside = file ?? readSections(bytes)
  const admitted = new Admitted({ name, bytes, outside, verdict, sidecars, contentHash, names, rules })
  return { ...said, admitted } as Judgement
}
