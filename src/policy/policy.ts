/** What is demanded of files, as one immutable value. */

import { anything, check, type Check, flag, isPlainObject, oneOf, ownMembers } from '../errors/check.js'
import { problem } from '../errors/raise.js'
import type { Hex } from '../format/encoding.js'
import { adoptKeys, type TrustedKey } from '../trust/keys/trusted-key.js'
import { readRevoked } from '../trust/revoked.js'
import { emptyLock, isLock, type Lock } from './lock.js'
import { isRule, type Rule, ruleId, ruleOfOptions } from './rule.js'

/** How strict a build is. `off` opens no key and verifies nothing. */
export type Mode = 'strict' | 'lenient' | 'off'

/** What is demanded. */
export interface Policy {
  /** Changes when anything in the policy does. */
  readonly id: string
  readonly mode: Mode
  /** Everybody whom a rule names. */
  readonly signers: readonly TrustedKey[]
  /** Fingerprints of keys and digests of contents that are refused, whoever signed. */
  readonly denied: ReadonlySet<Hex>
  /** What is demanded of which files. Options alone are one rule, that any of the signers has signed. */
  readonly rules: readonly Rule[]
  /** What was seen of files, for rules that lock. */
  readonly lock: Lock
  /** Whether it is for a dev server, where a file of the project may be another than the lock holds. */
  readonly isServing: boolean
}

/** What a policy is made from. */
export interface Demands {
  /** @default 'strict' */
  mode?: Mode | undefined
  /** @default [] */
  signers?: readonly TrustedKey[] | undefined
  /** @default [] */
  denied?: Iterable<Hex> | undefined
  /** Made by `createRule`. @default one rule: any of the signers may sign any file */
  rules?: readonly Rule[] | undefined
  /** Made by `parseLock`. @default nothing is locked */
  lock?: Lock | undefined
  /** @default false */
  isServing?: boolean | undefined
}

/**
 * Makes a policy of what options or flags say.
 * @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID`; `KEY_WEAK`, `KEY_UNREADABLE` for keys that were not made here
 */
export function createPolicy(demands: Demands): Policy {
  const {
    mode = 'strict',
    signers: given = [],
    denied: list,
    rules: written,
    ...rest
  } = check(demands, CHECKS, '')
  const { lock = emptyLock(), isServing = false } = rest
  const [signers, denied] = [adoptKeys(given), readRevoked(list)]
  const rules = written ?? [ruleOfOptions(signers)]
  const id = JSON.stringify([
    mode,
    signers.map(({ name, fingerprint }) => [name, fingerprint]).toSorted(),
    [...denied].toSorted(),
    rules.map(ruleId).toSorted(),
    lock.text,
    isServing,
  ])
  const policy = Object.freeze({
    id,
    mode,
    signers: Object.freeze(signers),
    denied,
    rules: Object.freeze([...rules]),
    lock,
    isServing,
  })
  MADE.add(policy)
  return policy
}

const CHECKS: Record<keyof Demands, Check> = {
  mode: oneOf('strict', 'lenient', 'off'),
  signers: (value) => (Array.isArray(value) ? undefined : 'a list of trusted keys'),
  denied: anything,
  rules: (value) => (Array.isArray(value) && value.every(isRule) ? undefined : 'a list of rules'),
  lock: (value) => (isLock(value) ? undefined : 'a lock that was read'),
  isServing: flag,
}

/** Policies that were made here, of which nothing has to be checked again. */
const MADE = new WeakSet<Policy>()

/**
 * The same policy: one that was put together elsewhere is made again of what it says.
 * @throws Diagnostic `OPTION_INVALID`, `KEY_*`
 */
export function adoptPolicy(policy: Policy): Policy {
  if (MADE.has(policy)) return policy
  const { mode, signers, denied, ...others }: Partial<Policy> = isPlainObject(policy)
    ? ownMembers(policy)
    : {}
  if (mode === undefined || signers === undefined || denied === undefined)
    throw problem('OPTION_INVALID', { option: 'policy', must: 'what `createPolicy` makes' })
  // One without rules was written by hand; those of another are what it demands, and must not get lost.
  return createPolicy({
    mode,
    signers,
    denied,
    rules: others.rules,
    lock: others.lock,
    isServing: others.isServing,
  })
}
