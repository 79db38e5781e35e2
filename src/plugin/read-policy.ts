/// <reference types="node" />
/** From options to the policy of a build: its file, or the keys that the options name, are read here, once for each build. */

import { relative } from 'node:path'
import { type KeySource, readKeyring } from '../disk/keyring.js'
import { Origins } from '../disk/origins.js'
import { toSlashes } from '../disk/paths.js'
import { findPolicy, pathInPolicy, readPolicyFolder } from '../disk/policy-folder.js'
import { problem } from '../errors/raise.js'
import { printable } from '../errors/text.js'
import type { Subject } from '../policy/judge.js'
import { createPolicy, type Policy } from '../policy/policy.js'
import { summarizePolicy } from '../report/summary.js'
import type { BuildLog } from './contexts.js'
import type { ResolvedOptions } from './options.js'

/** What a policy is made from. */
export interface PolicyOptions extends Pick<
  ResolvedOptions,
  'mode' | 'writtenMode' | 'keys' | 'include' | 'exclude' | 'detached' | 'policy' | 'written'
> {
  command: 'build' | 'serve'
  root: string
}

/** A policy, and the files whose change changes it. */
export interface ReadPolicy {
  policy: Policy
  /** Absolute paths. */
  files: readonly string[]
  /** Whether signatures beside files count. */
  detached: boolean
  /** Whether it lets what jco makes be kept. */
  keepsOutputs: boolean
  /** Whether it is written in a file, so that everything needs a rule. */
  hasRules: boolean
  /** That file, from the root of the project. */
  policyFile?: string | undefined
  /** What rules know a file by. @param file its real path, forward slashes */
  nameOf(file: string): Pick<Subject, 'path' | 'origin'>
}

/**
 * Reads the policy file of a project, or makes a policy of the keys that the options name.
 * @param log gets one line that states the policy, unless it was said of this project before
 * @throws Diagnostic about keys, such as `NO_TRUSTED_KEYS`, and about a policy or a lock, such as `POLICY_INVALID`
 */
export function readPolicy(options: PolicyOptions, log?: BuildLog): ReadPolicy {
  const file = findPolicy(options.root, options.policy)
  return file === undefined ? readOptions(options, log) : readFile(file, options, log)
}

function readOptions(options: PolicyOptions, log: BuildLog | undefined): ReadPolicy {
  const { command, keys, root, detached, include, exclude } = options
  const mode = options.mode[command]
  const shared = { detached, keepsOutputs: true, hasRules: false, nameOf: () => ({}) }
  if (mode === 'off') {
    log?.warn(problem('VERIFICATION_OFF', {}).message)
    return { policy: createPolicy({ mode }), files: [], ...shared }
  }
  const keyring = readKeyring(keys, { root, environment: process.env })
  if (mode === 'strict' && keyring.keys.length === 0)
    throw problem('NO_TRUSTED_KEYS', { looked: keys.map(describeSource) })
  const policy = createPolicy({ mode, signers: keyring.keys })
  if (log !== undefined) informOnce(log, summarizePolicy(policy, { ...keyring, include, exclude }), root)
  return { policy, files: keyring.watch, ...shared }
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
    detached: file.detached,
    keepsOutputs: file.cache,
    hasRules: true,
    policyFile: file.file,
    nameOf: (target) => ({ path: pathInPolicy(target, folder), origin: origins.of(target) }),
  }
}

/** Where a policy file says what an option says. */
const PLACES: Readonly<Record<string, string>> = {
  keys: 'who may sign, in "signers"',
  include: 'what is covered, in "rules"',
  exclude: 'what is let pass, in rules with "unsigned"',
  detached: 'it, in "detached"',
  packages: 'what is demanded of packages, in "rules"',
}

const NO_SOURCES = { trustedVariables: [], ignoredFiles: 0, include: [], exclude: [] }

const SAID = new Set<string>()

/** Once in a process: frameworks build a project several times over, and a watcher does so all day. */
function informOnce(log: BuildLog, line: string, root: string): void {
  if (SAID.has(`${root}\0${line}`)) return
  SAID.add(`${root}\0${line}`)
  log.inform(line)
}

// A literal key is public, but too long to be read in a message.
function describeSource(source: KeySource): string {
  if (typeof source === 'string') return printable(source, 60)
  return source instanceof Uint8Array ? `${source.length} bytes` : `env ${source.env}`
}
