/** What is wrong with the disk, in our words. */

import { isSystemError, reasonOf } from '../disk/system-error.js'
import { problem } from '../errors/raise.js'

/**
 * Does some work on the disk.
 * @param file what is written, as people see it
 * @throws Diagnostic `FILE_UNWRITABLE` for what is wrong with the disk
 */
export function orExplain<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
    throw problem('FILE_UNWRITABLE', { file, reason: reasonOf(cause) }, { cause })
  }
}
