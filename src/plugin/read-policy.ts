/// <reference types="node" />
/** From options to the policy of a build: the keys that they name are read here, once for each build. */

import { type KeySource, readKeyring } from '../disk/keyring.js'
import { problem } from '../errors/raise.js'
import { printable } from '../errors/text.js'
import { createPolicy, type Mode, type Policy } from '../policy/policy.js'
import { summarizePolicy } from '../report/summary.js'
import type { BuildLog } from './contexts.js'
import type { ResolvedOptions } from './options.js'

/** What a policy is made from. */
export interface PolicyOptions extends Pick<ResolvedOptions, 'keys' | 'include' | 'exclude'> {
  mode: Mode
  root: string
}

/** A policy, and the files whose change changes it. */
export interface ReadPolicy {
  policy: Policy
  /** Absolute paths. */
  files: readonly string[]
}

/**
 * Reads the keys that the options name.
 * @param log gets one line that states the policy, unless it was said of this project before
 * @throws Diagnostic about keys, such as `NO_TRUSTED_KEYS`
 */
export function readPolicy({ mode, keys, root, ...filters }: PolicyOptions, log?: BuildLog): ReadPolicy {
  if (mode === 'off') {
    log?.warn(problem('VERIFICATION_OFF', {}).message)
    return { policy: createPolicy({ mode }), files: [] }
  }
  const keyring = readKeyring(keys, { root, environment: process.env })
  if (mode === 'strict' && keyring.keys.length === 0)
    throw problem('NO_TRUSTED_KEYS', { looked: keys.map(describeSource) })
  const policy = createPolicy({ mode, signers: keyring.keys })
  if (log !== undefined) informOnce(log, summarizePolicy(policy, { ...keyring, ...filters }), root)
  return { policy, files: keyring.watch }
}

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
