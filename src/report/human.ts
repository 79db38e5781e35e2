/** Results for people. */

import { escapeControls, withoutLogCommands } from '../errors/text.js'
import type { Action } from '../policy/table.js'
import { count, type FileResult, type ReportContext, summarize } from './result.js'

const COLORS: Record<Action, number> = { accept: 32, warn: 33, refuse: 31 }

const MARKS: Record<Action, string> = { accept: 'ok     ', warn: 'warn   ', refuse: 'REFUSED' }

export function formatHuman(
  results: readonly FileResult[],
  { color = false, quiet = false, width = Infinity, failures = [] }: ReportContext,
): string {
  const paint = (action: Action, text: string) => (color ? `\x1b[${COLORS[action]}m${text}\x1b[0m` : text)
  const shown = results.filter(({ action }) => !quiet || action !== 'accept')
  const lines = shown.map(
    (result) =>
      `${paint(result.action, MARKS[result.action])} ${escapeControls(result.file)}  ${summarize(result)}`,
  )
  const problems = [...shown.flatMap(({ problem }) => problem ?? []), ...failures]
  const hints = problems.map(({ message }) => `\n${wrap(message, width)}`)
  const { accepted, warned, refused } = count(results)
  const total = `${results.length} ${results.length === 1 ? 'file' : 'files'}: ${accepted} accepted, ${warned} warned about, ${refused} refused`
  const isSilent = quiet && lines.length + hints.length === 0
  const text = [
    ...lines,
    ...hints,
    ...(isSilent ? [] : [`${lines.length + hints.length > 0 ? '\n' : ''}${total}`]),
  ]
  return text.join('\n').trimStart().split('\n').map(withoutLogCommands).join('\n')
}

/** Breaks long lines at spaces and indents what follows; a word that is longer than a line stays whole. */
function wrap(text: string, width: number): string {
  const fold = (line: string) => {
    const [indent] = /^ */.exec(line)!
    const [first = '', ...words] = line.trimStart().split(' ')
    const folded = [indent + first]
    for (const word of words) {
      const longer = `${folded.at(-1)} ${word}`
      if (longer.length <= width) folded[folded.length - 1] = longer
      else folded.push(`    ${word}`)
    }
    return folded.join('\n')
  }
  return text.split('\n').map(fold).join('\n')
}
