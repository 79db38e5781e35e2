/** What a command ends with. */

import type { Diagnostic } from '../errors/diagnostic.js'

/**
 * The exit codes of `signed-wasm`: accepted or done, refused, wrong usage, a file or key that cannot be read or written,
 * and an unexpected crash, which says nothing about any file.
 */
export const EXIT = { ok: 0, refused: 1, usage: 2, io: 3, crash: 4 } as const

/** The exit code for all that went wrong: a refusal outweighs wrong usage, and that outweighs what cannot be read. */
export function exitCodeOf(problems: readonly Diagnostic[]): number {
  const found = new Set(problems.map(({ exit }) => exit))
  const worst = (['refused', 'usage', 'io'] as const).find((exit) => found.has(exit))
  return worst === undefined ? EXIT.ok : EXIT[worst]
}
