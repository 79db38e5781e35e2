/** `signed-wasm verify`: the gate. */

import { Diagnostic } from '../../errors/diagnostic.js'
import { judge, type Subject } from '../../policy/judge.js'
import { createPolicy } from '../../policy/policy.js'
import { formatReport, REPORT_FORMATS, type ReportFormat } from '../../report/formats.js'
import { type FileResult, resultOf, unreadable } from '../../report/result.js'
import type { TrustedKey } from '../../trust/keys/trusted-key.js'
import {
  type Command,
  EXIT,
  INPUT_OPTION,
  inputFiles,
  type Invocation,
  KEY_OPTIONS,
  text,
  texts,
  trustedKeys,
  UsageError,
} from '../define-command.js'
import type { Io } from '../io.js'

/** `signed-wasm verify`. */
export const verify: Command = {
  usage: '<files or globs...> --key <name>.pub [--key ...]',
  options: {
    input: INPUT_OPTION,
    ...KEY_OPTIONS,
    'signature-file': {
      type: 'string',
      short: 'S',
      value: '<file>',
      help: 'the detached signature of the one file',
    },
    detached: { type: 'boolean', default: false, help: 'take detached signatures from <file>.sig' },
    mode: {
      type: 'string',
      default: 'strict',
      value: 'strict|lenient',
      help: 'lenient only warns (default: strict)',
    },
    split: {
      type: 'string',
      multiple: true,
      default: [],
      value: '<name>',
      help: 'check only parts with the program and the custom sections of that name, or prefix with a trailing *',
    },
    format: {
      type: 'string',
      value: REPORT_FORMATS.join('|'),
      help: 'how to report (default: human, github in GitHub Actions)',
    },
    output: {
      type: 'string',
      short: 'o',
      value: '<file>',
      help: 'write the report there, and the human one to the terminal',
    },
    quiet: { type: 'boolean', short: 'q', default: false, help: 'say nothing about accepted files' },
  },
  examples: [
    'signed-wasm verify --key release.pub dist/*.wasm',
    "signed-wasm verify --key keys 'node_modules/**/*.wasm'",
  ],
  async run(invocation) {
    const { values, io } = invocation
    const mode = text(values, 'mode')
    if (mode !== 'strict' && mode !== 'lenient') throw new UsageError('--mode must be strict or lenient')
    const format = readFormat(invocation)
    const files = inputFiles(invocation)
    const keys = trustedKeys(invocation)
    if (text(values, 'signature-file') !== undefined && files.length > 1)
      throw new UsageError('-S takes one file')
    const results = withProgress(files, io, (file) => verifyFile(file, { mode, keys, invocation }))
    await report(results, format, invocation)
    return exitCodeOf(results)
  },
}

function readFormat({ values, io }: Invocation): ReportFormat {
  const wanted = text(values, 'format') ?? (io.env['GITHUB_ACTIONS'] ? 'github' : 'human')
  const format = REPORT_FORMATS.find((name) => name === wanted)
  if (format === undefined) throw new UsageError(`--format must be one of ${REPORT_FORMATS.join(', ')}`)
  return format
}

interface VerifySetup {
  mode: 'strict' | 'lenient'
  keys: readonly TrustedKey[]
  invocation: Invocation
}

function verifyFile(file: string, { mode, keys, invocation }: VerifySetup): FileResult {
  try {
    return resultOf(file, judge(readSubject(file, invocation), createPolicy({ mode, signers: keys })))
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
    return unreadable(file, error)
  }
}

/** A file and what lies beside it, as the options of a command say. */
export function readSubject(file: string, { values, io }: Invocation): Subject {
  const sections = texts(values, 'split')
  const beside = values['detached'] === true && io.exists(`${file}.sig`) ? `${file}.sig` : undefined
  const signatureFile = text(values, 'signature-file') ?? beside
  return {
    name: file,
    bytes: io.read(file),
    ...(sections.length > 0 && { sections }),
    ...(signatureFile !== undefined && { sidecars: { signature: io.read(signatureFile) } }),
  }
}

async function report(
  results: readonly FileResult[],
  format: ReportFormat,
  { values, io }: Invocation,
): Promise<void> {
  const context = { version: await findVersion(format), quiet: values['quiet'] === true }
  const output = text(values, 'output')
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

function exitCodeOf(results: readonly FileResult[]): number {
  const refused = results.filter(({ action }) => action === 'refuse')
  if (refused.length === 0) return EXIT.ok
  return refused.every(({ status }) => status === 'unreadable') ? EXIT.io : EXIT.refused
}
