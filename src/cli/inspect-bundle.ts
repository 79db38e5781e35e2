/** What a Sigstore bundle says of itself, of which nothing is checked. */

import { namesIn } from '../disk/trusted-root.js'
import { toHex } from '../format/encoding.js'
import type { BundleFault } from '../format/fields.js'
import { decodeBundle, type BundleClaims } from '../format/sigstore.js'

/** Its claims, in words. */
export interface InspectedBundle {
  file: string
  identity?: string
  issuer?: string
  repository?: string
  ref?: string
  signs?: string
  /** Why it could not be read, or holds what is not verified here. */
  problem?: string
}

/** Never throws. @param file as people see it */
export function inspectBundle(bytes: Uint8Array, file: string): InspectedBundle {
  const fault: BundleFault = (_, reason) => new Error(reason)
  try {
    const { certificate, signed } = decodeBundle(bytes, fault)
    const names = namesIn(certificate)
    if (names === undefined) return { file, problem: 'its certificate does not say who has signed' }
    const { identity, issuer, repository, ref } = names
    return {
      file,
      identity,
      issuer,
      ...(repository !== undefined && { repository }),
      ...(ref !== undefined && { ref }),
      signs: describeSigned(signed),
    }
  } catch (error) {
    return { file, problem: (error as Error).message }
  }
}

function describeSigned(signed: BundleClaims['signed']): string {
  return signed.kind === 'bytes' ? `bytes with the SHA-256 ${toHex(signed.sha256)}` : 'a statement of in-toto'
}
