/** Identities as values, the signers of a policy, and what a bundle beside a file adds to the verdict on it. */

import { isPlainObject, ownMembers } from '../errors/check.js'
import { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import { type Hex, toHex } from '../format/encoding.js'
import type { BundleFault } from '../format/fields.js'
import type { TrustedRoot } from '../format/trusted-root.js'
import { sha256, sha512 } from './crypto/rule.js'
import { type BundleVerifier, findIdentity } from './evidence/sigstore.js'
import { adoptKeys, type TrustedKey } from './keys/trusted-key.js'
import { describeIdentity, type IdentitySigner, type Signer, signerId } from './statement.js'
import type { Examined } from './verify.js'

/** An identity that may sign. */
export type TrustedIdentity = Readonly<IdentitySigner>

/** Whoever may sign. */
export type TrustedSigner = TrustedKey | TrustedIdentity

/** A trusted root, and who holds bundles against it. */
export interface OpenedRoot {
  /** SHA-256 of its text. */
  readonly digest: Hex
  /** `2026-11-27`: when somebody last saw that it is in use. */
  readonly date: string
  readonly root: TrustedRoot
  readonly verify: BundleVerifier
}

/** What a bundle is held against. */
export interface Attestation {
  /** The content of the file beside. */
  bundle: Uint8Array
  /** Those that rules for this file name. */
  trusted: readonly TrustedIdentity[]
  opened: OpenedRoot
}

/**
 * Makes an identity that may sign.
 * @throws Diagnostic `IDENTITY_INVALID`
 */
export function trustedIdentity({
  name,
  issuer,
  identity,
  repository,
}: Omit<IdentitySigner, 'kind'>): TrustedIdentity {
  const reason = defectOf({ issuer, identity, repository })
  if (reason !== undefined) throw problem('IDENTITY_INVALID', { name, reason })
  return Object.freeze({
    kind: 'identity',
    name,
    issuer,
    identity,
    ...(repository !== undefined && { repository }),
  })
}

/** What is wrong with an identity that somebody wrote, as nothing would ever equal it or more than meant. */
function defectOf({
  issuer,
  identity,
  repository,
}: Record<'issuer' | 'identity' | 'repository', unknown>): string | undefined {
  if (typeof issuer !== 'string' || !/^https:\/\/[^\s*]+$/.test(issuer))
    return 'its "issuer" must be the https address of an issuer, such as https://token.actions.githubusercontent.com'
  const [start, ...stars] = typeof identity === 'string' ? identity.split('*') : ['']
  if (start === '' || /\s/.test(String(identity)))
    return 'its "identity" must be what the certificate says, without spaces'
  if (stars.length > 0 && !/^[^*]+@refs\/tags\/\*$/.test(identity as string))
    return 'its "identity" may have a * only at its end, as in …@refs/tags/*'
  if (repository === undefined) return undefined
  return typeof repository === 'string' && /^https:\/\/[^\s*]+[^\s*/]$/.test(repository)
    ? undefined
    : 'its "repository" must be the https address of one, such as https://github.com/acme/hello'
}

/**
 * The same signers, each of which is safe: what was put together elsewhere is made again.
 * @throws Diagnostic `KEY_WEAK`, `KEY_UNREADABLE`, `IDENTITY_INVALID`
 */
export function adoptSigners(signers: readonly TrustedSigner[]): TrustedSigner[] {
  return Array.from(signers, (signer) => {
    const own: Partial<IdentitySigner> = isPlainObject(signer) ? (ownMembers(signer) as object) : {}
    if (own.kind !== 'identity') return adoptKeys([signer as TrustedKey])[0]!
    return trustedIdentity(own as IdentitySigner)
  })
}

/** The keys among signers. */
export const keysAmong = (signers: readonly TrustedSigner[]): TrustedKey[] =>
  signers.filter((signer) => signer.kind === 'key')

/** The identities among signers. */
export const identitiesAmong = (signers: readonly TrustedSigner[]): TrustedIdentity[] =>
  signers.filter((signer) => signer.kind === 'identity')

/**
 * The verdict on a file with a bundle beside it, which must hold, whatever else has signed. What a key has signed wrongly, or
 * what is denied, no identity makes right.
 */
export function withBundle(examined: Examined, bytes: Uint8Array, about: Attestation): Examined {
  const { verdict, contentHash } = examined
  const others = verdict.status === 'verified' ? verdict.signers : []
  const isOpen =
    verdict.status === 'verified' || verdict.status === 'unsigned' || verdict.status === 'untrusted'
  if (!isOpen || contentHash === undefined) return examined
  try {
    const signer = signerOf(bytes, about)
    const signers = [...new Map([...others, signer].map((one) => [signerId(one), one])).values()]
    return {
      ...examined,
      verdict: { ...verdict, status: 'verified', signers, digest: toHex(contentHash) } as const,
    }
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
    return { ...examined, verdict: { status: 'invalid', problem: error } }
  }
}

function signerOf(bytes: Uint8Array, { bundle, trusted, opened }: Attestation): Signer {
  const artifact = {
    bytes,
    get sha256() {
      return toHex(sha256(bytes))
    },
    get sha512() {
      return toHex(sha512(bytes))
    },
  }
  const fault = faultAbout(trusted)
  const found = findIdentity(bundle, artifact, { trusted, root: opened.root, verify: opened.verify, fault })
  return trusted.find((one) => one === found)!
}

const CODES = {
  unreadable: 'BUNDLE_INVALID',
  unsupported: 'BUNDLE_UNSUPPORTED',
  unverified: 'BUNDLE_INVALID',
  'unknown service': 'SERVICE_UNKNOWN',
  'other file': 'BUNDLE_MISMATCH',
  'other statement': 'BUNDLE_MISMATCH',
} as const

const faultAbout =
  (trusted: readonly TrustedIdentity[]): BundleFault =>
  (kind, reason) =>
    kind === 'other signer'
      ? problem('IDENTITY_UNTRUSTED', { reason, trusted: trusted.map(describeIdentity) })
      : problem(CODES[kind], { reason })
