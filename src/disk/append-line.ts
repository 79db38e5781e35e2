/// <reference types="node" />
/** Appends whole lines to a file that several processes may write to. */

import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { problem } from '../errors/raise.js'
import { encodeUtf8 } from '../format/encoding.js'
import { reasonOf } from './system-error.js'

/**
 * Appends a line in one write, so that no other stands within it. No line only sees to it that the file can be written.
 * @param display the path as messages name it
 * @throws Diagnostic `FILE_UNWRITABLE`
 * @see POSIX.1-2024, open, `O_APPEND`
 */
export function appendLine(file: string, line: string | undefined, display: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    const descriptor = openSync(file, 'a', 0o644)
    try {
      if (line !== undefined) writeSync(descriptor, encodeUtf8(`${line}\n`))
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    throw problem('FILE_UNWRITABLE', { file: display, reason: reasonOf(cause) }, { cause })
  }
}
