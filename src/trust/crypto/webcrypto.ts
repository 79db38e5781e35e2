/**
 * SHA-256 and Ed25519 with WebCrypto, for callers that can wait and say who else computes where there is none. Same rule
 * as `ed25519.ts`, same answers.
 */

import { hasUsableR } from '../../format/signature.js'
import type { SignatureCheck, SyncBackend } from './node.js'

// Node's WebCrypto is slower than its own crypto, and in Node 20 says with a warning that Ed25519 is an experiment.
const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }

/** Whether Node's own crypto is there, which is then used. */
export const isNode: boolean = Boolean(process?.getBuiltinModule?.('node:crypto'))

const subtle = () => (isNode ? undefined : globalThis.crypto?.subtle)

/** Gets who computes what WebCrypto does not. */
export type LoadBackend = () => Promise<SyncBackend>

/** Checks one signature. */
export async function verifySignature(check: SignatureCheck, loadBackend: LoadBackend): Promise<boolean> {
  const { publicKey, message, signature } = check as Record<keyof SignatureCheck, Uint8Array<ArrayBuffer>>
  // The key is a good one, so a WebCrypto that refuses it does not know Ed25519.
  const key = await subtle()
    ?.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
    .catch(() => undefined)
  if (!key) return (await loadBackend()).verify(check)
  return hasUsableR(signature) && subtle()!.verify('Ed25519', key, signature, message)
}

/**
 * SHA-256 of every prefix, from the start to each boundary. WebCrypto cannot go on from a prefix, so it serves where
 * there is one.
 */
export async function rollingSha256(
  bytes: Uint8Array,
  { start, boundaries: ends }: { start: number; boundaries: readonly number[] },
  loadBackend: LoadBackend,
): Promise<Uint8Array[]> {
  const hasher = subtle()
  if (hasher === undefined || ends.length > 1) return (await loadBackend()).rollingSha256(bytes, start, ends)
  const range = bytes.subarray(start, ends[0]) as Uint8Array<ArrayBuffer>
  return [new Uint8Array(await hasher.digest('SHA-256', range))]
}
