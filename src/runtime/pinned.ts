/** What emitted code knows of the file that was verified. */

import type { Hex } from '../format/encoding.js'

/** What the build verified and trusted, as it stands in emitted code. */
export interface Pinned {
  /** Checked at build time: name and 32 bytes as base64. */
  keys: readonly (readonly [name: string, publicKey: string])[]
  /** SHA-256 of what the signatures cover. */
  digest: Hex
  /** Offset from the end of the signature section, length and SHA-256 of each core module. */
  slices: readonly (readonly [offset: number, length: number, digest: Hex])[]
  /** The content of a detached signature, as base64. */
  detached?: string
}
