/** One file that the command line has judged and goes on to use. */

import type { Diagnostic } from '../errors/diagnostic.js'
import { readLayer } from '../format/wasm.js'
import type { Admitted } from '../policy/admitted.js'
import { judge } from '../policy/judge.js'
import { type Demanded, subjectOf } from './demanded.js'
import type { Io } from './io.js'

/** What it is judged by, and how it is read. */
export interface AdmitSetup {
  demanded: Demanded
  values: { readonly detached: boolean; readonly 'max-bytes': string | undefined }
  io: Io
  warn: (problem: Diagnostic) => void
}

/** @throws Diagnostic when the file is refused */
export function admit(file: string, { demanded, values, io, warn }: AdmitSetup): Admitted {
  const subject = subjectOf(file, demanded, { values, io })
  const judgement = judge({ ...subject, layer: readLayer(subject.bytes) ?? 'component' }, demanded.policy)
  if (judgement.action === 'refuse') throw judgement.problem
  if (judgement.action === 'warn') warn(judgement.problem)
  return judgement.admitted
}
