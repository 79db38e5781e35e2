/**
 * Judges a file whole where `signature.ts` cannot accept it: its content is not that of the build, or it is refused.
 * Loaded when it is needed. Built to stand alone: see CONTRIBUTING.
 */

import { problem } from '../../errors/raise.js'
import { ascii, toHex } from '../../format/encoding.js'
import { contentStart } from '../../format/wasm.js'
import { sha256 } from '../../trust/crypto/rule.js'
import { explain } from '../../trust/explain.js'
import { trustedKey } from '../../trust/keys/trusted-key.js'
import { verify } from '../../trust/verify.js'
import type { Pinned } from '../pinned.js'

/**
 * Verifies the file as a build does, and compares its core modules with those of the build.
 * @returns the file without what stands before its content
 * @throws Diagnostic with the code that the build would refuse it with, or `DIGEST_MISMATCH`
 */
export async function acceptWhole(file: string, bytes: Uint8Array, pinned: Pinned): Promise<Uint8Array> {
  const keys = pinned.keys.map(([name, publicKey]) => trustedKey(ascii(atob(publicKey)), name))
  const detached = pinned.detached === undefined ? {} : { detached: ascii(atob(pinned.detached)) }
  const verdict = await verify(bytes, keys, { layer: 'component', ...detached })
  if (verdict.status !== 'verified') throw explain(verdict, file, keys)!
  const content = bytes.subarray(contentStart(bytes))
  const isThatOfBuild = ([offset, length, digest]: Pinned['slices'][number]) =>
    toHex(sha256(content.subarray(offset, offset + length))) === digest
  if (!pinned.slices.every(isThatOfBuild)) throw problem('DIGEST_MISMATCH', { file })
  return content
}
