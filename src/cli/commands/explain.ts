/** `signed-wasm explain`: which rules name a file, what each wants, and what holds. */

import { has } from '../../errors/check.js'
import { formatName, namesOf } from '../../policy/file-name.js'
import { judge } from '../../policy/judge.js'
import { describeRule, type Rule, rulesFor } from '../../policy/rule.js'
import { surfaceOf } from '../../policy/surface.js'
import { describeSigner } from '../../trust/statement.js'
import { defineCommand, type Options, UsageError } from '../define-command.js'
import { exitCodeOf } from '../exit.js'
import { openPolicy, POLICY } from '../policy.js'
import { Subjects } from '../subjects.js'

const OPTIONS = { ...POLICY } as const satisfies Options

/** `signed-wasm explain`. */
export const explain = defineCommand({
  usage: '<file>',
  options: OPTIONS,
  examples: ['npx unplugin-signed-wasm explain src/hello.wasm'],
  run(invocation) {
    const { io, args } = invocation
    const [file, ...others] = args
    if (file === undefined || others.length > 0) throw new UsageError('give one file')
    const folder = openPolicy(invocation)
    const { policy } = folder
    const subjects = new Subjects(folder, io)
    const all = subjects
      .read(subjects.named(file))
      .map((one) => ({ subject: one, judgement: judge(one, policy) }))
    // Of what one script holds, the first that does not pass.
    const { subject, judgement } = all.find((one) => one.judgement.action !== 'accept') ?? all[0]!
    const names = namesOf(subject.path)
    const { verdict } = judgement
    const signers = has(verdict, 'signers') ? verdict.signers.map(describeSigner) : []
    io.out(
      `${subject.name} goes by ${names.map(formatName).join(' and ')}`,
      `  from: ${subject.origin === 'registry' ? 'a registry' : 'the project, or not from a registry'}`,
      `  signatures: ${verdict.status}${signers.length > 0 ? `, by ${signers.join(', ')}` : ''}`,
      ...describeSurface(subject.holder === undefined ? subject.bytes : undefined),
    )
    const rules = rulesFor(names, policy.rules)
    for (const rule of rules) io.out(describeDemand(rule))
    if (rules.length === 0) io.out('no rule names it')
    const isLocked = policy.lock.entries.has(formatName(names[0]!))
    io.out(`${policy.lock.file}: ${isLocked ? 'has an entry' : 'has no entry'}`)
    if (judgement.action === 'accept') {
      io.out('all of it holds: it may ship')
      return exitCodeOf([])
    }
    io.out(...judgement.problem.through('command line').message.split('\n'))
    return exitCodeOf(judgement.action === 'refuse' ? [judgement.problem] : [])
  },
})

function describeSurface(bytes: Uint8Array | undefined): string[] {
  if (bytes === undefined) return ['  it is a script or a pack, which a rule can pin as a whole']
  try {
    const { imports, exports } = surfaceOf(bytes)
    return [`  imports: ${imports.join(', ') || 'nothing'}`, `  exports: ${exports.join(', ') || 'nothing'}`]
  } catch {
    return [] // the judge says what is wrong with it
  }
}

function describeDemand(rule: Rule): string {
  const where = rule.place === undefined ? '' : ` (${rule.place.file}, line ${rule.place.line})`
  const demands = [
    rule.unsigned === undefined
      ? `signed by ${rule.threshold} of ${rule.signers.map(({ name }) => name).join(', ')}`
      : `unsigned, and pinned as it is: ${rule.unsigned}`,
    ...(rule.imports === undefined
      ? []
      : [`imports ${rule.imports.map(({ text }) => text).join(', ') || 'nothing'}`]),
    ...(rule.lock === undefined ? [] : [`lock ${rule.lock}`]),
  ]
  return `the rule for ${describeRule(rule)}${where}: ${demands.join('; ')}`
}
