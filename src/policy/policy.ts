/** What is demanded of files, as one immutable value. */

import { anything, check, type Check, flag, isPlainObject, oneOf, ownMembers } from '../errors/check.js'
import { problem } from '../errors/raise.js'
import type { Hex } from '../format/encoding.js'
import { adoptSigners, identitiesAmong, type OpenedRoot, type TrustedSigner } from '../trust/identity.js'
import { readRevoked } from '../trust/revoked.js'
import { emptyLock, isLock, type Lock } from './lock.js'
import { idsOf, isRule, type Rule, ruleId, ruleOfOptions } from './rule.js'

/** How strict a build is. `off` opens no key and verifies nothing. */
export type Mode = 'strict' | 'lenient' | 'off'

/** What is demanded. */
export interface Policy {
  /** Changes when anything in the policy does. */
  readonly id: string
  readonly mode: Mode
  /** Everybody whom a rule names. */
  readonly signers: readonly TrustedSigner[]
  /** Fingerprints of keys and digests of contents that are refused, whoever signed. */
  readonly denied: ReadonlySet<Hex>
  /** What is demanded of which files. Options alone are one rule, that any of the signers has signed. */
  readonly rules: readonly Rule[]
  /** What was seen of files, for rules that lock. */
  readonly lock: Lock
  /** Whether it is for a dev server, where a file of the project may be another than the lock holds. */
  readonly isServing: boolean
  /** Holds Sigstore bundles against the services that are trusted; there wherever an identity is. */
  readonly root: OpenedRoot | undefined
}

/** What a policy is made from. */
export interface Demands {
  /** @default 'strict' */
  mode?: Mode | undefined
  /** @default [] */
  signers?: readonly TrustedSigner[] | undefined
  /** @default [] */
  denied?: Iterable<Hex> | undefined
  /** Made by `createRule`. @default one rule: any of the signers may sign any file */
  rules?: readonly Rule[] | undefined
  /** Made by `parseLock`. @default nothing is locked */
  lock?: Lock | undefined
  /** @default false */
  isServing?: boolean | undefined
  /** Needed where one of the signers is an identity. @default none */
  root?: OpenedRoot | undefined
}

/**
 * Makes a policy of what options or flags say.
 * @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID`; `KEY_WEAK`, `KEY_UNREADABLE` for keys that were not made here,
 *   `IDENTITY_INVALID`
 */
export function createPolicy(demands: Demands): Policy {
  const {
    mode = 'strict',
    signers: given = [],
    denied: list,
    rules: written,
    ...rest
  } = check(demands, CHECKS, '')
  const { lock = emptyLock(), isServing = false, root } = rest
  const [signers, denied] = [adoptSigners(given), readRevoked(list)]
  if (root === undefined && mode !== 'off' && identitiesAmong(signers).length > 0)
    throw problem('OPTION_INVALID', { option: 'root', must: 'there, where a signer is an identity' })
  const rules = written ?? [ruleOfOptions(signers)]
  const id = JSON.stringify([
    mode,
    idsOf(signers),
    [...denied].toSorted(),
    rules.map(ruleId).toSorted(),
    lock.text,
    isServing,
    root?.digest ?? null,
  ])
  const policy = Object.freeze({
    id,
    mode,
    signers: Object.freeze(signers),
    denied,
    rules: Object.freeze([...rules]),
    lock,
    isServing,
    root,
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
  root: (value) => (isRoot(value) ? undefined : 'a trusted root that was opened'),
}

const isRoot = (value: unknown) =>
  isPlainObject(value) && typeof value['digest'] === 'string' && typeof value['verify'] === 'function'

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
    root: others.root,
  })
}
