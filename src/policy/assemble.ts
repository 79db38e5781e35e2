/** From a policy file and the keys that it names to the policy that is judged by. */

import { has } from '../errors/check.js'
import { problem } from '../errors/raise.js'
import { placeOf } from '../format/json.js'
import { trustedIdentity, type TrustedSigner } from '../trust/identity.js'
import { renamedKey, type TrustedKey } from '../trust/keys/trusted-key.js'
import { signerId } from '../trust/statement.js'
import { createPolicy, type Demands, type Mode, type Policy } from './policy.js'
import { faultIn, type FileRule, type PolicyFile, untilOf } from './policy-file.js'
import { createRule, type Rule } from './rule.js'

/** What a policy file leaves to others. */
export interface PolicySetup extends Pick<Demands, 'mode' | 'lock' | 'isServing' | 'root'> {
  /** What each signer's key was read as, by the name of the signer. */
  keys: ReadonlyMap<string, readonly TrustedKey[]>
  /** The day, as `2026-11-27`, where something is to enter the lock: whoever signed until a day before it signs no more. */
  today?: string | undefined
}

/**
 * Makes the policy that a file says.
 * @throws Diagnostic `SIGNER_TWICE`; `POLICY_INVALID` for a signer whose source holds several keys
 */
export function policyOf(file: PolicyFile, { keys, today, ...others }: PolicySetup): Policy {
  const signers = signersOf(file, keys)
  const rules = file.rules.map((rule) => ruleOf(rule, file, { signers, today }))
  return createPolicy({ ...others, signers: [...signers.values()], denied: file.denied, rules })
}

/** One key or identity for each name, and one name for each of them. */
function signersOf(file: PolicyFile, keys: PolicySetup['keys']): Map<string, TrustedSigner> {
  const signers = new Map<string, TrustedSigner>()
  for (const [name, { at, value }] of file.signers) {
    const signer = has(value, 'identity')
      ? trustedIdentity({ name, ...value })
      : onlyKey(file, { at, name, found: keys.get(name) ?? [] })
    const other = [...signers.values()].find((one) => signerId(one) === signerId(signer))
    if (other !== undefined) throw twice(file, { at, name, other: other.name })
    signers.set(name, signer)
  }
  return signers
}

function onlyKey(
  file: PolicyFile,
  { at, name, found }: { at: number; name: string; found: readonly TrustedKey[] },
): TrustedKey {
  if (found.length === 1) return renamedKey(found[0]!, name)
  throw faultIn(file.text, file.file)(at, `"key" of ${name} must name one key, and holds ${found.length}`)
}

function ruleOf(
  { at, signers: names, ...rest }: FileRule,
  file: PolicyFile,
  { signers, today }: { signers: ReadonlyMap<string, TrustedSigner>; today: string | undefined },
): Rule {
  names.forEach(({ at: place, value: name }, index) => {
    const isFirst = names.findIndex(({ value }) => value === name) === index
    if (!isFirst) throw twice(file, { at: place, name, other: name })
  })
  const ends = names.map(({ value: name }) => ({ name, until: untilOf(file.signers.get(name)!.value) }))
  const [ended, able] = [ends.filter(isOver(today)), ends.filter((one) => !isOver(today)(one))]
  return createRule({
    ...rest,
    signers: able.map(({ name }) => signers.get(name)!),
    place: { file: file.file, ...placeOf(file.text, at) },
    ...(ended.length > 0 && { ended: ended.map(({ name, until }) => `${name} (until ${until})`) }),
  })
}

/** Days are texts that sort as they follow each other. */
const isOver =
  (today: string | undefined) =>
  ({ until }: { until: string | undefined }) =>
    today !== undefined && until !== undefined && until < today

function twice(file: PolicyFile, { at, name, other }: { at: number; name: string; other: string }) {
  return problem('SIGNER_TWICE', {
    file: file.file,
    name,
    other,
    place: { file: file.file, ...placeOf(file.text, at) },
  })
}

/** The modes, from strictest to laxest. */
const STRICTNESS: readonly Mode[] = ['strict', 'lenient', 'off']

/** The stricter of two modes, of which one or both may not have been written. */
export function stricterMode(one: Mode | undefined, other: Mode | undefined): Mode {
  return STRICTNESS.find((mode) => mode === one || mode === other) ?? 'strict'
}
