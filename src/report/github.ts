/** Results as annotations of GitHub Actions. */

import { escapeControls } from '../errors/text.js'
import { formatHuman } from './human.js'
import type { FileResult, ReportContext } from './result.js'

/** @see GitHub Actions, "Workflow commands", for the escapes */
export function formatGithub(results: readonly FileResult[], context: ReportContext): string {
  const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
  const annotations = results.flatMap(({ file, action, problem }) => {
    if (problem === undefined) return []
    const level = action === 'warn' ? 'warning' : 'error'
    const where = `file=${property(escapeControls(file))},title=${property(problem.code)}`
    return [`::${level} ${where}::${data(`${problem.what}\nhint: ${problem.hint}`)}`]
  })
  return [...annotations, formatHuman(results, { ...context, color: false })].join('\n')
}
