/** The line that states what a build enforces. */

import { escapeControls, firstOf } from '../errors/text.js'
import type { Policy } from '../policy/policy.js'
import { describeSigner } from '../trust/statement.js'

/** What a build says of its policy beside what stands in it. */
export interface PolicySources {
  /** Environment variables whose word is taken, no fingerprint being pinned. */
  trustedVariables: readonly string[]
  /** How many files in key folders were passed over because of their names. */
  ignoredFiles: number
  /** Globs of the files that the policy is for, and of those that it is not for. */
  include: readonly string[]
  exclude: readonly string[]
  /** The path of the file that the policy is written in. */
  policyFile?: string | undefined
}

/** How many globs of each option are named. */
const MAX_GLOBS = 20

/** One line without a line end. */
export function summarizePolicy(
  { mode, signers, rules }: Policy,
  { trustedVariables, ignoredFiles, include, exclude, policyFile }: PolicySources,
): string {
  const keys = `${signers.length} trusted ${signers.length === 1 ? 'key' : 'keys'}`
  const parts = [
    `${mode}, ${policyFile === undefined ? '' : `${escapeControls(policyFile)}, ${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}, `}${keys}: ${signers.map(describeSigner).join(', ') || 'none'}`,
    ...trustedVariables.map((name) => `the environment is trusted to name the key in ${name}`),
    ...(ignoredFiles > 0 ? [`${ignoredFiles} other files beside the keys ignored`] : []),
    ...describeGlobs('include', include),
    ...describeGlobs('exclude', exclude),
  ]
  return `[signed-wasm] ${parts.join('; ')}`
}

function describeGlobs(option: string, globs: readonly string[]): string[] {
  return globs.length === 0 ? [] : [`${option} ${firstOf(globs.map(escapeControls), MAX_GLOBS).join(', ')}`]
}
