/** What is demanded of files, as one immutable value. */

import type { Hex } from '../format/encoding.js'
import type { TrustedKey } from '../trust/keys/trusted-key.js'

/** How strict a build is. `off` opens no key and verifies nothing. */
export type Mode = 'strict' | 'lenient' | 'off'

/** What is demanded. */
export interface Policy {
  /** Changes when anything in the policy does. */
  readonly id: string
  readonly mode: Mode
  /** Who may sign; any one of them. */
  readonly signers: readonly TrustedKey[]
  /** Fingerprints of keys and digests of contents that are refused, whoever signed. */
  readonly denied: ReadonlySet<Hex>
}

/** Makes a policy of what options or flags say. */
export function createPolicy({
  mode = 'strict',
  signers = [],
  denied = [],
}: {
  mode?: Mode
  signers?: readonly TrustedKey[]
  denied?: Iterable<Hex>
}): Policy {
  const set = new Set(denied)
  const id = JSON.stringify([
    mode,
    signers.map(({ name, fingerprint }) => [name, fingerprint]).toSorted(),
    [...set].toSorted(),
  ])
  return Object.freeze({ id, mode, signers: Object.freeze([...signers]), denied: set })
}
