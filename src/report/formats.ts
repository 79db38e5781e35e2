/** Results to text, by format. */

import { formatGithub } from './github.js'
import { formatHuman } from './human.js'
import { formatJson } from './json.js'
import { formatJunit } from './junit.js'
import type { FileResult, ReportContext } from './result.js'
import { formatSarif } from './sarif.js'

/** The formats of {@link formatReport}. */
export const REPORT_FORMATS = ['human', 'json', 'github', 'sarif', 'junit'] as const

export type ReportFormat = (typeof REPORT_FORMATS)[number]

const WRITERS: Record<ReportFormat, (results: readonly FileResult[], context: ReportContext) => string> = {
  human: formatHuman,
  json: formatJson,
  github: formatGithub,
  sarif: formatSarif,
  junit: formatJunit,
}

/** The results, in the order given, as one text without a line end at its end. */
export function formatReport(
  results: readonly FileResult[],
  format: ReportFormat,
  context: ReportContext,
): string {
  return WRITERS[format](results, context)
}
