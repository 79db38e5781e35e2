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

export { type Code } from './errors/catalogue.js'
export { Diagnostic } from './errors/diagnostic.js'

export type { Hex } from './format/encoding.js'

export { inspect, type InspectedSet, type Inspection } from './format/inspect.js'

export type { Layer, SectionSelector } from './format/wasm.js'

export { formatPublicKey, formatSecretKey, type KeyFormat } from './trust/keys/write.js'
export { generateKey, type SecretKey, trustedKey, type TrustedKey } from './trust/keys/trusted-key.js'
export { parsePublicKeys, parseSecretKey } from './trust/keys/read.js'

export type { Admitted } from './policy/admitted.js'
export { judge, judgeAsync, type Judgement, type Subject } from './policy/judge.js'
export { createPolicy, type Mode, type Policy } from './policy/policy.js'
export { parseLock, type Lock } from './policy/lock.js'
export { parsePolicyFile, type PolicyFile } from './policy/policy-file.js'
export { policyOf } from './policy/assemble.js'
export { decide, type Decision } from './policy/table.js'
export { explain } from './trust/explain.js'

export { split } from './trust/split.js'

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

export { type Part, type Verdict } from './trust/verdict.js'
export { type Signer } from './trust/statement.js'
export { verify, type VerifyOptions, verifySync } from './trust/verify.js'
