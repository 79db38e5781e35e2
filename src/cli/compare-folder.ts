/** A finished output beside what its build has reported of it. */

import path from 'node:path'
import { findWasm } from '../disk/find-wasm.js'
import { toSlashes } from '../disk/paths.js'
import { walk } from '../disk/walk.js'
import { problem } from '../errors/raise.js'
import { decodeUtf8 } from '../format/encoding.js'
import { sri } from '../policy/lock-entry.js'
import { compareOutputs, type OutputDigests, parseBuildReport } from '../report/build-report.js'
import type { FileResult } from '../report/result.js'
import { sha256 } from '../trust/crypto/rule.js'
import { type Invocation, UsageError } from './define-command.js'
import { type INPUT, readLimit } from './input.js'
import { assertReportable, type Outcome, type REPORT, type ReportOptions } from './write-report.js'

type Comparison = Invocation<typeof INPUT & typeof REPORT>

/**
 * Looks at every file in a folder, whatever its name is.
 * @param report its path
 * @throws UsageError; Diagnostic `REPORT_INVALID`, `FILE_*`
 */
export function compareFolder(report: string, invocation: Comparison, options: ReportOptions): Outcome {
  const { io } = invocation
  const { pattern, folder } = folderOf(invocation)
  assertReportable(options, invocation, [report])
  const text = decodeUtf8(io.read(report))
  const place = { file: report, line: 1, column: 1 }
  if (text === undefined) throw problem('REPORT_INVALID', { file: report, reason: 'it is not UTF-8', place })
  const reported = parseBuildReport(text, report)
  const home = path.resolve(io.cwd, folder)
  const files = [...walk(home, { links: 'follow', skip: ['.git'] })].filter(
    (file) => !io.isSame(file, report),
  )
  const found = digestsIn(files, home, invocation)
  const results = compareOutputs(reported, found).map(({ name, code }): FileResult => {
    const file = toSlashes(path.join(folder, name))
    if (code === undefined) return { file, action: 'accept', status: 'unchecked', signers: [] }
    const refusal = problem(code, { file }).through('command line')
    return { file, action: 'refuse', status: 'unchecked', signers: [], problem: refusal }
  })
  const nothing = problem('NOTHING_MATCHED', { pattern, leftOut: [] }).through('command line')
  return { results, failures: files.length === 0 ? [nothing] : [] }
}

/** All of a folder: what of it was left out could be what was added. */
function folderOf({ values, args }: Comparison): { pattern: string; folder: string } {
  const [pattern = '', ...others] = [...values.input, ...args]
  const folder = /^(?:(.*)[\\/])?\*\*$/.exec(pattern)
  if (folder === null || others.length > 0)
    throw new UsageError("with --report, give all that is in the folder of the output: 'dist/**'")
  return { pattern, folder: folder[1] ?? (pattern.startsWith('/') ? '/' : '.') }
}

function digestsIn(files: readonly string[], home: string, { io, values }: Comparison): OutputDigests {
  const held = new Map<string, readonly string[]>()
  const unsearched = new Set<string>()
  for (const file of files) {
    const name = toSlashes(path.relative(home, file))
    const outputs = [{ name, content: io.read(file, readLimit(values)) }]
    const digests = [...findWasm(outputs, () => unsearched.add(name))].map(({ bytes }) => sri(sha256(bytes)))
    if (digests.length > 0) held.set(name, digests.toSorted())
  }
  return { held, unsearched }
}
