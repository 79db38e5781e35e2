/** The policy that commands work by. */

import path from 'node:path'
import { toSlashes } from '../disk/paths.js'
import { findPolicy, type PolicyFolder, type PolicyReading, readPolicyFolder } from '../disk/policy-folder.js'
import { readSidecars, sidecarKinds, type SidecarKinds } from '../disk/sidecars.js'
import { problem } from '../errors/raise.js'
import type { Sidecars } from '../trust/evidence/frame.js'
import { POLICY_FILE } from '../policy/policy-shape.js'
import type { Options, Values } from './define-command.js'
import type { Io } from './io.js'

/** Of every command that works by a policy file. */
export const POLICY = {
  policy: {
    type: 'string',
    value: '<file>',
    help: `the policy (default: ${POLICY_FILE} here or above, as far as the repository goes)`,
  },
} as const satisfies Options

/** @throws Diagnostic `NO_POLICY`, `VERIFICATION_OFF`, `POLICY_INVALID`, `SIGNER_TWICE`, `LOCK_INVALID`, `KEY_*` */
export function openPolicy(
  { values, io }: { values: Values<typeof POLICY>; io: Io },
  { mode, today }: Partial<Pick<PolicyReading, 'mode' | 'today'>> = {},
): PolicyFolder {
  const found = findPolicy(io.cwd, values.policy)
  if (found === undefined) throw problem('NO_POLICY', {})
  const display = (file: string) => shownAt(file, io)
  const folder = readPolicyFolder(found, { command: 'build', mode, display, today })
  // A gate that opens no key would say that all is well.
  if (folder.policy.mode === 'off') throw problem('VERIFICATION_OFF', {})
  return folder
}

/** Whether there is a policy, or one is named. */
export function hasPolicy({ values, io }: { values: Values<typeof POLICY>; io: Io }): boolean {
  return findPolicy(io.cwd, values.policy) !== undefined
}

/** A path as whoever typed the command would write it. */
export const shownAt = (file: string, { cwd }: Io) => toSlashes(path.relative(cwd, file))

/** What counts beside the files of a policy. */
export const kindsOf = ({ file, policy }: PolicyFolder) => sidecarKinds(file.detached, policy)

/** What counts beside a file. @throws Diagnostic `FILE_*` */
export function readBeside(file: string, kinds: SidecarKinds, io: Io): Sidecars {
  return readSidecars(kinds, (ending) => (io.exists(file + ending) ? io.read(file + ending) : undefined))
}
