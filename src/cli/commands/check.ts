/** `signed-wasm check`: the gate in CI. Whether all that the rules name is as policy and lock say. */

import { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import { judge, type Judgement } from '../../policy/judge.js'
import { describeRule, rulesFor } from '../../policy/rule.js'
import { namesOf } from '../../policy/file-name.js'
import { type FileResult, resultOf, unreadable } from '../../report/result.js'
import { defineCommand, type Invocation, type Options } from '../define-command.js'
import { LOG, logResults } from '../audit.js'
import { exitCodeOf } from '../exit.js'
import { openPolicy, POLICY, shownAt } from '../policy.js'
import { Subjects } from '../subjects.js'
import { assertReportable, type Outcome, readReportOptions, REPORT, writeReport } from '../write-report.js'

const OPTIONS = { ...POLICY, ...REPORT, ...LOG } as const satisfies Options

/** `signed-wasm check`. */
export const check = defineCommand({
  usage: '[files...] [--policy <file>]',
  options: OPTIONS,
  examples: [
    'npx unplugin-signed-wasm check',
    'npx unplugin-signed-wasm check src/hello.wasm',
    'npx unplugin-signed-wasm check --format sarif -o check.sarif',
  ],
  async run(invocation) {
    const { io } = invocation
    const options = readReportOptions(invocation)
    assertReportable(options, invocation, [])
    const outcome = attempt(() => checkAll(invocation))
    await writeReport(outcome, options, io)
    logResults(outcome.results, invocation)
    if (outcome.error !== undefined) throw outcome.error
    const refusals = outcome.results.flatMap(({ action, problem: refusal }) =>
      action === 'refuse' && refusal !== undefined ? [refusal] : [],
    )
    return exitCodeOf([...outcome.failures, ...refusals])
  },
})

/** A run that cannot start is reported as well: whoever waits for the report must not take the last one for it. */
function attempt(run: () => Outcome): Outcome {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
    return { results: [], failures: [error.through('command line')], error }
  }
}

function checkAll(invocation: Invocation<typeof OPTIONS>): Outcome {
  const { io, values, args } = invocation
  const folder = openPolicy(invocation)
  const { policy, file } = folder
  const subjects = new Subjects(folder, io)
  // Files that are given are looked at as well, since no rule may name them.
  const given = args.map((one) => subjects.named(one))
  const found = [...new Map([...subjects.all(), ...given].map((one) => [one.path, one])).values()]
  const results = found.map((one): FileResult => {
    const name = shownAt(one.file, io)
    try {
      return ofTerminal(resultOf(name, worstOf(subjects.read(one).map((subject) => judge(subject, policy)))))
    } catch (error) {
      if (!(error instanceof Diagnostic)) throw error
      return ofTerminal(unreadable(name, error))
    }
  })
  // A package that is not installed here, or a pattern that means less than its author thinks.
  const used = new Set(found.flatMap((one) => rulesFor(namesOf(one.path), policy.rules)))
  for (const rule of policy.rules) {
    if (!used.has(rule) && !values.quiet)
      io.err(`note: nothing here is named by the rule for ${describeRule(rule)} in ${file.file}`)
  }
  if (!values.quiet && policy.root !== undefined && isOld(policy.root.date))
    io.err(
      `note: the trusted root of Sigstore is of ${policy.root.date}, more than a year ago`,
      `  hint: update unplugin-signed-wasm${file.trustedRoot === undefined ? '' : `, or make ${file.trustedRoot} again`}`,
    )
  // A gate through which nothing came has held nothing up.
  const isNothing = found.length === 0
  const nothing = problem('NOTHING_MATCHED', { pattern: `what ${file.file} names`, leftOut: [] })
  return { results, failures: isNothing ? [nothing.through('command line')] : [] }
}

const isOld = (date: string) => Date.now() - Date.parse(date) > 366 * 24 * 60 * 60 * 1000

/** Of what one script holds, the first that does not pass. */
function worstOf(judgements: readonly Judgement[]): Judgement {
  const by = (action: Judgement['action']) => judgements.find((one) => one.action === action)
  return by('refuse') ?? by('warn') ?? judgements[0]!
}

function ofTerminal({ problem: why, ...result }: FileResult): FileResult {
  return why === undefined ? result : { ...result, problem: why.through('command line') }
}
