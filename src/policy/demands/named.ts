/** A rule must name the file. */

import { has } from '../../errors/check.js'
import { problem } from '../../errors/raise.js'
import type { Demand } from '../candidate.js'
import { formatName } from '../file-name.js'

export const isNamed: Demand = ({ rules, names, file, verdict }, { signers }) => {
  if (rules.length > 0) return undefined
  const [innermost] = names
  // What a package brings unsigned is not made better by naming who has not signed it.
  const isTheirs = innermost?.package !== undefined && verdict.status === 'unsigned'
  return problem('NO_RULE', {
    file,
    name: innermost && formatName(innermost),
    signers: has(verdict, 'signers') ? verdict.signers.map(({ name }) => name) : [],
    known: isTheirs ? [] : signers.map(({ name }) => name),
  })
}
