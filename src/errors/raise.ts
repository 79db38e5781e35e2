/** How problems are raised. Only values stand at the throw site: the words come from the catalogue. */

import type { Code, ValuesOf } from './catalogue.js'
import { Diagnostic } from './diagnostic.js'
import type { Reason } from './reasons.js'

/**
 * Makes a Diagnostic from a code and the values its words need.
 * @param values never secret key material
 */
export function problem<C extends Code>(code: C, values: ValuesOf<C>, options?: ErrorOptions): Diagnostic {
  return new Diagnostic(code, values as Record<string, unknown>, options)
}

/** What is wrong with signature data, or with the section around it. */
export function damaged(...damage: Reason): Diagnostic {
  return damage[0] === 'keyless' ? problem('SIGNATURE_KEYLESS', {}) : problem('SIGNATURE_INVALID', { damage })
}

/** What is wrong with a binary. */
export function malformed(...reason: Reason): Diagnostic {
  return problem('WASM_MALFORMED', { reason })
}

/** Does some work on a file, and names it in a Diagnostic that does not name one. */
export function about<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof Diagnostic && error.file === undefined ? error.at(file) : error
  }
}
