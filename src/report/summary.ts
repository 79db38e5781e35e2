/** The line that states what a build enforces. */

import { has } from '../errors/check.js'
import { escapeControls, firstOf } from '../errors/text.js'
import type { Admitted } from '../policy/admitted.js'
import type { Policy } from '../policy/policy.js'
import type { FilePattern } from '../policy/pattern.js'
import { describeRule, type Rule } from '../policy/rule.js'
import { describeSigner } from '../trust/statement.js'

/** What a build says of its policy beside what stands in it. */
export interface PolicySources {
  /** Environment variables whose word is taken, no fingerprint being pinned. */
  trustedVariables: readonly string[]
  /** How many files in key folders were passed over because of their names. */
  ignoredFiles: number
  /** Globs of the files that the policy is for, and of those that it is not for. */
  include: readonly string[]
  exclude: readonly string[]
  /** The path of the file that the policy is written in. */
  policyFile?: string | undefined
}

/** How many globs of each option are named. */
const MAX_GLOBS = 20

/** One line without a line end. */
export function summarizePolicy(
  { mode, signers, rules, root }: Policy,
  { trustedVariables, ignoredFiles, include, exclude, policyFile }: PolicySources,
): string {
  const noun = signers.some(({ kind }) => kind === 'identity') ? 'signer' : 'key'
  const keys = `${signers.length} trusted ${noun}${signers.length === 1 ? '' : 's'}`
  const parts = [
    `${mode}, ${policyFile === undefined ? '' : `${escapeControls(policyFile)}, ${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}, `}${keys}: ${signers.map(describeSigner).join(', ') || 'none'}`,
    ...trustedVariables.map((name) => `the environment is trusted to name the key in ${name}`),
    ...(root === undefined ? [] : [`trusted root of ${root.date} (sha256 ${root.digest})`]),
    ...(ignoredFiles > 0 ? [`${ignoredFiles} other files beside the keys ignored`] : []),
    ...describeGlobs('include', include),
    ...describeGlobs('exclude', exclude),
  ]
  return `[signed-wasm] ${parts.join('; ')}`
}

function describeGlobs(option: string, globs: readonly string[]): string[] {
  return globs.length === 0 ? [] : [`${option} ${firstOf(globs.map(escapeControls), MAX_GLOBS).join(', ')}`]
}

/** How many files a summary names. */
const MAX_FILES = 50

/**
 * What a build under a policy has let in, like a bundler's own list of assets: by whom it is signed and by which rule, or why it
 * is pinned unsigned.
 * @param unseen packages that a rule names, of whose code there is some in the output, and no wasm
 * @returns nothing where there was nothing
 */
export function summarizeFiles(
  files: readonly Admitted[],
  unseen: readonly string[] = [],
): string | undefined {
  const texts = [describeFiles(files), ...unseen.map(describeUnseen)].filter((text) => text !== undefined)
  return texts.length === 0 ? undefined : texts.join('\n')
}

/** A rule for it does not mean that anything of it was looked at. */
function describeUnseen(name: string): string {
  return `[signed-wasm] code of ${escapeControls(name)} is in the output, and no wasm that its rule is for: what it gets when it runs, from another server perhaps, a build does not see`
}

/**
 * The packages that rules name one by one, of which there is code in an output and no wasm.
 * @param bundled gives the packages whose code is there; asked where a rule has let in nothing
 */
export function packagesWithoutWasm(
  rules: readonly Rule[],
  files: readonly Admitted[],
  bundled: () => ReadonlySet<string>,
): string[] {
  const named = rules.flatMap((rule) => (rule.files === 'every' ? [] : rule.files.flatMap(packageNamedBy)))
  const seen = new Set(files.flatMap(({ names }) => names.map((name) => name.package)))
  const left = [...new Set(named)].filter((name) => !seen.has(name))
  if (left.length === 0) return []
  const there = bundled()
  return left.filter((name) => there.has(name)).toSorted()
}

/** Of a whole scope, most packages have no wasm at all. */
function packageNamedBy({ text }: FilePattern): string[] {
  const [, name] = /^npm:(@[^/*]+\/[^/*]+|[^@/*]+)(?:\/|$)/.exec(text) ?? []
  return name === undefined ? [] : [name]
}

function describeFiles(files: readonly Admitted[]): string | undefined {
  if (files.length === 0) return undefined
  const count = `${files.length} ${files.length === 1 ? 'file' : 'files'}`
  // Who reads the same list after every build reads none.
  if (files.every(isLocked)) return `[signed-wasm] ${count}, all signed and as they are locked`
  const lines = files
    .map(
      (file) => `  ${escapeControls(file.name)}  ${describeSize(file.bytes.length)}  ${describeReason(file)}`,
    )
    .toSorted()
  return [`[signed-wasm] ${count} as the policy demands`, ...firstOf(lines, MAX_FILES)].join('\n')
}

const isLocked = ({ rules }: Admitted) =>
  rules.every(({ unsigned }) => unsigned === undefined) && rules.some(({ lock }) => lock !== 'none')

const describeSize = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`

function describeReason({ rules, verdict }: Admitted): string {
  const pins = rules.flatMap(({ unsigned }) => unsigned ?? [])
  const signers = has(verdict, 'signers') ? verdict.signers.map(({ name }) => name).join(', ') : 'nobody'
  const reason = pins.length > 0 ? `unsigned: ${pins.map(escapeControls).join('; ')}` : `signed by ${signers}`
  return `${reason}  (${rules.map(describeRule).join(' and ')})`
}
