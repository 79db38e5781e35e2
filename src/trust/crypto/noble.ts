/** SHA-256 and Ed25519 of noble, which run in every JavaScript realm. See `rule.ts` for the rule. */

import * as noble from '@noble/ed25519'
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js'
import { hasUsableR } from '../../format/signature.js'
import { rolling, type SyncBackend } from './node.js'

// Before anything else of noble is called: only this file imports it.
noble.hashes.sha512 = nobleSha512

export { noble }

/** The backend that runs in every JavaScript realm. */
export const nobleBackend: SyncBackend = {
  name: 'noble',
  rollingSha256: (bytes, start, ends) => {
    const hash = nobleSha256.create()
    const wrapped = {
      update: (data: Uint8Array) => hash.update(data),
      copy: () => hash.clone(),
      digest: () => hash.digest(),
    }
    return rolling(wrapped, bytes, start, ends)
  },
  verify: ({ publicKey, message, signature }) => {
    if (!hasUsableR(signature)) return false
    try {
      // noble's default rule is ZIP 215, which accepts small-order and non-canonical points.
      return (
        noble.verify(signature, message, publicKey, { zip215: false }) &&
        noble.Point.fromBytes(signature.slice(0, 32), false).isTorsionFree()
      )
    } catch {
      return false // noble throws on points that do not decode, which here means "not valid"
    }
  },
}
