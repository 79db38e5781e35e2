/** A file while it is judged, with what is known of it by then. */

import type { Diagnostic } from '../errors/diagnostic.js'
import { contentStart, type Layer } from '../format/wasm.js'
import { sha256 } from '../trust/crypto/rule.js'
import { signerId } from '../trust/statement.js'
import type { Verdict } from '../trust/verdict.js'
import type { FileName } from './file-name.js'
import type { Policy } from './policy.js'
import type { Rule } from './rule.js'
import { type Surface, surfaceOf } from './surface.js'

/** Whose bytes they are: the project's, or those of a package from a registry, whose bytes the package manager's lock holds. */
export type Origin = 'project' | 'registry'

/** What has been found out about a file before anything is demanded of it. */
export interface Findings extends Pick<Candidate, 'file' | 'bytes' | 'layer' | 'verdict'> {
  /** @default 'project' */
  origin?: Origin | undefined
  holder?: Uint8Array | undefined
  /** SHA-256 of what signatures cover, where somebody has worked it out. */
  contentHash?: Uint8Array | undefined
}

/** See the first line of this file. */
export class Candidate {
  /** Display path. */
  readonly file: string
  readonly bytes: Uint8Array
  readonly layer: Layer | undefined
  readonly verdict: Verdict
  /** See `Subject`. */
  readonly path: string | undefined
  /** The innermost first; none where it has no name. */
  readonly names: readonly FileName[]
  /** Those that name it. */
  readonly rules: readonly Rule[]
  readonly origin: Origin
  /** The script or pack that holds it, which is what the names are of. */
  readonly holder: Uint8Array | undefined
  #contentHash: Uint8Array | undefined
  #surface: Surface | undefined

  constructor(facts: Pick<Candidate, 'path' | 'names' | 'rules'> & Findings) {
    this.file = facts.file
    this.bytes = facts.bytes
    this.layer = facts.layer
    this.verdict = facts.verdict
    this.path = facts.path
    this.names = facts.names
    this.rules = facts.rules
    this.origin = facts.origin ?? 'project'
    this.holder = facts.holder
    this.#contentHash = facts.contentHash
  }

  /** SHA-256 of what signatures cover, 32 bytes. */
  get contentHash(): Uint8Array {
    return (this.#contentHash ??= sha256(this.bytes.subarray(contentStart(this.bytes))))
  }

  /** @throws Diagnostic `WASM_MALFORMED`, `FEATURE_UNKNOWN` */
  get surface(): Surface {
    return (this.#surface ??= surfaceOf(this.bytes, this.layer))
  }
}

/** One thing that is demanded of a file: why it is not met, or nothing. */
export type Demand = (candidate: Candidate, policy: Policy) => Diagnostic | undefined

/** Rules in an order that does not depend on the file they stand in, so that the same one is named in every message. */
export function inOrder(rules: readonly Rule[]): Rule[] {
  const key = ({ files, signers, threshold }: Rule) =>
    JSON.stringify([files, signers.map(signerId), threshold])
  return rules
    .map((rule) => [key(rule), rule] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, rule]) => rule)
}
