/**
 * The library door: verify, sign and read keys in any JavaScript runtime, without a build tool.
 *
 * Nothing here touches a file, the network or the clock: bytes in, values out.
 *
 * @example
 * ```ts
 * import { explain, parsePublicKeys, verify } from 'unplugin-signed-wasm/api'
 *
 * const keys = parsePublicKeys(publicKeyText, 'acme.pub')
 * const verdict = await verify(bytes, keys)
 * if (verdict.status !== 'verified') throw explain(verdict, 'hello.wasm', keys)
 * ```
 */

export { type Code, Diagnostic } from './errors.js'
export type { Hex } from './format/bytes.js'
export { inspect, type InspectedSet, type Inspection } from './format/inspect.js'
export type { Layer, SectionSelector } from './format/wasm.js'
export {
  formatPublicKey,
  formatSecretKey,
  generateKey,
  type KeyFormat,
  parsePublicKeys,
  parseSecretKey,
  type SecretKey,
  trustedKey,
  type TrustedKey,
} from './trust/keys.js'
export { decide, type Decision, explain, type Mode } from './trust/policy.js'
export { split } from './trust/parts.js'
export {
  attach,
  detach,
  prepareSignature,
  type PreparedSignature,
  sign,
  type Signed,
  type SignOptions,
  signWith,
} from './trust/sign.js'
export {
  type Part,
  type Signer,
  type Verdict,
  verify,
  type VerifyOptions,
  verifySync,
} from './trust/verify.js'
