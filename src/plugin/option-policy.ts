/// <reference types="node" />
/** The policy that options alone amount to: any of the signers that they name, whatever the file is called. */

import { resolve } from 'node:path'
import { type KeySource, readKeyring } from '../disk/keyring.js'
import { type SidecarKinds, sidecarKinds } from '../disk/sidecars.js'
import { openTrustedRoot } from '../disk/trusted-root.js'
import { problem } from '../errors/raise.js'
import { printable } from '../errors/text.js'
import type { Subject } from '../policy/judge.js'
import { createPolicy, type Policy } from '../policy/policy.js'
import { summarizePolicy } from '../report/summary.js'
import { trustedIdentity } from '../trust/identity.js'
import type { BuildLog } from './contexts.js'
import type { ResolvedOptions } from './options.js'

/** What a policy is made from. */
export interface PolicyOptions extends Pick<
  ResolvedOptions,
  | 'mode'
  | 'writtenMode'
  | 'keys'
  | 'identities'
  | 'trustedRoot'
  | 'include'
  | 'exclude'
  | 'detached'
  | 'policy'
  | 'written'
> {
  command: 'build' | 'serve'
  root: string
}

/** A policy, and the files whose change changes it. */
export interface ReadPolicy {
  policy: Policy
  /** Absolute paths. */
  files: readonly string[]
  /** What counts beside files. */
  sidecars: SidecarKinds
  /** Whether it lets what jco makes be kept. */
  keepsOutputs: boolean
  /** Whether it is written in a file, so that everything needs a rule. */
  hasRules: boolean
  /** That file, from the root of the project. */
  policyFile?: string | undefined
  /** What rules know a file by. @param file its real path, forward slashes */
  nameOf(file: string): Pick<Subject, 'path' | 'origin'>
}

/** @throws Diagnostic about keys and identities, such as `NO_TRUSTED_KEYS` */
export function readOptions(options: PolicyOptions, log: BuildLog | undefined): ReadPolicy {
  const { command, keys, root, detached, include, exclude } = options
  const mode = options.mode[command]
  const shared = { keepsOutputs: true, hasRules: false, nameOf: () => ({}) }
  if (mode === 'off') {
    log?.warn(problem('VERIFICATION_OFF', {}).message)
    const policy = createPolicy({ mode })
    return { policy, files: [], sidecars: sidecarKinds(detached, policy), ...shared }
  }
  const keyring = readKeyring(keys, { root, environment: process.env })
  const identities = options.identities.map((one, index) =>
    trustedIdentity({ name: `identities[${index}]`, ...one }),
  )
  const signers = [...keyring.keys, ...identities]
  if (mode === 'strict' && signers.length === 0)
    throw problem('NO_TRUSTED_KEYS', { looked: keys.map(describeSource) })
  const trusted = identities.length === 0 ? NO_ROOT : openRootOf(options)
  const policy = createPolicy({ mode, signers, root: trusted.root })
  if (log !== undefined) informOnce(log, summarizePolicy(policy, { ...keyring, include, exclude }), root)
  const files = [...keyring.watch, ...trusted.files]
  return { policy, files, sidecars: sidecarKinds(detached, policy), ...shared }
}

const NO_ROOT = { root: undefined, files: [] }

function openRootOf({ trustedRoot, root }: Pick<PolicyOptions, 'trustedRoot' | 'root'>) {
  const file = trustedRoot === undefined ? undefined : resolve(root, trustedRoot)
  return { root: openTrustedRoot(file, trustedRoot), files: file === undefined ? [] : [file] }
}

const SAID = new Set<string>()

/** Once in a process: frameworks build a project several times over, and a watcher does so all day. */
export function informOnce(log: BuildLog, line: string, root: string): void {
  if (SAID.has(`${root}\0${line}`)) return
  SAID.add(`${root}\0${line}`)
  log.inform(line)
}

// A literal key is public, but too long to be read in a message.
function describeSource(source: KeySource): string {
  if (typeof source === 'string') return printable(source, 60)
  return source instanceof Uint8Array ? `${source.length} bytes` : `env ${source.env}`
}
