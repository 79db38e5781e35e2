/// <reference types="node" />
/**
 * The verifier of Sigstore bundles. Our build makes one file of it with the packages that it is from, so that users install none
 * of them; nothing else of ours imports it. @see .github/SECURITY.md
 */

import { bundleFromJSON } from '@sigstore/bundle'
import { X509Certificate } from '@sigstore/core'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import type { Extension } from '../format/fulcio.js'
import type { TrustedRoot as ReadRoot } from '../format/trusted-root.js'
import type { BundleVerifier } from '../trust/evidence/sigstore.js'

/**
 * The verifier for a trusted root, which may be used for any number of bundles.
 */
export function verifierOf({ json }: ReadRoot): BundleVerifier {
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(json)))
  return (bundle, bytes) => {
    const { identity } = verifier.verify(toSignedEntity(bundleFromJSON(bundle), Buffer.from(bytes)))
    return (identity?.oids ?? []).map(({ oid, value }) => ({ oid: oid?.id.join('.') ?? '', value }))
  }
}

/** The extensions of a certificate, of which nothing is checked. @throws an error of whatever kind for what is no certificate */
export function extensionsOf(certificate: Uint8Array): Extension[] {
  const { extensions } = X509Certificate.parse(Buffer.from(certificate))
  return extensions.map(({ subs }) => ({ oid: subs[0]!.toOID(), value: subs.at(-1)!.value }))
}
