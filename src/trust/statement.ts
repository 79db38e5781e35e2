/** Statements: who says to have signed what. */

import type { Hex } from '../format/encoding.js'

/** A key that somebody trusts, as results name it. */
export interface KeySigner {
  kind: 'key'
  /** How the person who configured it knows it: a path, a variable, a position. */
  name: string
  /** The default id of the key, 12 bytes. A hint, never an identity. */
  keyId: Hex
  /** SHA-256 of the public key. */
  fingerprint: Hex
}

/** An identity that somebody trusts, as results name it: who an authority says that it is, such as a release workflow. */
export interface IdentitySigner {
  kind: 'identity'
  /** How the person who configured it knows it. */
  name: string
  /** Who knows the identity: the address of an issuer of OpenID Connect. */
  issuer: string
  /** Exact, or any one tag of a workflow: `…@refs/tags/*`. */
  identity: string
  /** The repository that has called the workflow; that of the identity when absent. */
  repository?: string | undefined
}

/** Who signed. Further kinds may come, so code that reads one asks for its `kind`. */
export type Signer = KeySigner | IdentitySigner

/** The bytes between two boundaries, from `start` to `end` (exclusive). */
export interface Range {
  start: number
  end: number
}

/** One signature that holds. */
export interface Statement {
  signer: Signer
  /** The whole file, or its first parts; none when what was signed is not in this file. */
  covers: 'whole' | readonly Range[]
}

/** What tells two signers apart, whatever their names are. */
export function signerId(signer: Signer): string {
  switch (signer.kind) {
    case 'key':
      return signer.fingerprint
    case 'identity':
      return JSON.stringify([signer.issuer, signer.identity, signer.repository ?? null])
  }
}

/** A signer in words: its name and, in the one spelling that there is of it, what a person compares. */
export function describeSigner(signer: Signer): string {
  switch (signer.kind) {
    case 'key':
      return `${signer.name} (fingerprint ${signer.fingerprint})`
    case 'identity':
      return `${signer.name} (${describeIdentity(signer)})`
  }
}

/** An identity in words, without the name that somebody has given it. */
export function describeIdentity({
  issuer,
  identity,
  repository,
}: Omit<IdentitySigner, 'kind' | 'name'>): string {
  const of = repository === undefined ? '' : `, for ${repository}`
  return `${identity}${of}, by ${issuer}`
}
