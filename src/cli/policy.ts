/** The policy that commands work by, and the files that it is for. */

import path from 'node:path'
import { Origins } from '../disk/origins.js'
import { realPath, toSlashes } from '../disk/paths.js'
import {
  findPolicy,
  pathInPolicy,
  type PolicyFolder,
  type PolicyReading,
  readPolicyFolder,
} from '../disk/policy-folder.js'
import { filesOfRules, type NamedFile } from '../disk/policy-files.js'
import { DEFAULT_MAX_FILE_BYTES } from '../disk/read-file.js'
import { readSidecars, sidecarKinds } from '../disk/sidecars.js'
import { problem } from '../errors/raise.js'
import { PREAMBLES, readLayer } from '../format/wasm.js'
import type { Subject } from '../policy/judge.js'
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

/** A file for the judge. */
export type NamedSubject = Subject & { path: string }

/** Reads files for the judge, each with what rules know it by. */
export class Subjects {
  readonly #folder: PolicyFolder
  readonly #io: Io
  readonly #origins = new Origins()

  constructor(folder: PolicyFolder, io: Io) {
    this.#folder = folder
    this.#io = io
  }

  /** All that the rules name and that is there. */
  all(): NamedFile[] {
    return filesOfRules(this.#folder.folder, this.#folder.policy.rules)
  }

  /** One that was named by hand. */
  named(file: string): NamedFile {
    const target = path.resolve(this.#io.cwd, file)
    return { file: target, path: pathInPolicy(target, this.#folder.folder), isHolder: false }
  }

  /** What rules know a file by, and what speaks for it. */
  describe({ file, path: inPolicy }: NamedFile): Pick<NamedSubject, 'path' | 'origin' | 'sidecars'> {
    const origin = this.#origins.of(realPath(file) ?? toSlashes(file))
    return { path: inPolicy, origin, ...this.#sidecars(file) }
  }

  /** @throws Diagnostic `FILE_*` */
  read(named: NamedFile): NamedSubject {
    const { file } = named
    const bytes = this.#io.read(file, { maxBytes: DEFAULT_MAX_FILE_BYTES })
    const about = { name: shownAt(file, this.#io), ...this.describe(named) }
    // Of a script or a pack, what is pinned is all of it, whatever stands in it.
    if (readLayer(bytes) === undefined && !/\.wasm$/i.test(file))
      return { ...about, bytes: PREAMBLES['core module'], holder: bytes }
    return { ...about, bytes }
  }

  #sidecars(file: string): Pick<Subject, 'sidecars'> {
    const { file: written, policy } = this.#folder
    const read = (ending: string) =>
      this.#io.exists(file + ending) ? this.#io.read(file + ending) : undefined
    return { sidecars: readSidecars(sidecarKinds(written.detached, policy), read) }
  }
}
