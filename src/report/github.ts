/** Results as annotations of GitHub Actions. */

import type { Diagnostic } from '../errors/diagnostic.js'
import { escapeControls } from '../errors/text.js'
import { formatHuman } from './human.js'
import type { FileResult, ReportContext } from './result.js'

/** @see GitHub Actions, "Workflow commands", for the escapes */
export function formatGithub(results: readonly FileResult[], context: ReportContext): string {
  const { failures = [], pathOf = (file) => file } = context
  const annotations = results.flatMap(({ file, action, problem }) => {
    if (problem === undefined) return []
    const level = action === 'warn' ? 'warning' : 'error'
    const path = pathOf(file)
    return [annotate(level, problem.at(path), `file=${escapeProperty(escapeControls(path))},`)]
  })
  const others = failures.map((failure) => annotate('error', failure, ''))
  return [...others, ...annotations, formatHuman(results, { ...context, color: false })].join('\n')
}

function annotate(level: 'warning' | 'error', { code, what, hint }: Diagnostic, where: string): string {
  return `::${level} ${where}title=${escapeProperty(code)}::${escapeData(`${what}\nhint: ${hint}`)}`
}

const escapeData = (text: string) =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const escapeProperty = (text: string) => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
