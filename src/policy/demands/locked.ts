/** The lock must hold what its rules want it to hold, and the file must be that. */

import { problem } from '../../errors/raise.js'
import { placeOf } from '../../format/json.js'
import type { Demand } from '../candidate.js'
import { formatName } from '../file-name.js'
import { differences, entryOf, levelOf } from '../lock-entry.js'

export const isLocked: Demand = (candidate, { lock }) => {
  const { file, names } = candidate
  const level = levelOf(candidate)
  const [innermost] = names
  if (level === 'none' || innermost === undefined) return undefined
  const name = formatName(innermost)
  const entries = lock.entries.get(name) ?? []
  if (entries.length === 0) return problem('LOCK_MISSING', { file, name, lock: lock.file })
  const now = entryOf(candidate, level)
  const found = entries.map(({ at, value }) => ({ at, differences: differences(value, now, level) }))
  if (found.some((one) => one.differences.length === 0)) return undefined
  const [nearest] = found.toSorted((a, b) => a.differences.length - b.differences.length)
  return problem('LOCK_DIFFERS', {
    file,
    lock: lock.file,
    differences: nearest!.differences,
    place: { file: lock.file, ...placeOf(lock.text, nearest!.at) },
  })
}
