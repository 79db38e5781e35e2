/** Those whom its rules name must have signed the file; one that is pinned carries no signature. */

import { has } from '../../errors/check.js'
import type { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import { explain } from '../../trust/explain.js'
import type { TrustedSigner } from '../../trust/identity.js'
import { describeSigner, signerId } from '../../trust/statement.js'
import { type Candidate, type Demand, inOrder } from '../candidate.js'
import type { Policy } from '../policy.js'
import { describeRule, type Rule } from '../rule.js'

export const isSigned: Demand = (candidate, policy) => {
  const { verdict, file, rules } = candidate
  const signing = rules.filter(({ unsigned }) => unsigned === undefined)
  const holds = verdict.status === 'verified' || (verdict.status === 'partial' && verdict.sufficient)
  const isDamaged = verdict.status === 'invalid'
  if ((signing.length > 0 && !holds) || isDamaged) return explain(verdict, file, askedOf(signing, policy))
  for (const rule of inOrder(rules)) {
    const objection = rule.unsigned === undefined ? missing(rule, candidate) : carried(rule, candidate)
    if (objection !== undefined) return objection
  }
  return undefined
}

/** Who could have signed it: everybody who is trusted, unless its rules name identities alone. */
function askedOf(rules: readonly Rule[], { signers }: Policy): readonly TrustedSigner[] {
  const named = rules.flatMap((rule): readonly TrustedSigner[] => rule.signers)
  return named.length > 0 && named.every(({ kind }) => kind === 'identity') ? named : signers
}

function missing(rule: Rule, { verdict, file }: Candidate): Diagnostic | undefined {
  const found = has(verdict, 'signers') ? verdict.signers : []
  const wanted = new Set(rule.signers.map(signerId))
  const counted = new Set(found.map(signerId).filter((one) => wanted.has(one)))
  if (counted.size >= rule.threshold) return undefined
  return problem('SIGNERS_MISSING', {
    file,
    rule: describeRule(rule),
    wanted: rule.signers.map(({ name }) => name),
    threshold: rule.threshold,
    found: found.map(describeSigner),
    ...(rule.ended && { ended: rule.ended }),
    ...(rule.place && { place: rule.place }),
  })
}

function carried(rule: Rule, { verdict, file }: Candidate): Diagnostic | undefined {
  if (verdict.status === 'unsigned') return undefined
  const found = has(verdict, 'signers') ? verdict.signers.map(describeSigner) : []
  return problem('SIGNERS_MISSING', {
    file,
    rule: describeRule(rule),
    found,
    ...(rule.place && { place: rule.place }),
  })
}
