/** What is looked at when nothing is verified. */

import { problem } from '../errors/raise.js'
import { toHex } from '../format/encoding.js'
import { contentStart, type Layer } from '../format/wasm.js'
import { sha256 } from '../trust/crypto/rule.js'
import { readOutside } from '../trust/evidence/frame.js'
import { type Verdict, verdictOfError } from '../trust/verdict.js'
import type { Policy } from './policy.js'

/** The verdict under `off`, where no key is opened: what cannot be framed and what is denied is told all the same. */
export function look(
  { bytes, layer }: { bytes: Uint8Array; layer?: Layer | undefined },
  { denied }: Policy,
): { verdict: Verdict } {
  try {
    readOutside(bytes, layer)
    const digest = denied.size > 0 ? toHex(sha256(bytes.subarray(contentStart(bytes)))) : undefined
    if (digest === undefined || !denied.has(digest)) return { verdict: { status: 'unchecked' } }
    return { verdict: { status: 'denied', problem: problem('FILE_REVOKED', { digest }) } }
  } catch (error) {
    return { verdict: verdictOfError(error) }
  }
}
