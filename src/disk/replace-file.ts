/// <reference types="node" />
/** Writing a file so that whoever reads it meanwhile sees the old one or the new one, whole. */

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { toHex } from '../format/encoding.js'
import { randomBytes } from '../trust/crypto/rule.js'

/**
 * Replaces a file, or a link in its place, by one with this content; its folder is made where there is none.
 * @param target also the beginning of the name of the temporary file beside it, which ends in `.tmp`
 * @throws an error of `node:fs`; the old file is then as it was
 */
export function replaceFile(target: string, content: string | Uint8Array): void {
  const temporary = `${target}.${process.pid}.${toHex(randomBytes(4))}.tmp`
  mkdirSync(dirname(target), { recursive: true })
  try {
    writeFileSync(temporary, content, { flag: 'wx' })
    renameSync(temporary, target)
  } finally {
    rmSync(temporary, { force: true })
  }
}
