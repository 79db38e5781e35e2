/** How strict a command is. */

import { type Options, UsageError, type Values } from './define-command.js'

/** Of every command that decides about files. */
export const MODE = {
  mode: {
    type: 'string',
    value: 'strict|lenient',
    help: 'lenient only warns (default: strict)',
  },
} as const satisfies Options

/** How strict a command is. */
export type CliMode = 'strict' | 'lenient'

/** @throws UsageError */
export function readMode({ mode = 'strict' }: Values<typeof MODE>): CliMode {
  if (mode !== 'strict' && mode !== 'lenient') throw new UsageError('--mode must be strict or lenient')
  return mode
}
