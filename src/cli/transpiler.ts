/** jco for a command, which says for what it takes long. */

import { DEFAULT_TRANSPILE_LIMITS } from '../bindings/jco/job.js'
import type { JcoOptions } from '../bindings/jco/options.js'
import type { Transpiler } from '../bindings/jco/transpiled.js'
import { createTranspiler } from '../bindings/jco/transpiler.js'
import { describeSlow } from '../report/slow.js'
import type { Io } from './io.js'

/** Close it in the end. */
export function openTranspiler(jco: JcoOptions, io: Pick<Io, 'err'>): Transpiler {
  const onSlow = (about: { file: string; bytes: number }) => io.err(describeSlow(about))
  return createTranspiler({ jco, limits: DEFAULT_TRANSPILE_LIMITS, onSlow })
}
