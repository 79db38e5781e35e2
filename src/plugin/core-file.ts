/** A core module that is a file of its own, and what can be said of it. */

import { basename } from 'node:path'
import { type Core, isSlice } from '../bindings/module/cores.js'
import { type Hex, toHex } from '../format/encoding.js'
import { sha256 } from '../trust/crypto/rule.js'
import type { Admission } from './admissions.js'
import { isPlainName } from './assets.js'

/** A core module that is a file of its own, and the component that it is of. */
export class CoreFile {
  readonly core: Core
  readonly of: Admission
  readonly digest: Hex

  constructor(core: Core, of: Admission) {
    this.core = core
    this.of = of
    this.digest = toHex(sha256(core.bytes))
  }

  /** A name for it, such as `hello.core2.wasm`. */
  get name(): string {
    const stem = basename(this.of.name).replace(/\.wasm$/i, '')
    return this.core.name.replace(/^[^.]*/, isPlainName(stem) ? stem : 'component')
  }

  /** One line for the listing of a build. @param place where it is, in the output */
  describe(place: string): string {
    const { core, of, digest } = this
    const what = isSlice(core)
      ? `bytes ${core.offset} to ${core.offset + core.bytes.length} of`
      : 'an adapter that jco has made for'
    return `[signed-wasm] ${place} is ${what} ${of.admitted.name}, sha256 ${digest}`
  }
}
