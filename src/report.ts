/** Results to text: for people, for programs, and in the formats that CI systems read. Pure. */

import { type Diagnostic, escapeControls } from './errors.js'
import type { Hex } from './format/bytes.js'
import type { Decision } from './trust/policy.js'
import { describeSigner, type Signer, type Verdict } from './trust/verify.js'

/** What came of one file. */
export interface FileResult {
  /** The path as it was given. */
  file: string
  action: Decision['action']
  /** `unreadable` when there were no bytes to judge. */
  status: Verdict['status'] | 'unreadable'
  /** The trusted keys that signed it, or parts of it. */
  signers: readonly Signer[]
  /** SHA-256 of what the signatures cover; of verified files. */
  digest?: Hex
  /** Why it was warned about or refused. */
  problem?: Diagnostic
}

/** The formats of {@link formatReport}. */
export const REPORT_FORMATS = ['human', 'json', 'github', 'sarif', 'junit'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

/** What a report says beside the results. */
export interface ReportContext {
  /** Gives the version of this package; called only by the formats that say it. */
  version: () => string
  /** Columns of the terminal, to which the explanations in the human format are wrapped; as they are when absent. */
  width?: number
  /** Colour the human format. */
  color?: boolean
  /** Leave out files that were accepted, in the human format. */
  quiet?: boolean
}

/** Version of the JSON report, raised when a field changes its meaning. Its schema is `schema/verify-result.json`. */
const JSON_VERSION = 1

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

const COLORS: Record<Decision['action'], number> = { accept: 32, warn: 33, refuse: 31 }
const MARKS: Record<Decision['action'], string> = { accept: 'ok     ', warn: 'warn   ', refuse: 'REFUSED' }

function formatHuman(
  results: readonly FileResult[],
  { color = false, quiet = false, width = Infinity }: ReportContext,
): string {
  const paint = (action: Decision['action'], text: string) =>
    color ? `\x1b[${COLORS[action]}m${text}\x1b[0m` : text
  const shown = results.filter(({ action }) => !quiet || action !== 'accept')
  const lines = shown.map(
    (result) =>
      `${paint(result.action, MARKS[result.action])} ${escapeControls(result.file)}  ${summarize(result)}`,
  )
  const hints = shown.flatMap(({ problem }) => (problem ? [`\n${wrap(problem.message, width)}`] : []))
  const { accepted, warned, refused } = count(results)
  const total = `${results.length} ${results.length === 1 ? 'file' : 'files'}: ${accepted} accepted, ${warned} warned about, ${refused} refused`
  return [
    ...lines,
    ...hints,
    ...(quiet && shown.length === 0 ? [] : [`${shown.length > 0 ? '\n' : ''}${total}`]),
  ].join('\n')
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

function summarize({ problem, signers, status }: FileResult): string {
  if (problem !== undefined) return problem.code
  const who = signers.map(describeSigner).join(', ')
  return status === 'partial' ? `the parts asked for are signed by ${who}` : `signed by ${who}`
}

function count(results: readonly FileResult[]): Record<'accepted' | 'warned' | 'refused', number> {
  const of = (action: Decision['action']) => results.filter((result) => result.action === action).length
  return { accepted: of('accept'), warned: of('warn'), refused: of('refuse') }
}

function formatJson(results: readonly FileResult[], { version }: ReportContext): string {
  const report = {
    version: JSON_VERSION,
    tool: { name: 'signed-wasm', version: version() },
    summary: count(results),
    results: results.map(({ file, action, status, signers, digest, problem }) => ({
      file: escapeControls(file),
      action,
      status,
      signers: signers.map(({ name, keyId, fingerprint }) => ({ name, keyId, fingerprint })),
      ...(digest === undefined ? {} : { digest }),
      ...(problem === undefined
        ? {}
        : { error: { code: problem.code, what: problem.what, hint: problem.hint } }),
    })),
  }
  return JSON.stringify(report, null, 2)
}

/** @see GitHub Actions, "Workflow commands", for the escapes */
function formatGithub(results: readonly FileResult[], context: ReportContext): string {
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

/** @see SARIF 2.1.0, OASIS standard */
function formatSarif(results: readonly FileResult[], { version }: ReportContext): string {
  const found = results.filter((result) => result.problem !== undefined)
  const rules = new Map(found.map(({ problem }) => [problem!.code, problem!]))
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'signed-wasm',
            semanticVersion: version(),
            rules: [...rules].map(([id, { hint }]) => ({ id, help: { text: hint } })),
          },
        },
        results: found.map(({ file, action, problem }) => ({
          ruleId: problem!.code,
          level: action === 'warn' ? 'warning' : 'error',
          message: { text: `${problem!.what}\nhint: ${problem!.hint}` },
          locations: [{ physicalLocation: { artifactLocation: { uri: toUri(file) } } }],
        })),
      },
    ],
  }
  return JSON.stringify(log, null, 2)
}

function toUri(file: string): string {
  const path = escapeControls(file).replaceAll('\\', '/')
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return /^[a-z]:/i.test(path) ? `file:///${encoded.replace('%3A', ':')}` : encoded
}

function formatJunit(results: readonly FileResult[]): string {
  const { refused } = count(results)
  const totals = `tests="${results.length}" failures="${refused}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals}>`,
    `  <testsuite name="signed-wasm" ${totals} errors="0" skipped="0">`,
    ...results.map(formatTestCase),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')
}

function formatTestCase({ file, action, problem }: FileResult): string {
  const open = `    <testcase classname="signed-wasm" name="${toXml(file)}"`
  if (problem === undefined) return `${open}/>`
  const body = toXml(problem.message)
  const inner =
    action === 'refuse'
      ? `<failure type="${problem.code}" message="${toXml(problem.what)}">${body}</failure>`
      : `<system-err>${body}</system-err>`
  return `${open}>${inner}</testcase>`
}

const XML_ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

// Escaping controls first also removes the characters that XML 1.0 cannot hold.
function toXml(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => escapeControls(line).replace(/[&<>"']/g, (character) => XML_ESCAPES[character]!))
  return lines.join('\n')
}
