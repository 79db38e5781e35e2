/** Runtimes that compile no WebAssembly, and have core modules handed over compiled: by imports of files. */

import { basename } from 'node:path'
import { type Core, isSlice } from '../bindings/module/cores.js'
import { type Hex, toHex } from '../format/encoding.js'
import { sha256 } from '../trust/crypto/rule.js'
import type { Admission } from './admissions.js'
import { isPlainName } from './assets.js'

/** What an import has behind the name of a file, for a runtime to take it for a compiled module. */
export type Suffix = '' | '?module'

/** By the condition that such runtimes are known by. @see WinterTC, "Runtime Keys"; Cloudflare and Vercel, "WebAssembly" */
const SUFFIXES: Readonly<Record<string, Suffix>> = { workerd: '', 'edge-light': '?module' }

/** Such a runtime. */
export interface Edge {
  /** The condition. */
  name: string
  suffix: Suffix
}

/** The one that a bundler builds for, by the conditions under which it looks for files of packages. */
export function edgeAmong(conditions: readonly string[]): Edge | undefined {
  const name = conditions.find((condition) => Object.hasOwn(SUFFIXES, condition))
  return name === undefined ? undefined : { name, suffix: SUFFIXES[name]! }
}

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
