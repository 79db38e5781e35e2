/** Results by key, while there is room for them. */

import type { Transpiled } from './transpiled.js'

/** Remembers results by key, oldest forgotten first; failures are not remembered. */
export function createMemory(maxBytes = 256 * 2 ** 20) {
  const entries = new Map<string, { result: Promise<Transpiled>; bytes: number }>()

  const evict = () => {
    let total = [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0)
    for (const [key, { bytes }] of entries) {
      if (total <= maxBytes) return
      entries.delete(key)
      total -= bytes
    }
  }

  return (key: string, start: () => Promise<Transpiled>): Promise<Transpiled> => {
    const known = entries.get(key)
    if (known) return known.result
    const entry = { result: start(), bytes: 0 }
    entries.set(key, entry)
    entry.result.then(
      (transpiled) => {
        entry.bytes = sizeOf(transpiled)
        evict()
      },
      () => entries.delete(key),
    )
    return entry.result
  }
}

function sizeOf({ js, cores }: Transpiled): number {
  return Object.values(cores).reduce((sum, core) => sum + core.length, js.length)
}
