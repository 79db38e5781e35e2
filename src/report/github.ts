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
    return [annotate(level, problem.at(path), describePlace(problem.place, path, pathOf))]
  })
  const others = failures.map((failure) =>
    annotate('error', failure, failure.place ? describePlace(failure.place, '', pathOf) : ''),
  )
  return [...others, ...annotations, formatHuman(results, { ...context, color: false })].join('\n')
}

/** The line of a policy or lock that somebody has to look at, or the file. */
function describePlace(place: Diagnostic['place'], file: string, pathOf: (file: string) => string): string {
  const where = place === undefined ? file : pathOf(place.file)
  const lines = place === undefined ? '' : `line=${place.line},col=${place.column},`
  return `file=${escapeProperty(escapeControls(where))},${lines}`
}

function annotate(level: 'warning' | 'error', { code, what, hint }: Diagnostic, where: string): string {
  return `::${level} ${where}title=${escapeProperty(code)}::${escapeData(`${what}\nhint: ${hint}`)}`
}

const escapeData = (text: string) =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const escapeProperty = (text: string) => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
