/** What is known of a file that passed, worked out once. */

import { type Hex, toHex } from '../format/encoding.js'
import { contentStart, coreModuleSlices, type Layer, type Section, type Slice } from '../format/wasm.js'
import { sha256 } from '../trust/crypto/rule.js'
import type { Outside, Sidecars } from '../trust/evidence/frame.js'
import type { Verdict } from '../trust/verdict.js'
import type { FileName } from './file-name.js'
import type { Rule } from './rule.js'
import { type Surface, surfaceOf } from './surface.js'

/** What the judge knows when it lets a file pass. */
export interface AdmittedFacts {
  /** Display path. */
  name: string
  /** The whole file: what was judged, and what is used. Nobody may write to it. */
  bytes: Uint8Array
  outside: Outside
  verdict: Verdict
  /** What lay beside the file and was taken into account. */
  sidecars: Sidecars
  /** SHA-256 of what signatures cover, 32 bytes, where somebody has worked it out. */
  contentHash?: Uint8Array | undefined
  /** The names by which rules know it, the innermost first; none where it has no path. */
  names: readonly FileName[]
  /** The rules that name it. */
  rules: readonly Rule[]
}

/** A file that passed. Facts that cost something are worked out when they are first asked for, and kept. */
export class Admitted {
  readonly name: string
  readonly bytes: Uint8Array
  readonly layer: Layer
  readonly sections: readonly Section[]
  readonly verdict: Verdict
  readonly sidecars: Sidecars
  readonly names: readonly FileName[]
  readonly rules: readonly Rule[]
  #contentDigest: Hex | undefined
  #digest: Hex | undefined
  #cores: readonly Slice[] | undefined
  #surface: Surface | undefined

  constructor({ name, bytes, outside, verdict, sidecars, contentHash, names, rules }: AdmittedFacts) {
    this.name = name
    this.bytes = bytes
    this.layer = outside.layer
    this.sections = outside.sections
    this.verdict = verdict
    this.sidecars = sidecars
    this.names = names
    this.rules = rules
    this.#contentDigest = contentHash && toHex(contentHash)
  }

  /** Whether a trusted signer has signed the whole file; else it was let through, by `lenient` or `off`. */
  get isVerified(): boolean {
    return this.verdict.status === 'verified'
  }

  /** Offset of the first byte that a signature covers. */
  get contentStart(): number {
    return contentStart(this.bytes)
  }

  /** SHA-256 of all that follows the signature section; signing again does not change it. */
  get contentDigest(): Hex {
    return (this.#contentDigest ??= toHex(sha256(this.bytes.subarray(this.contentStart))))
  }

  /** SHA-256 of every byte. */
  get digest(): Hex {
    return (this.#digest ??= toHex(sha256(this.bytes)))
  }

  /** Where the core modules of a component are, those of nested components included, in file order. */
  get cores(): readonly Slice[] {
    return (this.#cores ??= coreModuleSlices(this.bytes))
  }

  /** @throws Diagnostic `WASM_MALFORMED`, `FEATURE_UNKNOWN`, which only a policy of options lets pass */
  get surface(): Surface {
    return (this.#surface ??= surfaceOf(this.bytes, this.layer))
  }
}
