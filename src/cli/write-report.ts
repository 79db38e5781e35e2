/** Where reports go, and in which format. */

import path from 'node:path'
import { toSlashes } from '../disk/paths.js'
import { isInside } from '../disk/targets.js'
import type { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import { decodeUtf8, encodeUtf8 } from '../format/encoding.js'
import { formatReport, REPORT_FORMATS, type ReportFormat } from '../report/formats.js'
import { isOwnReport } from '../report/recognise.js'
import type { FileResult, ReportContext } from '../report/result.js'
import { type Invocation, type Options, UsageError } from './define-command.js'
import type { Io } from './io.js'
import { assertApart, FORCE, OUTPUT } from './output.js'

/** Of every command that reports on files. */
export const REPORT = {
  format: {
    type: 'string',
    value: REPORT_FORMATS.join('|'),
    help: 'how to report (default: human, github in GitHub Actions)',
  },
  output: { ...OUTPUT.output, help: 'write the report there, and the human one to the terminal' },
  quiet: { type: 'boolean', short: 'q', default: false, help: 'say nothing about accepted files' },
  time: { type: 'boolean', default: false, help: 'tell in JUnit how long each file took' },
  force: { ...FORCE.force, help: 'let --output overwrite a file that is no report of ours' },
} as const satisfies Options

type ReportInvocation = Pick<Invocation<typeof REPORT>, 'values' | 'io'>

/** What is to be reported how. */
export interface ReportOptions {
  format: ReportFormat
  output: string | undefined
  quiet: boolean
}

/** @throws UsageError for a name that is no format */
export function readReportOptions({ values, io }: ReportInvocation): ReportOptions {
  const wanted = values.format ?? (io.env['GITHUB_ACTIONS'] ? 'github' : 'human')
  const format = REPORT_FORMATS.find((name) => name === wanted)
  if (format === undefined) throw new UsageError(`--format must be one of ${REPORT_FORMATS.join(', ')}`)
  return { format, output: values.output, quiet: values.quiet }
}

/**
 * Looks whether the report may take its place: that of an earlier one, or a free one.
 * @param kept what is read, which nothing may take the place of
 * @throws Diagnostic `OUTPUT_CLASH`; `FILE_EXISTS` for what is no report of ours
 */
export function assertReportable(
  { output }: ReportOptions,
  { values, io }: ReportInvocation,
  kept: readonly string[],
): void {
  if (output === undefined) return
  assertApart([output], { kept, io })
  if (values.force || !io.isTaken(output)) return
  const text = decodeUtf8(io.read(output))
  if (text === undefined || !isOwnReport(text)) throw problem('FILE_EXISTS', { file: output })
}

/** What came of a run. */
export interface Outcome {
  results: readonly FileResult[]
  /** What is wrong with the run rather than with a file. */
  failures: readonly Diagnostic[]
  /** Why it could not start; whoever called says that to people. */
  error?: unknown
}

/** Writes the report, and one for people to the terminal where it goes to a file. */
export async function writeReport(
  { results, failures, error }: Outcome,
  { format, output, quiet }: ReportOptions,
  io: Io,
): Promise<void> {
  const pathOf = (file: string) => pathInRepository(file, io)
  const context: ReportContext = { version: await findVersion(format), quiet, failures, pathOf }
  if (output !== undefined)
    io.write(output, encodeUtf8(`${formatReport(results, format, context)}\n`), { replace: true })
  const shown = output === undefined ? format : 'human'
  if (shown === 'human' && error !== undefined) return
  const text = formatReport(results, shown, {
    ...context,
    color: wantsColor(io),
    ...(io.columns === undefined ? {} : { width: io.columns }),
  })
  if (text !== '') io.print(text)
}

/**
 * The path that readers of the repository know: never absolute, and without `./`. Of a file that is elsewhere there is only
 * the name.
 */
function pathInRepository(file: string, { cwd, repository }: Io): string {
  const target = path.resolve(cwd, file)
  return isInside(target, repository) ? toSlashes(path.relative(repository, target)) : path.basename(file)
}

/** Loaded for the formats that say it: a start costs a millisecond for each file. */
async function findVersion(format: ReportFormat): Promise<() => string> {
  if (format === 'human' || format === 'github') return () => ''
  return (await import('../disk/versions.js')).packageVersion
}

/** @see no-color.org and force-color.org */
function wantsColor({ env, isTerminal }: Io): boolean {
  if (env['NO_COLOR']) return false
  return env['FORCE_COLOR'] ? env['FORCE_COLOR'] !== '0' : isTerminal.out
}
