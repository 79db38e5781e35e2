/** What came of one file, and of all of them. */

import { has } from '../errors/check.js'
import type { Diagnostic } from '../errors/diagnostic.js'
import type { Hex } from '../format/encoding.js'
import type { Judgement } from '../policy/judge.js'
import type { Action } from '../policy/table.js'
import { describeSigner, type Signer } from '../trust/statement.js'
import type { Verdict } from '../trust/verdict.js'

/** What came of one file. */
export interface FileResult {
  /** The path as it was given. */
  file: string
  action: Action
  /** `unreadable` when there were no bytes to judge. */
  status: Verdict['status'] | 'unreadable'
  /** The trusted keys that signed it, or parts of it. */
  signers: readonly Signer[]
  /** SHA-256 of what the signatures cover; of verified files. */
  digest?: Hex
  /** Why it was warned about or refused. */
  problem?: Diagnostic
  /** How long it took, where that is to be told. */
  seconds?: number
}

/** What a report says beside the results. */
export interface ReportContext {
  /** Gives the version of this package; called only by the formats that say it. */
  version: () => string
  /** What is wrong with the run rather than with a file, such as a key that is not there. @default nothing */
  failures?: readonly Diagnostic[]
  /** The path of a file from the root of the repository, forward slashes, for formats whose readers look there. @default as given */
  pathOf?: (file: string) => string
  /** Columns of the terminal, to which the explanations in the human format are wrapped; as they are when absent. */
  width?: number
  /** Colour the human format. */
  color?: boolean
  /** Leave out files that were accepted, in the human format. */
  quiet?: boolean
}

/**
 * The result of a file that was judged.
 * @param file the path as it was given
 */
export function resultOf(file: string, judgement: Judgement): FileResult {
  const { action, verdict } = judgement
  return {
    file,
    action,
    status: verdict.status,
    signers: has(verdict, 'signers') ? verdict.signers : [],
    ...(has(verdict, 'digest') && { digest: verdict.digest }),
    ...(judgement.action !== 'accept' && { problem: judgement.problem }),
  }
}

/** The result of a file that could not be read. */
export function unreadable(file: string, error: Diagnostic): FileResult {
  return { file, action: 'refuse', status: 'unreadable', signers: [], problem: error }
}

/** One file in a few words. */
export function summarize({ problem, signers, status }: FileResult): string {
  if (problem !== undefined) return problem.code
  if (status === 'unchecked') return 'as the build has reported it'
  if (status === 'unsigned') return 'unsigned, and as it is pinned'
  const who = signers.map(describeSigner).join(', ')
  return status === 'partial' ? `the parts asked for are signed by ${who}` : `signed by ${who}`
}

/** How many files were accepted, warned about and refused. */
export function count(results: readonly FileResult[]): Record<'accepted' | 'warned' | 'refused', number> {
  const of = (action: Action) => results.filter((result) => result.action === action).length
  return { accepted: of('accept'), warned: of('warn'), refused: of('refuse') }
}
