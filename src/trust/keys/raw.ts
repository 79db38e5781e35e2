/** Keys as few bytes. */

import type { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'

export type Found =
  | { kind: 'public'; publicKey: Uint8Array }
  | { kind: 'secret'; seed: Uint8Array; publicKey?: Uint8Array }

/** The first byte of the raw formats. @see wasmsign2's key files; FORMAT "Public key file" */
export const RAW_PUBLIC = 0x01

export const RAW_SECRET = 0x81

/** Without a word on which half they are, 32 bytes are the public one, to everyone. */
export function readRaw(bytes: Uint8Array): Found | undefined {
  if (bytes.length === 32) return { kind: 'public', publicKey: bytes.slice() }
  if (bytes.length === 33 && bytes[0] === RAW_PUBLIC) return { kind: 'public', publicKey: bytes.slice(1) }
  if (bytes.length === 65 && bytes[0] === RAW_SECRET)
    return { kind: 'secret', seed: bytes.slice(1, 33), publicKey: bytes.slice(33) }
  return undefined
}

export function unreadable(source: string, reason: string): Diagnostic {
  return problem('KEY_UNREADABLE', { source, reason })
}
