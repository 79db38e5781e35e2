/** The file may import what its rules allow, and nothing else. */

import { problem } from '../../errors/raise.js'
import { type Demand, inOrder } from '../candidate.js'
import { describeRule } from '../rule.js'

export const importsAreAllowed: Demand = (candidate) => {
  for (const rule of inOrder(candidate.rules)) {
    const { imports, place } = rule
    if (imports === undefined) continue
    const foreign = candidate.surface.imports.filter((one) => !imports.some((pattern) => pattern.allows(one)))
    if (foreign.length > 0)
      return problem('IMPORT_NOT_ALLOWED', {
        file: candidate.file,
        rule: describeRule(rule),
        imports: foreign,
        ...(place && { place }),
      })
  }
  return undefined
}
