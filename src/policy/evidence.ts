/** What a file and those who signed it say, as far as a policy asks. */

import { ownMembers } from '../errors/check.js'
import type { Layer, SectionSelector } from '../format/wasm.js'
import type { Sidecars } from '../trust/evidence/frame.js'
import { identitiesAmong, keysAmong, type TrustedSigner, withBundle } from '../trust/identity.js'
import { examine, type Examined, examineSync } from '../trust/verify.js'
import { namesOf } from './file-name.js'
import type { Policy } from './policy.js'
import { rulesFor } from './rule.js'

/** A file, and what is asked of it: see `Subject`. */
export interface AskedFile {
  bytes: Uint8Array
  path?: string | undefined
  layer?: Layer | undefined
  sidecars?: Sidecars | undefined
  sections?: SectionSelector | undefined
}

/** Looks for evidence natively where there is node:crypto, without waiting. */
export function evidenceOf(file: AskedFile, policy: Policy): Examined {
  return attested(file, policy, examineSync(file.bytes, keysAmong(policy.signers), optionsOf(file, policy)))
}

/** As {@link evidenceOf}, with WebCrypto where that is the fast way. */
export async function evidenceOfAsync(file: AskedFile, policy: Policy): Promise<Examined> {
  const options = optionsOf(file, policy)
  return attested(file, policy, await examine(file.bytes, keysAmong(policy.signers), options))
}

function optionsOf({ layer, sidecars, sections }: AskedFile, { denied }: Policy) {
  return { layer, detached: sidecars && ownMembers(sidecars).signature, sections, revoked: denied }
}

/** What a bundle beside a file adds, where a rule for that file names an identity; else nobody looks at it. */
function attested({ bytes, path, sidecars }: AskedFile, policy: Policy, examined: Examined): Examined {
  const bundle = sidecars && ownMembers(sidecars).bundle
  if (bundle === undefined || policy.root === undefined) return examined
  const named = rulesFor(path === undefined ? [] : namesOf(path), policy.rules)
  const trusted = identitiesAmong(named.flatMap(({ signers }): readonly TrustedSigner[] => signers))
  return trusted.length === 0
    ? examined
    : withBundle(examined, bytes, { bundle, trusted, opened: policy.root })
}
