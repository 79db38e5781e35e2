/** Those whom its rules name must have signed the file; one that is pinned carries no signature. */

import { has } from '../../errors/check.js'
import type { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import { explain } from '../../trust/explain.js'
import { describeSigner } from '../../trust/statement.js'
import { type Candidate, type Demand, inOrder } from '../candidate.js'
import { describeRule, type Rule } from '../rule.js'

export const isSigned: Demand = (candidate, policy) => {
  const { verdict, file, rules } = candidate
  const signing = rules.filter(({ unsigned }) => unsigned === undefined)
  const holds = verdict.status === 'verified' || (verdict.status === 'partial' && verdict.sufficient)
  const isDamaged = verdict.status === 'invalid'
  if ((signing.length > 0 && !holds) || isDamaged) return explain(verdict, file, policy.signers)
  for (const rule of inOrder(rules)) {
    const objection = rule.unsigned === undefined ? missing(rule, candidate) : carried(rule, candidate)
    if (objection !== undefined) return objection
  }
  return undefined
}

function missing(rule: Rule, { verdict, file }: Candidate): Diagnostic | undefined {
  const found = has(verdict, 'signers') ? verdict.signers : []
  const wanted = new Set(rule.signers.map(({ fingerprint }) => fingerprint))
  const counted = new Set(found.map(({ fingerprint }) => fingerprint).filter((one) => wanted.has(one)))
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
