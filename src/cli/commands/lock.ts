/** `signed-wasm lock`: shows what has changed since somebody last looked, and writes it down. */

import type { PolicyFolder } from '../../disk/policy-folder.js'
import type { NamedFile } from '../../disk/policy-files.js'
import { Diagnostic } from '../../errors/diagnostic.js'
import { encodeUtf8 } from '../../format/encoding.js'
import { enterAll } from '../../policy/enter.js'
import { formatName, namesOf } from '../../policy/file-name.js'
import { entriesOf, formatLock, type LockEntry } from '../../policy/lock.js'
import { changes } from '../../policy/lock-entry.js'
import { defineCommand, type Invocation, type Options, UsageError } from '../define-command.js'
import { EXIT, exitCodeOf } from '../exit.js'
import { openPolicy, POLICY, shownAt } from '../policy.js'
import { Subjects } from '../subjects.js'

const OPTIONS = {
  ...POLICY,
  yes: { type: 'boolean', short: 'y', default: false, help: 'write without asking' },
  prune: { type: 'boolean', default: false, help: 'take out entries of files that are not here' },
} as const satisfies Options

type Entries = ReadonlyMap<string, readonly LockEntry[]>

/** `signed-wasm lock`. */
export const lock = defineCommand({
  usage: '[files...] [--yes]',
  options: OPTIONS,
  examples: [
    'npx unplugin-signed-wasm lock --yes',
    'npx unplugin-signed-wasm lock --yes src/hello.wasm',
    'npx unplugin-signed-wasm lock --prune --yes',
  ],
  async run(invocation) {
    const { io, values, args } = invocation
    // The day matters only here: see "until" in the policy.
    const folder = openPolicy(invocation, { today: new Date().toISOString().slice(0, 10) })
    const unlimited = openPolicy(invocation)
    const subjects = new Subjects(folder, io)
    const chosen = choose(subjects, args)
    const { seen, refusals } = look(chosen, { subjects, folder, unlimited })
    for (const one of refusals) io.err(...one.message.split('\n'))
    const before = entriesOf(folder.policy.lock)
    const after = merge(before, seen)
    if (values.prune) prune(after, subjects.all())
    const lines = describeChanges(before, after)
    const text = formatLock(after)
    if (text === folder.policy.lock.text || (lines.length === 0 && folder.policy.lock.text === '')) {
      io.out(
        `nothing has changed: ${chosen.length - refusals.length} ${chosen.length === 1 ? 'file' : 'files'}`,
      )
      return exitCodeOf(refusals)
    }
    io.out(...lines)
    if (!values.yes && !(await isConfirmed(invocation, folder))) return EXIT.usage
    io.write(folder.lockPath, encodeUtf8(text), { replace: true })
    io.out(`wrote ${shownAt(folder.lockPath, io)}`)
    return exitCodeOf(refusals)
  },
})

/** The files that were named, with all that have the same names; or all that rules name. */
function choose(subjects: Subjects, args: readonly string[]): NamedFile[] {
  if (args.length === 0) return subjects.all()
  const given = args.map((file) => subjects.named(file))
  const names = new Set(given.map(nameOf))
  const alike = subjects.all().filter((one) => names.has(nameOf(one)))
  return [...new Map([...alike, ...given].map((one) => [one.path, one])).values()]
}

const nameOf = ({ path }: NamedFile) => formatName(namesOf(path)[0]!)

interface Looked {
  seen: Entries
  refusals: readonly Diagnostic[]
}

/** Judges files. What does not pass is not locked; what is locked as it is needs no signer of today. */
function look(
  files: readonly NamedFile[],
  { subjects, folder, unlimited }: { subjects: Subjects; folder: PolicyFolder; unlimited: PolicyFolder },
): Looked {
  const seen = new Map<string, LockEntry[]>()
  const refusals: Diagnostic[] = []
  for (const file of files) {
    try {
      const { items, problem } = enterAll(subjects.read(file), {
        policy: folder.policy,
        unlimited: unlimited.policy,
      })
      if (problem !== undefined) refusals.push(problem.through('command line'))
      for (const { name, entry } of items) seen.set(name, [...(seen.get(name) ?? []), entry])
    } catch (error) {
      if (!(error instanceof Diagnostic)) throw error
      refusals.push(error.through('command line'))
    }
  }
  return { seen, refusals }
}

function merge(before: Entries, seen: Entries): Map<string, readonly LockEntry[]> {
  return new Map([...before, ...seen])
}

function prune(entries: Map<string, unknown>, files: readonly NamedFile[]): void {
  const here = new Set(files.map(nameOf))
  for (const name of entries.keys()) if (!here.has(name)) entries.delete(name)
}

/** Who signs, what is imported and exported, and the content last: in the order in which it matters to who reads. */
function describeChanges(before: Entries, after: Entries): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  return names.flatMap((name) => {
    const [old, now] = [before.get(name) ?? [], after.get(name) ?? []]
    if (formatLock(new Map([[name, old]])) === formatLock(new Map([[name, now]]))) return []
    if (now.length === 0) return [`- ${name}`]
    const [last] = old
    const details = now.flatMap((entry) => describeEntry(last ?? {}, entry))
    return [`${last === undefined ? '+' : '~'} ${name}`, ...new Set(details.map((line) => `    ${line}`))]
  })
}

function describeEntry(last: LockEntry, entry: LockEntry): string[] {
  const isOther = (['file', 'content', 'contents'] as const).some(
    (kind) => String(last[kind]) !== String(entry[kind]),
  )
  const digest = entry.file ?? entry.content
  return [
    ...changes(last, entry),
    ...(isOther
      ? [
          digest === undefined
            ? 'content no longer locked'
            : `${entry.file === undefined ? 'content' : 'unsigned, pinned:'} ${digest}`,
        ]
      : []),
  ]
}

async function isConfirmed({ io }: Invocation<typeof OPTIONS>, { lockPath }: PolicyFolder): Promise<boolean> {
  if (io.confirm === undefined)
    throw new UsageError(
      `nobody is here to say whether ${shownAt(lockPath, io)} is to be written: --yes says so`,
    )
  return io.confirm(`write ${shownAt(lockPath, io)}?`)
}
