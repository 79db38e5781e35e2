/**
 * verify(bytes, keys, options) gives a Verdict. Hostile bytes never throw; a wrong call does.
 *
 * One procedure, two drivers: `verifySync` (node:crypto or noble) and `verify` (WebCrypto first).
 */

import { Diagnostic } from '../errors/diagnostic.js'
import type { Hex } from '../format/encoding.js'
import type { Layer, SectionSelector } from '../format/wasm.js'
import type { SyncBackend } from './crypto/node.js'
import { defaultBackend } from './crypto/rule.js'
import { rollingSha256, verifySignature } from './crypto/webcrypto.js'
import { frame } from './evidence/frame.js'
import { type Evidence, gather } from './evidence/gather.js'
import type { TrustedKey } from './keys/trusted-key.js'
import { conclude, type Verdict } from './verdict.js'

/** What a caller may ask for. */
export interface VerifyOptions {
  /** The layer the file must have; any layer when absent. */
  layer?: Layer
  /** The content of a detached signature file. When the file carries a signature as well, both must hold. */
  detached?: Uint8Array
  /**
   * Asks for a partial check: parts that hold a selected section must be signed, others need not be.
   * A file that is not signed whole is `partial` then as well, and `sufficient` tells.
   */
  sections?: SectionSelector
  /** Fingerprints of keys and digests of contents that are refused, whoever signed. */
  revoked?: ReadonlySet<Hex>
}

/** {@link VerifyOptions} and who computes. */
export interface VerifySyncOptions extends VerifyOptions {
  /** The crypto backend; node:crypto or else noble by default. */
  backend?: SyncBackend
}

/**
 * Verifies a wasm file against the keys, any of which may have signed it.
 * @param bytes the whole file, read only; verify the very bytes that you go on to use
 * @throws TypeError when the call is wrong; never because of what the bytes hold
 * @see tool-conventions, Signatures.md
 */
export function verifySync(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  { backend = defaultBackend, ...options }: VerifySyncOptions = {},
): Verdict {
  assertCall(bytes, keys, options)
  try {
    return conclude(gatherSync(bytes, keys, { ...options, backend }), keys, options)
  } catch (error) {
    return verdictOf(error)
  }
}

/** Like {@link verifySync}, with WebCrypto where that is the fast way. */
export async function verify(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  options: VerifyOptions = {},
): Promise<Verdict> {
  assertCall(bytes, keys, options)
  try {
    return conclude(await gatherAsync(bytes, keys, options), keys, options)
  } catch (error) {
    return verdictOf(error)
  }
}

function assertCall(bytes: unknown, keys: unknown, { detached }: VerifyOptions): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes must be a Uint8Array')
  if (!Array.isArray(keys)) throw new TypeError('keys must be an array of trusted keys')
  if (detached !== undefined && !(detached instanceof Uint8Array))
    throw new TypeError('detached must be a Uint8Array')
}

function gatherSync(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  { backend, ...options }: VerifyOptions & { backend: SyncBackend },
): Evidence {
  const file = frame(bytes, options)
  const hashes = backend.rollingSha256(bytes, file.start, file.boundaries)
  const run = gather(file, hashes, keys)
  let step = run.next()
  while (!step.done) step = run.next(backend.verify(step.value))
  return step.value
}

async function gatherAsync(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  options: VerifyOptions,
): Promise<Evidence> {
  const loadBackend = async () => defaultBackend
  const file = frame(bytes, options)
  const hashes = await rollingSha256(bytes, file, loadBackend)
  const run = gather(file, hashes, keys)
  let step = run.next()
  while (!step.done) step = run.next(await verifySignature(step.value, loadBackend))
  return step.value
}

/** What could not be framed has a verdict as well. */
function verdictOf(error: unknown): Verdict {
  if (!(error instanceof Diagnostic)) throw error
  return { status: error.code === 'SIGNATURE_INVALID' ? 'invalid' : 'malformed', problem: error }
}
