/// <reference types="node" />
/** What jco has made, where it is kept for later builds, and what is said of a file for which nothing is. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createCache, type OutputCache } from '../bindings/jco/cache.js'
import { describeSlow } from '../report/slow.js'
import type { CachePlace } from './options.js'

/** See the first line of this file. */
export class Kept {
  readonly cache: OutputCache | undefined

  /** @param root is known later */
  constructor(place: CachePlace | false, root: () => string) {
    if (place !== false) this.cache = createCache(() => folderOf(place, root()))
  }

  /** What to say of a file for which jco takes long. */
  describeSlow(about: { file: string; bytes: number }): string {
    return describeSlow({ ...about, unkept: this.cache === undefined ? 'off' : this.cache.lack() })
  }
}

function folderOf({ folder, needsPackages }: CachePlace, root: string): string | undefined {
  return needsPackages && !existsSync(resolve(root, 'node_modules')) ? undefined : resolve(root, folder)
}
