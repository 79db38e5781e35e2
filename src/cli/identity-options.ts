/** The options that name an identity, and what they amount to. */

import { resolve } from 'node:path'
import { openTrustedRoot } from '../disk/trusted-root.js'
import { type OpenedRoot, type TrustedIdentity, trustedIdentity } from '../trust/identity.js'
import { type Invocation, type Options, UsageError } from './define-command.js'

/** Where a trusted root is. */
export const TRUSTED_ROOT = {
  'trusted-root': {
    type: 'string',
    value: '<file>',
    help: 'a trusted root of Sigstore in place of that of the public services',
  },
} as const satisfies Options

/** Of every command that checks Sigstore bundles. */
export const IDENTITY = {
  identity: {
    type: 'string',
    value: '<identity>',
    help: 'a trusted identity, for files with a bundle in <file>.sigstore.json; may end in @refs/tags/*',
  },
  issuer: { type: 'string', value: '<url>', help: 'who knows that identity' },
  repository: { type: 'string', value: '<url>', help: 'the repository that has called its workflow' },
  ...TRUSTED_ROOT,
} as const satisfies Options

/** An identity, and what its bundles are held against. */
export interface NamedIdentity {
  identity: TrustedIdentity
  root: OpenedRoot
  /** Absolute paths of what was read. */
  files: readonly string[]
}

/** @throws UsageError; Diagnostic `IDENTITY_INVALID`, `TRUSTED_ROOT_INVALID`, `FILE_*` */
export function namedIdentity({
  values,
  io,
}: Pick<Invocation<typeof IDENTITY>, 'values' | 'io'>): NamedIdentity | undefined {
  const { identity, issuer, repository, 'trusted-root': rootFile } = values
  const others = [issuer, repository, rootFile]
  if (identity === undefined && others.every((value) => value === undefined)) return undefined
  if (identity === undefined || issuer === undefined)
    throw new UsageError('give an identity and its issuer: --identity <identity> --issuer <url>')
  const file = rootFile === undefined ? undefined : resolve(io.cwd, rootFile)
  return {
    identity: trustedIdentity({ name: '--identity', issuer, identity, repository }),
    root: openTrustedRoot(file, rootFile),
    files: file === undefined ? [] : [file],
  }
}
