/** What is said of a bundle beside a file, by the room that judges it and the verifier that it is handed. */

import { createHash } from 'node:crypto'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import type { BundleFault } from '../../src/format/fields.js'
import { readTrustedRoot } from '../../src/format/trusted-root.js'
import { type BundleVerifier, findIdentity } from '../../src/trust/evidence/sigstore.js'
import { ACME, HELLO, type Identity, MOCK_ROOT } from './sigstore.js'

/** Beside what, who may have signed, and which services are trusted. */
export interface Beside {
  file?: Uint8Array
  signer?: Identity | readonly Identity[]
  root?: string
}

/** A refusal. */
class Refused extends Error {
  constructor(
    readonly kind: string,
    reason: string,
  ) {
    super(reason)
  }
}

const fault: BundleFault = (kind, reason) => new Refused(kind, reason)

/** `accept`, or the kind of the refusal and why. */
export function judgeBundle(
  bundle: string | Uint8Array,
  { file = HELLO, signer = ACME, root = MOCK_ROOT }: Beside = {},
): { verdict: string; reason?: string } {
  const bytes = typeof bundle === 'string' ? new TextEncoder().encode(bundle) : bundle
  const digest = (algorithm: string) => createHash(algorithm).update(file).digest('hex')
  try {
    const artifact = { bytes: file, sha256: digest('sha256'), sha512: digest('sha512') }
    findIdentity(bytes, artifact, { trusted: [signer].flat(), ...rootOf(root), fault })
    return { verdict: 'accept' }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { verdict: error.kind, reason: error.message }
  }
}

const roots = new Map<string, ReturnType<typeof open>>()

/** A root is read once for all bundles. */
function rootOf(text: string) {
  const known = roots.get(text) ?? open(text)
  roots.set(text, known)
  return known
}

function open(text: string) {
  const root = readTrustedRoot(text, fault)
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(root.json)))
  const verify: BundleVerifier = (bundle, file) => {
    const { identity } = verifier.verify(toSignedEntity(bundleFromJSON(bundle), Buffer.from(file)))
    return identity!.oids!.map(({ oid, value }) => ({ oid: oid!.id.join('.'), value }))
  }
  return { root, verify }
}
