/** Who signed: a signer as a value and in words. */

import type { TrustedKey } from './keys/trusted-key.js'

/** A trusted key under which a signature verified. */
export type Signer = Pick<TrustedKey, 'name' | 'keyId' | 'fingerprint'>

/** A signer in words: its name and the start of its fingerprint. */
export function describeSigner({ name, fingerprint }: Signer): string {
  return `${name} (${fingerprint.slice(0, 16)})`
}
