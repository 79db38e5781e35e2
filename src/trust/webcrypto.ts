/**
 * SHA-256 and Ed25519 with WebCrypto, for callers that can wait. Node's own crypto and noble are loaded when they are
 * the better or the only way, so that browsers that know Ed25519 never get them. Same rule as `ed25519.ts`, same answers.
 */

import { hasUsableR } from '../format/signature.js'
import type { Layer } from '../format/wasm.js'
import { type Evidence, frame, gather, type SignatureCheck } from './evidence.js'
import type { TrustedKey } from './keys.js'
import type { SyncBackend } from './native.js'

// Node's WebCrypto is slower than its own crypto, and in Node 20 says with a warning that Ed25519 is an experiment.
const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }
const isNode = Boolean(process?.getBuiltinModule?.('node:crypto'))
const subtle = () => (isNode ? undefined : globalThis.crypto?.subtle)

async function loadBackend(): Promise<SyncBackend> {
  return isNode ? (await import('./native.js')).nodeBackend! : (await import('./ed25519.js')).nobleBackend
}

/**
 * Gathers the evidence about a file.
 * @throws Diagnostic `WASM_MALFORMED`, `LAYER_MISMATCH`, `SIGNATURE_INVALID`
 */
export async function gatherAsync(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  options: { layer?: Layer | undefined; detached?: Uint8Array | undefined },
): Promise<Evidence> {
  const file = frame(bytes, options)
  const hashes = await rollingSha256(bytes, file.start, file.boundaries)
  const run = gather(file, hashes, keys)
  let step = run.next()
  while (!step.done) step = run.next(await verifySignature(step.value))
  return step.value
}

/** Checks one signature. */
export async function verifySignature(check: SignatureCheck): Promise<boolean> {
  const { publicKey, message, signature } = check as Record<keyof SignatureCheck, Uint8Array<ArrayBuffer>>
  // The key is a good one, so a WebCrypto that refuses it does not know Ed25519.
  const key = await subtle()
    ?.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
    .catch(() => undefined)
  if (!key) return (await loadBackend()).verify(check)
  return hasUsableR(signature) && subtle()!.verify('Ed25519', key, signature, message)
}

/**
 * SHA-256 of every prefix `bytes[start..end)`.
 * @param ends ascending offsets; WebCrypto cannot go on from a prefix, so it serves where there is one
 */
export async function rollingSha256(
  bytes: Uint8Array,
  start: number,
  ends: readonly number[],
): Promise<Uint8Array[]> {
  const hasher = subtle()
  if (hasher === undefined || ends.length > 1) return (await loadBackend()).rollingSha256(bytes, start, ends)
  const range = bytes.subarray(start, ends[0]) as Uint8Array<ArrayBuffer>
  return [new Uint8Array(await hasher.digest('SHA-256', range))]
}
