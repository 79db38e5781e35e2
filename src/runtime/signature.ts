/**
 * The check of `recheck: 'signature'`. Content with the digest of the build was framed and judged by the build, so only
 * its signature can be new, and that alone is verified here. Any other file, and every refusal, goes to `whole.ts`, which
 * is loaded for it.
 */

import { ascii, equalBytes, toHex } from '../format/encoding.js'
import { Reader } from '../format/reader.js'
import { decodeSignature, ED25519, signedMessage } from '../format/signature.js'
import { isNode, type LoadBackend, rollingSha256, verifySignature } from '../trust/crypto/webcrypto.js'
import { COMPONENT_PREAMBLE, readComponent, SIGNATURE } from './get.js'
import type { Pinned } from './pinned.js'

/**
 * Gets the file, verifies it whole, and makes sure that its core modules are those of the build.
 * @returns the file without what stands before its content
 * @throws Diagnostic with the code that the build would refuse it with, or `DIGEST_MISMATCH`
 */
export async function readSigned(url: URL | string, pinned: Pinned): Promise<Uint8Array> {
  const bytes = await readComponent(url)
  // Whatever stands in the way, the judge of the whole file says what it is.
  const content = await acceptContent(bytes, pinned).catch(() => undefined)
  return content ?? (await import('./late/whole.js')).acceptWhole(String(url), bytes, pinned)
}

/** The content, if it is that of the build and every signature, embedded or detached, is a trusted key's. */
async function acceptContent(bytes: Uint8Array, pinned: Pinned): Promise<Uint8Array | undefined> {
  // No signature covers the preamble.
  if (!equalBytes(bytes.subarray(0, COMPONENT_PREAMBLE.length), COMPONENT_PREAMBLE)) return undefined
  const { embedded, content } = divide(bytes)
  const range = { start: 0, boundaries: [content.length] }
  const [hash] = await rollingSha256(content, range, loadBackend)
  if (toHex(hash!) !== pinned.digest) return undefined
  const signatures: Uint8Array[] = pinned.detached === undefined ? [] : [ascii(atob(pinned.detached))]
  if (embedded) signatures.push(embedded)
  for (const signature of signatures) if (!(await isTrusted(signature, hash!, pinned.keys))) return undefined
  return signatures.length > 0 ? content : undefined
}

/** Divides a component where its signature section ends. */
function divide(bytes: Uint8Array): { embedded?: Uint8Array; content: Uint8Array } {
  const reader = new Reader(bytes, unreadable, COMPONENT_PREAMBLE.length)
  if (reader.byte() === 0) {
    const section = new Reader(reader.take(reader.shortestVaruint32()), unreadable)
    if (equalBytes(section.take(section.shortestVaruint32()), SIGNATURE))
      return { embedded: section.take(section.remaining), content: bytes.subarray(reader.offset) }
  }
  return { content: bytes.subarray(COMPONENT_PREAMBLE.length) }
}

/**
 * Bytes of signature data times keys, beyond which the judge of the whole file decides, who bounds how many checks are
 * made: a record that can be tried takes 68 bytes, and this is half of the judge's checks, since there may be two signatures.
 * @see trust/evidence/gather.ts, `MAX_CHECKS`
 */
const MAX_TRIALS = 512 * 68

/** Whether one of the keys has signed this hash alone. Sets of several hashes are for the judge of the whole file. */
async function isTrusted(data: Uint8Array, hash: Uint8Array, keys: Pinned['keys']): Promise<boolean> {
  if (data.length * keys.length > MAX_TRIALS) return false
  const message = signedMessage([hash])
  for (const { hashes, records } of decodeSignature(data, unreadable)) {
    if (!equalBytes(signedMessage(hashes), message)) continue
    for (const { algorithm, signature } of records) {
      if (algorithm !== ED25519) continue
      for (const [, key] of keys) {
        const check = { publicKey: ascii(atob(key)), message, signature }
        if (await verifySignature(check, loadBackend)) return true
      }
    }
  }
  return false
}

/**
 * What is loaded later imports nothing that is loaded at once. The chunk of a component waits for it in a top-level
 * await, and bundlers may put shared code into that chunk, which would then wait for itself.
 */
const loadBackend: LoadBackend = async () =>
  (isNode ? await import('./late/native.js') : await import('./late/noble.js')).backend!

/** Nobody sees it: the judge of the whole file says what is wrong. */
const unreadable = () => new Error()
