/** Evidence of an identity: what a Sigstore bundle says of a file, held against who is trusted. */

import { decodeUtf8, equalBytes, fromBase64, type Hex, toHex } from '../../format/encoding.js'
import type { BundleFault } from '../../format/fields.js'
import { decodeBundle } from '../../format/sigstore.js'
import { type CertifiedNames, type Extension, readNames } from '../../format/fulcio.js'
import type { TrustedRoot } from '../../format/trusted-root.js'
import { readPlainJson } from '../../format/plain-json.js'

/** An identity that somebody trusts. */
export interface Identity {
  issuer: string
  /** Exact, or any one tag: `…@refs/tags/*`. */
  identity: string
  /** The repository that has called the workflow; that of the identity when absent. */
  repository?: string | undefined
}

/** A file, as statements know it. */
export interface Artifact {
  bytes: Uint8Array
  sha256: Hex
  sha512: Hex
}

/**
 * Holds a bundle against the trusted root and gives the extensions of its certificate.
 * @throws whatever it likes, where anything does not hold
 */
export type BundleVerifier = (bundle: unknown, bytes: Uint8Array, root: TrustedRoot) => readonly Extension[]

/** What a bundle is held against. */
export interface Asked {
  trusted: readonly Identity[]
  root: TrustedRoot
  verify: BundleVerifier
  fault: BundleFault
}

/**
 * Finds which of the trusted identities has signed a file.
 * @throws what `fault` makes of the first thing that does not hold
 */
export function findIdentity(
  bundle: Uint8Array,
  artifact: Artifact,
  { trusted, root, verify, fault }: Asked,
): Identity {
  const claims = decodeBundle(bundle, fault)
  // A claim of another file needs no proof to be refused by its name.
  if (claims.signed.kind === 'bytes' && toHex(claims.signed.sha256) !== artifact.sha256)
    throw fault('other file', `it is about a file with the SHA-256 ${toHex(claims.signed.sha256)}`)
  if (!root.logs.includes(claims.log))
    throw fault('unknown service', `its log ${claims.log} is none that the trusted root knows`)
  const extensions = attempt(() => verify(claims.json, artifact.bytes, root), fault)
  if (!equalBytes(derOf(claims.recorded), claims.certificate))
    throw fault('unverified', 'the log has another certificate for its signature')
  const names = readNames(extensions)
  if (names === undefined) throw fault('other signer', 'its certificate does not say who has signed')
  const signer = chooseSigner(trusted, names, fault)
  if (claims.signed.kind === 'statement') checkStatement(claims.signed.payload, artifact, fault)
  return signer
}

function attempt<T>(work: () => T, fault: BundleFault): T {
  try {
    return work()
  } catch (error) {
    const { message, cause } = error instanceof Error ? error : new Error(String(error))
    if (message !== NO_CHAIN) throw fault('unverified', `it does not hold: ${message}`)
    if (cause instanceof Error && cause.message === NOT_THEN)
      throw fault('unverified', 'it was not signed within the time of its certificate')
    throw fault(
      'unknown service',
      'its certificate is by no authority that the trusted root knows for that time',
    )
  }
}

// In the words of @sigstore/verify, which tells the two apart in no other way.
const NO_CHAIN = 'Failed to verify certificate chain'
const NOT_THEN = 'certificate is not valid or expired at the specified date'

/** A certificate in PEM, or in DER. */
function derOf(bytes: Uint8Array): Uint8Array {
  const text = decodeUtf8(bytes) ?? ''
  const [, body] =
    /^-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)\n-----END CERTIFICATE-----\n?$/.exec(text) ?? []
  return (body && fromBase64(body.replaceAll('\n', ''))) || bytes
}

const ANY_TAG = '@refs/tags/*'

function chooseSigner(trusted: readonly Identity[], names: CertifiedNames, fault: BundleFault): Identity {
  const alike = trusted.filter(
    ({ issuer, identity }) => issuer === names.issuer && isIdentity(identity, names),
  )
  if (alike.length === 0)
    throw fault('other signer', `it is signed by ${names.identity}, known to ${names.issuer}`)
  const signer = alike.find((one) => isRepository(one, names))
  if (signer !== undefined) return signer
  const found = names.repository === undefined ? 'names no repository' : `is for ${names.repository}`
  throw fault('other signer', `it is signed by ${names.identity}, and its certificate ${found}`)
}

/** A shared workflow signs for whoever calls it, so what a certificate names has to be what somebody has named before. */
function isRepository(trusted: Identity, { repository }: CertifiedNames): boolean {
  if (repository === undefined) return trusted.repository === undefined
  return repository === (trusted.repository ?? repositoryIn(trusted.identity))
}

/** A tag with @ or / in it may be one that only looks like a tag, so the certificate has to name it as one. */
function isIdentity(trusted: string, { identity, ref }: CertifiedNames): boolean {
  if (!trusted.endsWith(ANY_TAG)) return identity === trusted
  const start = trusted.slice(0, -1)
  const tag = identity.slice(start.length)
  return identity.startsWith(start) && tag !== '' && (!/[@/]/.test(tag) || ref === `refs/tags/${tag}`)
}

/** GitHub writes the path of a workflow behind its repository, GitLab two slashes between them. */
function repositoryIn(identity: string): string | undefined {
  return /^(https:\/\/[^/@]+\/[^@]+?)(?:\/\.github\/workflows\/|\/\/)[^@]+@/.exec(identity)?.[1]
}

const STATEMENTS = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']
const PREDICATES = [
  'https://slsa.dev/provenance/v1',
  'https://slsa.dev/provenance/v0.2',
  'https://sigstore.dev/cosign/sign/v1',
]

function checkStatement(payload: string, artifact: Artifact, fault: BundleFault): void {
  const text = decodeUtf8(fromBase64(payload)!)
  if (text === undefined) throw fault('unreadable', 'its statement is not UTF-8')
  const {
    _type: type,
    predicateType,
    subject,
  } = membersOf(readPlainJson(text, (reason) => fault('unreadable', reason)))
  if (!STATEMENTS.includes(type as string)) throw fault('other statement', 'its statement is none of in-toto')
  if (!PREDICATES.includes(predicateType as string))
    throw fault('other statement', `it is no provenance, but ${textOf(predicateType)}`)
  if (!Array.isArray(subject) || !subject.some((one) => isAbout(membersOf(one)['digest'], artifact)))
    throw fault('other file', `its statement is about ${describeSubjects(subject)}`)
}

/** The first subjects, by what is compared of them. */
function describeSubjects(subjects: unknown): string {
  if (!Array.isArray(subjects) || subjects.length === 0) return 'no file'
  const shown = subjects.slice(0, 3).map((one) => {
    const { name, digest } = membersOf(one)
    return `${textOf(name)} (SHA-256 ${textOf(membersOf(digest)['sha256'])})`
  })
  return (
    shown.join(', ') + (subjects.length > shown.length ? ` and ${subjects.length - shown.length} more` : '')
  )
}

/** A digest that is there has to be right, and one has to be there. */
function isAbout(digest: unknown, { sha256, sha512 }: Artifact): boolean {
  const own = membersOf(digest)
  const given = [
    [own['sha256'], sha256],
    [own['sha512'], sha512],
  ].filter(([found]) => found !== undefined)
  return given.length > 0 && given.every(([found, right]) => found === right)
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : 'none')

/** What {@link readPlainJson} gives has no members but its own. */
const membersOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
