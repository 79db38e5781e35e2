/** `signed-wasm verify`: the gate. */

import { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import { judge } from '../../policy/judge.js'
import { type FileResult, resultOf, unreadable } from '../../report/result.js'
import { DEMANDED, type Demanded, demandsOf, subjectOf } from '../demanded.js'
import { defineCommand, type Invocation, type Options, UsageError } from '../define-command.js'
import { LOG, logResults } from '../audit.js'
import { exitCodeOf } from '../exit.js'
import { DETACHED, INPUT, readLimit, selectFiles, SIGNATURE_FILE, SPLIT } from '../input.js'
import type { Io } from '../io.js'
import {
  assertReportable,
  type Outcome,
  readReportOptions,
  REPORT,
  writeReport,
  type ReportOptions,
} from '../write-report.js'

const OPTIONS = {
  ...INPUT,
  ...DEMANDED,
  ...SIGNATURE_FILE,
  ...DETACHED,
  ...SPLIT,
  ...REPORT,
  ...LOG,
  report: {
    type: 'string',
    value: '<file>',
    help: 'compare the folder of an output with what its build has reported',
  },
} as const satisfies Options

type VerifyInvocation = Invocation<typeof OPTIONS>

/** `signed-wasm verify`. */
export const verify = defineCommand({
  usage: '<files or globs...> --key <name>.pub [--key ...]',
  options: OPTIONS,
  examples: [
    'npx unplugin-signed-wasm verify --key release.pub dist/*.wasm',
    "npx unplugin-signed-wasm verify --key keys 'node_modules/acme/**/*.wasm'",
    "npx unplugin-signed-wasm verify --key keys --format sarif -o verify.sarif 'src/**/*.wasm'",
    "npx unplugin-signed-wasm verify --report wasm-report.json 'dist/**'",
  ],
  async run(invocation) {
    const { io, values, args } = invocation
    const options = readReportOptions(invocation)
    // Before anything else is looked at, so that no failure is written over a file that is something else.
    assertReportable(options, invocation, [...values.input, ...args, ...values.key])
    const outcome = await attempt(async () => {
      if (values.report === undefined) return checkAll(invocation, options)
      if (asksForMore(values))
        throw new UsageError('with --report, give no keys, no policy and no signatures')
      const { compareFolder } = await import('../compare-folder.js')
      return compareFolder(values.report, invocation, options)
    })
    await writeReport(outcome, options, io)
    logResults(outcome.results, invocation)
    if (outcome.error !== undefined) throw outcome.error
    return exitCodeOf([...outcome.failures, ...outcome.results.flatMap(refusals)])
  },
})

/** Whether what a build has decided is to be decided by something else as well. */
function asksForMore({ key, split, policy, ...values }: VerifyInvocation['values']): boolean {
  const lists = [key, values['key-env'], split]
  return lists.some(({ length }) => length > 0) || (policy ?? values['signature-file']) !== undefined
}

const refusals = ({ action, problem: refusal }: FileResult) => (action === 'refuse' ? (refusal ?? []) : [])

/** A run that cannot start is reported as well: whoever waits for the report must not take the last one for it. */
async function attempt(run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run()
  } catch (error) {
    return { results: [], failures: [failureOf(error)], error }
  }
}

function failureOf(error: unknown): Diagnostic {
  if (error instanceof Diagnostic) return error.through('command line')
  if (error instanceof UsageError)
    return problem('COMMAND_MISUSED', { what: error.message, command: 'verify' })
  throw error
}

function checkAll(invocation: VerifyInvocation, options: ReportOptions): Outcome {
  const { values, io } = invocation
  readLimit(values) // wrong usage is said before any file is looked at
  const { files, problems } = selectFiles(invocation, { writes: false, quiet: values.quiet })
  if (values['signature-file'] !== undefined && files.length > 1) throw new UsageError('-S takes one file')
  const demanded = demandsOf(invocation)
  assertReportable(options, invocation, [
    ...files.flatMap((file) => [file, `${file}.sig`, `${file}.sigstore.json`]),
    ...demanded.files,
  ])
  const results = withProgress(files, io, (file) => verifyFile(file, demanded, invocation))
  const shown = problems.map((one) => one.through('command line'))
  return {
    results: [
      ...results,
      ...shown.flatMap((one) => (one.file === undefined ? [] : unreadable(one.file, one))),
    ],
    failures: shown.filter(({ file }) => file === undefined),
  }
}

function verifyFile(file: string, demanded: Demanded, invocation: VerifyInvocation): FileResult {
  const started = performance.now()
  const result = readableHere(judgeFile(file, demanded, invocation))
  return invocation.values.time ? { ...result, seconds: (performance.now() - started) / 1000 } : result
}

function judgeFile(file: string, demanded: Demanded, invocation: VerifyInvocation): FileResult {
  try {
    return resultOf(file, judge(subjectOf(file, demanded, invocation), demanded.policy))
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
    return unreadable(file, error)
  }
}

/** The same result, with hints that speak of flags. */
function readableHere({ problem: why, ...result }: FileResult): FileResult {
  return why === undefined ? result : { ...result, problem: why.through('command line') }
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
