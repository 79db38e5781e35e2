/** What is demanded of files, as one immutable value. */

import { anything, check, type Check, isPlainObject, oneOf, ownMembers } from '../errors/check.js'
import { problem } from '../errors/raise.js'
import type { Hex } from '../format/encoding.js'
import { adoptKeys, type TrustedKey } from '../trust/keys/trusted-key.js'
import { readRevoked } from '../trust/revoked.js'

/** How strict a build is. `off` opens no key and verifies nothing. */
export type Mode = 'strict' | 'lenient' | 'off'

/** What is demanded. */
export interface Policy {
  /** Changes when anything in the policy does. */
  readonly id: string
  readonly mode: Mode
  /** Who may sign; any one of them. */
  readonly signers: readonly TrustedKey[]
  /** Fingerprints of keys and digests of contents that are refused, whoever signed. */
  readonly denied: ReadonlySet<Hex>
}

/** What a policy is made from. */
export interface Demands {
  /** @default 'strict' */
  mode?: Mode | undefined
  /** @default [] */
  signers?: readonly TrustedKey[] | undefined
  /** @default [] */
  denied?: Iterable<Hex> | undefined
}

/**
 * Makes a policy of what options or flags say.
 * @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID`; `KEY_WEAK`, `KEY_UNREADABLE` for keys that were not made here
 */
export function createPolicy(demands: Demands): Policy {
  const { mode = 'strict', signers: given = [], denied: list } = check(demands, CHECKS, '')
  const [signers, denied] = [adoptKeys(given), readRevoked(list)]
  const id = JSON.stringify([
    mode,
    signers.map(({ name, fingerprint }) => [name, fingerprint]).toSorted(),
    [...denied].toSorted(),
  ])
  const policy = Object.freeze({ id, mode, signers: Object.freeze(signers), denied })
  MADE.add(policy)
  return policy
}

const CHECKS: Record<keyof Demands, Check> = {
  mode: oneOf('strict', 'lenient', 'off'),
  signers: (value) => (Array.isArray(value) ? undefined : 'a list of trusted keys'),
  denied: anything,
}

/** Policies that were made here, of which nothing has to be checked again. */
const MADE = new WeakSet<Policy>()

/**
 * The same policy: one that was put together elsewhere is made again of what it says.
 * @throws Diagnostic `OPTION_INVALID`, `KEY_*`
 */
export function adoptPolicy(policy: Policy): Policy {
  if (MADE.has(policy)) return policy
  const { mode, signers, denied }: Partial<Policy> = isPlainObject(policy) ? ownMembers(policy) : {}
  if (mode === undefined || signers === undefined || denied === undefined)
    throw problem('OPTION_INVALID', { option: 'policy', must: 'what `createPolicy` makes' })
  return createPolicy({ mode, signers, denied })
}
