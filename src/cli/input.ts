/** The files that commands work on. */

import path from 'node:path'
import { findFiles } from '../disk/find-files.js'
import { isGlob } from '../disk/glob-path.js'
import { toSlashes } from '../disk/paths.js'
import { DEFAULT_MAX_FILE_BYTES, MAX_FILE_BYTES } from '../disk/read-file.js'
import { reasonOf } from '../disk/system-error.js'
import type { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import type { Subject } from '../policy/judge.js'
import { type Invocation, type Options, UsageError, type Values } from './define-command.js'
import { STANDARD } from './disk.js'
import type { Io } from './io.js'

/** `-i`, for people who come from wsc and wasmsign2, and how large a file may be. */
export const INPUT = {
  input: {
    type: 'string',
    short: 'i',
    multiple: true,
    default: [],
    value: '<file>',
    help: 'the input, if it is not given as an argument',
  },
  'max-bytes': {
    type: 'string',
    value: '<number>',
    help: `how large a file may be (default: ${DEFAULT_MAX_FILE_BYTES})`,
  },
} as const satisfies Options

/** What a command finds. */
export interface Selection {
  /** As they were given, or relative to the current folder; in the order given. */
  files: readonly string[]
  /** What stands in the way of looking at all that was asked for, about a file or a folder where one is to blame. */
  problems: readonly Diagnostic[]
}

/** How commands look for files. */
interface Looking {
  /** Commands that write enter no link to a folder, and nothing hidden. */
  writes: boolean
  /** Say how many files matched only where something was left out. */
  quiet?: boolean
}

/**
 * The files that a command works on, patterns expanded; says how many each pattern matched, and what was left out.
 * @throws UsageError when nothing is named
 */
export function selectFiles(
  { values, args, io }: Invocation<typeof INPUT>,
  looking: Looking = { writes: false },
): Selection {
  const given = [...values.input, ...args]
  if (given.length === 0) throw new UsageError('give a file')
  const selections = given.map((name) =>
    name === STANDARD || !isGlob(name) || io.exists(name)
      ? { files: [name], problems: [] }
      : expand(name, { io, ...looking }),
  )
  return {
    files: selections.flatMap(({ files }) => files),
    problems: selections.flatMap(({ problems }) => problems),
  }
}

function expand(pattern: string, { io, writes, quiet = false }: Looking & { io: Io }): Selection {
  const found = findFiles(pattern, { root: io.cwd, links: !writes, dots: !writes, inside: io.repository })
  const { leftOut, outside, unreadable } = found
  const toDisplay = (file: string) => display(path.relative(io.cwd, file))
  const files = found.files.map(toDisplay)
  const parts = [
    `${pattern} matched ${files.length} ${files.length === 1 ? 'file' : 'files'}`,
    ...(outside.length > 0 ? [`and ${outside.length} outside of the repository`] : []),
    ...(leftOut.length > 0 ? [`left out: ${leftOut.join(', ')}`] : []),
  ]
  if (!quiet || parts.length > 1) io.err(parts.join('; '))
  const problems = [
    ...unreadable.map(({ folder, error: cause }) =>
      problem('FILE_UNREADABLE', { file: toDisplay(folder) || '.', reason: reasonOf(cause) }, { cause }),
    ),
    ...outside.map((file) => problem('FILE_OUTSIDE', { file: toDisplay(file) })),
  ]
  const isNothing = files.length + problems.length === 0
  return { files, problems: isNothing ? [problem('NOTHING_MATCHED', { pattern, leftOut })] : problems }
}

const display = (file: string) => (path.sep === '\\' ? toSlashes(file) : file)

/** All the files that a command works on. @throws UsageError; Diagnostic when there is anything that it cannot look at */
export function inputFiles(invocation: Invocation<typeof INPUT>, looking?: Looking): readonly string[] {
  const { files, problems } = selectFiles(invocation, looking)
  const [first] = problems
  if (first !== undefined) throw first
  return files
}

/** The one file that a command works on. @throws UsageError */
export function inputFile(invocation: Invocation<typeof INPUT>, looking?: Looking): string {
  const [file, ...others] = inputFiles(invocation, looking)
  if (others.length > 0) throw new UsageError('give one file')
  return file!
}

/** What is read of a file. @throws UsageError */
export function readLimit({ 'max-bytes': text }: Values<Pick<typeof INPUT, 'max-bytes'>>): {
  maxBytes: number
} {
  const maxBytes = text === undefined ? DEFAULT_MAX_FILE_BYTES : Number(text)
  if (!/^\d+$/.test(text ?? '0') || maxBytes > MAX_FILE_BYTES)
    throw new UsageError(`--max-bytes must be a whole number, at most ${MAX_FILE_BYTES}`)
  return { maxBytes }
}

/** The bytes of a file that a command works on. @throws UsageError, Diagnostic */
export function readInput(
  file: string,
  { values, io }: { values: Values<Pick<typeof INPUT, 'max-bytes'>>; io: Io },
): Uint8Array {
  return io.read(file, readLimit(values))
}

/** The detached signature of one file. */
export const SIGNATURE_FILE = {
  'signature-file': {
    type: 'string',
    short: 'S',
    value: '<file>',
    help: 'the detached signature of the one file',
  },
} as const satisfies Options

/** The detached signatures of all files. */
export const DETACHED = {
  detached: { type: 'boolean', default: false, help: 'take detached signatures from <file>.sig' },
} as const satisfies Options

/** Custom sections, by name. */
export const SPLIT = {
  split: {
    type: 'string',
    multiple: true,
    default: [],
    value: '<name>',
    help: 'check only parts with the program and the custom sections of that name, or prefix with a trailing *',
  },
} as const satisfies Options

type CheckValues = Values<Pick<typeof INPUT, 'max-bytes'> & typeof DETACHED> &
  Partial<Values<typeof SIGNATURE_FILE & typeof SPLIT>>

/** A file and what lies beside it, for the judge. @throws Diagnostic when it cannot be read */
export function readSubject(file: string, { values, io }: { values: CheckValues; io: Io }): Subject {
  const { split: sections = [] } = values
  const beside = values.detached && io.exists(`${file}.sig`) ? `${file}.sig` : undefined
  const signatureFile = values['signature-file'] ?? beside
  return {
    name: file,
    bytes: readInput(file, { values, io }),
    ...(sections.length > 0 && { sections }),
    ...(signatureFile !== undefined && { sidecars: { signature: io.read(signatureFile) } }),
  }
}
