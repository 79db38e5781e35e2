/** One rule of a policy: which files it is for, and what it wants of them. */

import type { Place } from '../errors/catalogue.js'
import { ownMembers } from '../errors/check.js'
import type { TrustedSigner } from '../trust/identity.js'
import { signerId } from '../trust/statement.js'
import type { FileName } from './file-name.js'
import type { FilePattern } from './pattern.js'
import type { LockLevel } from './policy-shape.js'
import type { ImportPattern } from './surface.js'

/** A rule. Every one that names a file must hold. */
export interface Rule {
  /** Every file, whatever its name, is what the one rule of options is for. */
  readonly files: readonly FilePattern[] | 'every'
  readonly except: readonly FilePattern[]
  /** Who may sign; nobody where the rule pins. */
  readonly signers: readonly TrustedSigner[]
  /** How many of them must have signed. */
  readonly threshold: number
  /** All that may be imported; anything when absent. */
  readonly imports?: readonly ImportPattern[] | undefined
  /** What the lock holds; by where the file is from when absent. */
  readonly lock?: LockLevel | undefined
  /** Why it is shipped unsigned, where the rule pins. */
  readonly unsigned?: string | undefined
  /** Who signed until a day that is over, where that counts: see `PolicySetup.today`. In words. */
  readonly ended?: readonly string[] | undefined
  /** Where it stands in a policy file. */
  readonly place?: Place | undefined
}

/** Rules that were made here. */
const MADE = new WeakSet<Rule>()

/** Makes a rule that nobody can change any more, and that says nothing but what was written. */
export function createRule(rule: Rule): Rule {
  const made = Object.freeze(ownMembers(rule))
  MADE.add(made)
  return made
}

/** Whether a value was made by {@link createRule}. */
export function isRule(value: unknown): value is Rule {
  return typeof value === 'object' && value !== null && MADE.has(value as Rule)
}

/** The rule that options alone amount to: any of the keys, whatever the file is called. */
export function ruleOfOptions(signers: readonly TrustedSigner[]): Rule {
  return createRule({ files: 'every', except: [], signers, threshold: 1, lock: 'none' })
}

/** Whether a rule is for a file of that name. */
export function isFor({ files, except }: Rule, name: FileName): boolean {
  if (files === 'every') return true
  return files.some((pattern) => pattern.matches(name)) && !except.some((pattern) => pattern.matches(name))
}

/**
 * The rules that name a file: by its innermost name, and by those of packages around it, since authors can put a folder of any
 * name into theirs.
 * @returns none where no rule is for the innermost name, whatever the others say
 */
export function rulesFor(names: readonly FileName[], rules: readonly Rule[]): readonly Rule[] {
  const [innermost] = names
  const isNamed = rules.some((rule) => rule.files === 'every' || (innermost && isFor(rule, innermost)))
  if (!isNamed) return []
  return rules.filter((rule) => rule.files === 'every' || names.some((name) => isFor(rule, name)))
}

/** A rule as messages name it. */
export function describeRule({ files }: Rule): string {
  return files === 'every' ? 'every file' : files.map(({ text }) => text).join(', ')
}

/** Who signers are, and what they are called: the same for the same ones in any order. */
export const idsOf = (signers: readonly TrustedSigner[]): string[] =>
  signers.map((signer) => JSON.stringify([signer.name, signerId(signer)])).toSorted()

/** All that a rule says, as a text that is another when anything in it is. */
export function ruleId({ files, except, signers, threshold, imports, lock, unsigned }: Rule): string {
  const texts = (patterns: readonly { text: string }[]) => patterns.map(({ text }) => text).toSorted()
  return JSON.stringify([
    files === 'every' ? files : texts(files),
    texts(except),
    idsOf(signers),
    threshold,
    imports === undefined ? null : texts(imports),
    lock ?? null,
    unsigned ?? null,
  ])
}
