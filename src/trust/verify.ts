/**
 * verify(bytes, keys, options) gives a Verdict. Hostile bytes never throw; a wrong call does.
 *
 * One procedure, two drivers: `verifySync` (node:crypto or noble) and `verify` (WebCrypto first).
 */

import { anything, check, type Check, isNameList, oneOf, has } from '../errors/check.js'
import type { Hex } from '../format/encoding.js'
import type { Layer, SectionSelector } from '../format/wasm.js'
import type { SyncBackend } from './crypto/node.js'
import { defaultBackend } from './crypto/rule.js'
import { rollingSha256, verifySignature } from './crypto/webcrypto.js'
import { frame, type FramedFile } from './evidence/frame.js'
import { gather } from './evidence/gather.js'
import { adoptKeys, type TrustedKey } from './keys/trusted-key.js'
import { readRevoked } from './revoked.js'
import { conclude, type Verdict, verdictOfError } from './verdict.js'

/** What a caller may ask for. */
export interface VerifyOptions {
  /** The layer the file must have; any layer when absent. */
  layer?: Layer | undefined
  /** The content of a detached signature file. When the file carries a signature as well, both must hold. */
  detached?: Uint8Array | undefined
  /**
   * Asks for a partial check: parts that hold a selected section must be signed, others need not be.
   * A file that is not signed whole is `partial` then as well, and `sufficient` tells.
   */
  sections?: SectionSelector | undefined
  /** Fingerprints of keys and digests of contents that are refused, whoever signed. */
  revoked?: Iterable<Hex> | undefined
}

/** {@link VerifyOptions} and who computes. */
export interface VerifySyncOptions extends VerifyOptions {
  /** The crypto backend; node:crypto or else noble by default. */
  backend?: SyncBackend | undefined
}

/** A verdict, and what was read of the file on the way; nothing where it cannot be framed. */
export interface Examined {
  verdict: Verdict
  file?: FramedFile
  /** SHA-256 of what signatures cover, 32 bytes. */
  contentHash?: Uint8Array
}

/**
 * Verifies a wasm file against the keys, any of which may have signed it.
 * @param bytes the whole file, read only; verify the very bytes that you go on to use
 * @throws TypeError when the call is wrong, Diagnostic `OPTION_*` for options and `KEY_*` for keys that are not what they
 *   should be; never because of what the bytes hold
 * @see tool-conventions, Signatures.md
 */
export function verifySync(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  options: VerifySyncOptions = {},
): Verdict {
  return examineSync(bytes, keys, options).verdict
}

/** Like {@link verifySync}, with WebCrypto where that is the fast way. */
export async function verify(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  options: VerifyOptions = {},
): Promise<Verdict> {
  return (await examine(bytes, keys, options)).verdict
}

/** Like {@link verifySync}, with what was found out about the file. */
export function examineSync(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  options: VerifySyncOptions = {},
): Examined {
  const { trusted, asked } = readCall(bytes, keys, options)
  const { backend = defaultBackend } = asked
  const file = attempt(() => frame(bytes, framing(asked)))
  if (has(file, 'verdict')) return file
  const hashes = backend.rollingSha256(bytes, file.start, file.boundaries)
  const run = gather({ file, hashes }, trusted)
  let step = run.next()
  while (!step.done) step = run.next(backend.verify(step.value))
  return { verdict: conclude(step.value, { file, hashes }, asked), ...facts(file, hashes) }
}

/** Like {@link verify}, with what was found out about the file. */
export async function examine(
  bytes: Uint8Array,
  keys: readonly TrustedKey[],
  options: VerifyOptions = {},
): Promise<Examined> {
  const { trusted, asked } = readCall(bytes, keys, options)
  const loadBackend = async () => defaultBackend
  const file = attempt(() => frame(bytes, framing(asked)))
  if (has(file, 'verdict')) return file
  const hashes = await rollingSha256(bytes, file, loadBackend)
  const run = gather({ file, hashes }, trusted)
  let step = run.next()
  while (!step.done) step = run.next(await verifySignature(step.value, loadBackend))
  return { verdict: conclude(step.value, { file, hashes }, asked), ...facts(file, hashes) }
}

/** What a call may ask for, and nothing else: a misspelled `revoked` would let pass what it names. */
const CHECKS: Record<keyof VerifySyncOptions, Check> = {
  layer: oneOf('component', 'core module'),
  detached: anything,
  sections: (value) =>
    typeof value === 'function' || isNameList(value) === undefined ? undefined : 'a list of names or a test',
  revoked: anything,
  backend: anything,
}

/** A call, with nothing in it that whoever called can still change, but for the bytes. */
function readCall(bytes: unknown, keys: readonly TrustedKey[], options: VerifySyncOptions) {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes must be a Uint8Array')
  if (!Array.isArray(keys)) throw new TypeError('keys must be an array of trusted keys')
  const { backend, layer, detached, sections, revoked } = check(options, CHECKS, '')
  if (detached !== undefined && !(detached instanceof Uint8Array))
    throw new TypeError('detached must be a Uint8Array')
  const trusted = adoptKeys(keys)
  return {
    trusted,
    asked: { keys: trusted, backend, layer, detached, sections, revoked: readRevoked(revoked) },
  }
}

const framing = ({ layer, detached }: ReturnType<typeof readCall>['asked']) => ({
  layer,
  sidecars: { signature: detached },
})

const facts = (file: FramedFile, hashes: readonly Uint8Array[]) => ({ file, contentHash: hashes.at(-1)! })

function attempt(read: () => FramedFile): FramedFile | { verdict: Verdict } {
  try {
    return read()
  } catch (error) {
    return { verdict: verdictOfError(error) }
  }
}
