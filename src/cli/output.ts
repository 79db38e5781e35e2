/** Where commands write to. */

import { problem } from '../errors/raise.js'
import type { Invocation, Options } from './define-command.js'
import type { Io } from './io.js'

/** Where the result goes. */
export const OUTPUT = {
  output: { type: 'string', short: 'o', value: '<file>', help: 'where to write' },
} as const satisfies Options

/** Of every command that writes files which may be there already. */
export const FORCE = {
  force: { type: 'boolean', default: false, help: 'overwrite files that are there' },
} as const satisfies Options

/**
 * Looks whether files may be written, before any of them is: half of the work would be worse than none.
 * @throws Diagnostic `FILE_EXISTS`
 */
export function assertFree(
  files: readonly string[],
  { values, io }: Pick<Invocation<typeof FORCE>, 'values' | 'io'>,
): void {
  const taken = files.find((file) => !values.force && io.isTaken(file))
  if (taken !== undefined) throw problem('FILE_EXISTS', { file: taken })
}

/**
 * Insists that no output takes the place of another, nor of what the command reads beside the file that it changes.
 * @param kept files that stay, whatever `--force` says
 * @throws Diagnostic `OUTPUT_CLASH`
 */
export function assertApart(
  outputs: readonly string[],
  { kept, io }: { kept: readonly string[]; io: Io },
): void {
  outputs.forEach((file, index) => {
    const other = [...kept, ...outputs.slice(0, index)].find((one) => io.isSame(one, file))
    if (other !== undefined) throw problem('OUTPUT_CLASH', { file, other })
  })
}
