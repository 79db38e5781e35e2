/// <reference types="node" />
/** From options to the policy of a build: its file, or the signers that the options name, are read here, once for each build. */

import { relative } from 'node:path'
import { Origins } from '../disk/origins.js'
import { toSlashes } from '../disk/paths.js'
import { findPolicy, pathInPolicy, readPolicyFolder } from '../disk/policy-folder.js'
import { sidecarKinds } from '../disk/sidecars.js'
import { problem } from '../errors/raise.js'
import { summarizePolicy } from '../report/summary.js'
import type { BuildLog } from './contexts.js'
import { informOnce, type PolicyOptions, type ReadPolicy, readOptions } from './option-policy.js'

export type { PolicyOptions, ReadPolicy } from './option-policy.js'

/**
 * Reads the policy file of a project, or makes a policy of the keys that the options name.
 * @param log gets one line that states the policy, unless it was said of this project before
 * @throws Diagnostic about keys, such as `NO_TRUSTED_KEYS`, and about a policy or a lock, such as `POLICY_INVALID`
 */
export function readPolicy(options: PolicyOptions, log?: BuildLog): ReadPolicy {
  const file = findPolicy(options.root, options.policy)
  return file === undefined ? readOptions(options, log) : readFile(file, options, log)
}

function readFile(path: string, options: PolicyOptions, log: BuildLog | undefined): ReadPolicy {
  const { command, writtenMode, written, root } = options
  const display = (target: string) => toSlashes(relative(root, target))
  const clash = written.find((name) => Object.hasOwn(PLACES, name))
  if (clash !== undefined)
    throw problem('OPTION_INVALID', {
      option: clash,
      must: `left out, since ${display(path)} says ${PLACES[clash]}`,
    })
  const { policy, file, folder, files } = readPolicyFolder(path, {
    command,
    mode: writtenMode[command],
    display,
  })
  if (policy.mode === 'off') log?.warn(problem('VERIFICATION_OFF', {}).message)
  else if (log !== undefined)
    informOnce(log, summarizePolicy(policy, { ...NO_SOURCES, policyFile: file.file }), root)
  const origins = new Origins()
  return {
    policy,
    files,
    sidecars: sidecarKinds(file.detached, policy),
    keepsOutputs: file.cache,
    hasRules: true,
    policyFile: file.file,
    nameOf: (target) => ({ path: pathInPolicy(target, folder), origin: origins.of(target) }),
  }
}

/** Where a policy file says what an option says. */
const PLACES: Readonly<Record<string, string>> = {
  keys: 'who may sign, in "signers"',
  identities: 'who may sign, in "signers"',
  trustedRoot: 'it, in "trustedRoot"',
  include: 'what is covered, in "rules"',
  exclude: 'what is let pass, in rules with "unsigned"',
  detached: 'it, in "detached"',
  packages: 'what is demanded of packages, in "rules"',
}

const NO_SOURCES = { trustedVariables: [], ignoredFiles: 0, include: [], exclude: [] }
