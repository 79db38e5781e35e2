/**
 * The check of `recheck: 'signature'`: the file as it arrives, by the rule of the build. What a refusal needs (words,
 * and the reason in full) is loaded when there is one, and so is the crypto that a browser lacks.
 */

import { ascii, type Hex, toHex } from '../format/bytes.js'
import { isVerified } from '../trust/evidence.js'
import type { TrustedKey } from '../trust/keys.js'
import { gatherAsync, isNode, type LoadBackend, rollingSha256 } from '../trust/webcrypto.js'
import { readComponent } from './component.js'

/** What the build trusted, as it stands in emitted code. */
export interface Pinned {
  /** Checked at build time: name and 32 bytes as base64. */
  keys: readonly (readonly [name: string, publicKey: string])[]
  /** Offset from the end of the signature section, length and SHA-256 of each core module. */
  slices: readonly (readonly [offset: number, length: number, digest: Hex])[]
  /** The content of a detached signature, as base64. */
  detached?: string
}

/**
 * Gets the file, verifies it whole, and compares its core modules with those of the build.
 * @returns the file without what stands before its content
 * @throws Diagnostic with the code that the build would refuse it with, or `DIGEST_MISMATCH`
 */
export async function readSigned(url: URL | string, pinned: Pinned): Promise<Uint8Array> {
  const bytes = await readComponent(url)
  const refuse = async () => {
    throw await (await import('./refusal.js')).explainRefusal(String(url), bytes, pinned)
  }
  // Keys by their bytes alone: ids and fingerprints are hints, which the explanation works out again.
  const keys = pinned.keys.map(([, publicKey]) => ({ publicKey: ascii(atob(publicKey)) }) as TrustedKey)
  const detached = pinned.detached === undefined ? undefined : ascii(atob(pinned.detached))
  const evidence = await gatherAsync(bytes, keys, { layer: 'component', detached, loadBackend }).catch(refuse)
  if (!isVerified(evidence)) return refuse()
  const content = bytes.subarray(evidence.file.start)
  for (const [offset, length, digest] of pinned.slices) {
    const range = { start: offset, boundaries: [offset + length] }
    const [actual] = await rollingSha256(content, range, loadBackend)
    if (toHex(actual!) !== digest) return refuse()
  }
  return content
}

/**
 * What is loaded later imports nothing that is loaded at once. The chunk of a component waits for it in a top-level
 * await, and bundlers may put shared code into that chunk, which would then wait for itself.
 */
const loadBackend: LoadBackend = async () =>
  (isNode ? await import('./native.js') : await import('./noble.js')).backend!
