/// <reference types="node" />
/** Globs of the project's own files, within bounds. */

import { type Dirent, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { problem } from '../errors.js'

/** picomatch takes exponential time on some patterns, so their length is bounded. */
const MAX_GLOB_LENGTH = 256

// Loaded by the first pattern: most runs of the command line have none.
const loadPicomatch = () => createRequire(import.meta.url)('picomatch') as typeof import('picomatch')

/** Whether a text is a pattern rather than a path. */
export function isGlob(text: string): boolean {
  return /[*?[\]{}()!]/.test(text) && loadPicomatch().scan(text).isGlob
}

/**
 * The files that a pattern matches, hidden ones and `node_modules` left out unless it names them.
 * @param root what a relative pattern counts from
 * @returns absolute paths, sorted
 * @throws Diagnostic `OPTION_INVALID` for a pattern that is too long
 */
export function expandGlob(pattern: string, root: string): string[] {
  if (pattern.length > MAX_GLOB_LENGTH) {
    throw problem('OPTION_INVALID', {
      option: pattern.slice(0, 20),
      must: `at most ${MAX_GLOB_LENGTH} characters`,
    })
  }
  const picomatch = loadPicomatch()
  const { base, glob } = picomatch.scan(path.sep === '\\' ? pattern.replaceAll('\\', '/') : pattern)
  const folder = path.resolve(root, base)
  const isMatch = picomatch(glob)
  const skipped = pattern.includes('node_modules') ? [] : ['node_modules']
  return listFiles(folder, skipped)
    .filter((file) => isMatch(path.relative(folder, file).replaceAll('\\', '/')))
    .toSorted()
}

function listFiles(folder: string, skipped: readonly string[]): string[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    return [] // a folder that is not there or closed to us holds no match, which the caller reports
  }
  return entries.flatMap((entry) => {
    if (!entry.isDirectory()) return [path.join(folder, entry.name)]
    return skipped.includes(entry.name) ? [] : listFiles(path.join(folder, entry.name), skipped)
  })
}
