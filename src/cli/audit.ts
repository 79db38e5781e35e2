/// <reference types="node" />
/** The log of refusals and warnings, for commands. */

import path from 'node:path'
import { appendLine } from '../disk/append-line.js'
import { formatLogLine } from '../report/log-line.js'
import type { FileResult } from '../report/result.js'
import type { Options, Values } from './define-command.js'
import type { Io } from './io.js'

/** Of every command that judges files. */
export const LOG = {
  log: {
    type: 'string',
    value: '<file>',
    help: 'append a line of JSON for each refusal and warning, for audits',
  },
} as const satisfies Options

/** Appends what came of files that were not simply accepted. @throws Diagnostic `FILE_UNWRITABLE` */
export function logResults(
  results: readonly FileResult[],
  { values, io }: { values: Values<typeof LOG>; io: Io },
): void {
  const { log } = values
  if (log === undefined) return
  const file = path.resolve(io.cwd, log)
  appendLine(file, undefined, log)
  for (const { action, problem, signers, file: name, digest } of results)
    if (action !== 'accept' && problem !== undefined)
      appendLine(
        file,
        formatLogLine(
          { action, problem: problem.at(name), signers, content: digest },
          new Date().toISOString(),
        ),
        log,
      )
}
