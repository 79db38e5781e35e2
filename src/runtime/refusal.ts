/** What a refusal at run time says; loaded when there is one. Built to stand alone: see CONTRIBUTING. */

import { type Diagnostic, problem } from '../errors.js'
import { ascii } from '../format/bytes.js'
import { trustedKey } from '../trust/keys.js'
import { explain } from '../trust/policy.js'
import { verify } from '../trust/verify.js'
import type { Pinned } from './signature.js'

/** Verifies again, for the words. A file that passes now holds other core modules than those of the build. */
export async function explainRefusal(file: string, bytes: Uint8Array, pinned: Pinned): Promise<Diagnostic> {
  const keys = pinned.keys.map(([name, publicKey]) => trustedKey(ascii(atob(publicKey)), name))
  const detached = pinned.detached === undefined ? {} : { detached: ascii(atob(pinned.detached)) }
  const verdict = await verify(bytes, keys, { layer: 'component', ...detached })
  return explain(verdict, file, keys) ?? problem('DIGEST_MISMATCH', { file })
}
