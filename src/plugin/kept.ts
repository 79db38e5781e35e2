/// <reference types="node" />
/** What jco has made, where it is kept for later builds, and what is said of a file for which nothing is. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createCache, type OutputCache } from '../bindings/jco/cache.js'
import { describeSlow } from '../report/slow.js'
import type { Gate } from './gate.js'
import type { CachePlace } from './options.js'

/** See the first line of this file. */
export class Kept {
  readonly cache: OutputCache | undefined
  readonly #gate: Pick<Gate, 'project' | 'keepsOutputs'>

  /** @param gate knows more of it later */
  constructor(place: CachePlace | false, gate: Pick<Gate, 'project' | 'keepsOutputs'>) {
    this.#gate = gate
    if (place !== false)
      this.cache = createCache(() => (gate.keepsOutputs ? folderOf(place, gate.project.root) : undefined))
  }

  /** What to say of a file for which jco takes long. */
  describeSlow(about: { file: string; bytes: number }): string {
    const lack = this.cache === undefined ? 'off' : this.cache.lack()
    return describeSlow({ ...about, unkept: this.#gate.keepsOutputs ? lack : 'policy' })
  }
}

function folderOf({ folder, needsPackages }: CachePlace, root: string): string | undefined {
  return needsPackages && !existsSync(resolve(root, 'node_modules')) ? undefined : resolve(root, folder)
}
