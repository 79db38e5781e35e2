/** `signed-wasm verify`: the gate. */

import { Diagnostic } from '../../errors/diagnostic.js'
import { judge } from '../../policy/judge.js'
import { createPolicy, type Policy } from '../../policy/policy.js'
import { formatReport, REPORT_FORMATS, type ReportFormat } from '../../report/formats.js'
import { type FileResult, resultOf, unreadable } from '../../report/result.js'
import { defineCommand, type Invocation, type Options, UsageError } from '../define-command.js'
import { exitCodeOf } from '../exit.js'
import type { Io } from '../io.js'
import {
  DETACHED,
  INPUT,
  inputFiles,
  MODE,
  OUTPUT,
  readMode,
  readSubject,
  SIGNATURE_FILE,
  SPLIT,
  TRUSTED_KEYS,
  trustedKeys,
} from '../shared-options.js'

const OPTIONS = {
  ...INPUT,
  ...TRUSTED_KEYS,
  ...SIGNATURE_FILE,
  ...DETACHED,
  ...MODE,
  ...SPLIT,
  format: {
    type: 'string',
    value: REPORT_FORMATS.join('|'),
    help: 'how to report (default: human, github in GitHub Actions)',
  },
  output: { ...OUTPUT.output, help: 'write the report there, and the human one to the terminal' },
  quiet: { type: 'boolean', short: 'q', default: false, help: 'say nothing about accepted files' },
} as const satisfies Options

type VerifyInvocation = Invocation<typeof OPTIONS>

/** `signed-wasm verify`. */
export const verify = defineCommand({
  usage: '<files or globs...> --key <name>.pub [--key ...]',
  options: OPTIONS,
  examples: [
    'npx unplugin-signed-wasm verify --key release.pub dist/*.wasm',
    "npx unplugin-signed-wasm verify --key keys 'node_modules/**/*.wasm'",
  ],
  async run(invocation) {
    const { values, io } = invocation
    const mode = readMode(values)
    const format = readFormat(invocation)
    const files = inputFiles(invocation)
    const policy = createPolicy({ mode, signers: trustedKeys(invocation) })
    if (values['signature-file'] !== undefined && files.length > 1) throw new UsageError('-S takes one file')
    const results = withProgress(files, io, (file) => readableHere(verifyFile(file, policy, invocation)))
    await report(results, format, invocation)
    return exitCodeOf(results.flatMap(({ action, problem }) => (action === 'refuse' ? (problem ?? []) : [])))
  },
})

function readFormat({ values, io }: VerifyInvocation): ReportFormat {
  const wanted = values.format ?? (io.env['GITHUB_ACTIONS'] ? 'github' : 'human')
  const format = REPORT_FORMATS.find((name) => name === wanted)
  if (format === undefined) throw new UsageError(`--format must be one of ${REPORT_FORMATS.join(', ')}`)
  return format
}

function verifyFile(file: string, policy: Policy, invocation: VerifyInvocation): FileResult {
  try {
    return resultOf(file, judge(readSubject(file, invocation), policy))
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
    return unreadable(file, error)
  }
}

/** The same result, with hints that speak of flags. */
function readableHere({ problem, ...result }: FileResult): FileResult {
  return problem === undefined ? result : { ...result, problem: problem.through('command line') }
}

async function report(
  results: readonly FileResult[],
  format: ReportFormat,
  { values, io }: VerifyInvocation,
): Promise<void> {
  const context = { version: await findVersion(format), quiet: values.quiet }
  const { output } = values
  if (output !== undefined) {
    const bytes = new TextEncoder().encode(`${formatReport(results, format, context)}\n`)
    io.write(output, bytes, { replace: true })
  }
  const shown = formatReport(results, output === undefined ? format : 'human', {
    ...context,
    color: wantsColor(io),
    ...(io.columns === undefined ? {} : { width: io.columns }),
  })
  if (shown !== '') io.out(shown)
}

/** Loaded for the formats that say it: a start costs a millisecond for each file. */
async function findVersion(format: ReportFormat): Promise<() => string> {
  if (format === 'human' || format === 'github') return () => ''
  return (await import('../../disk/versions.js')).packageVersion
}

/** @see no-color.org and force-color.org */
function wantsColor({ env, isTerminal }: Io): boolean {
  if (env['NO_COLOR']) return false
  return env['FORCE_COLOR'] ? env['FORCE_COLOR'] !== '0' : isTerminal.out
}

/** Says how far it is on a terminal, from the second second on. */
function withProgress<T>(files: readonly string[], io: Io, work: (file: string) => T): T[] {
  const started = performance.now()
  let shown = false
  const results = files.map((file, index) => {
    if (io.isTerminal.err && performance.now() - started > 1000) {
      io.status(`\r${index} of ${files.length}`)
      shown = true
    }
    return work(file)
  })
  if (shown) io.status('\r\x1b[K')
  return results
}
