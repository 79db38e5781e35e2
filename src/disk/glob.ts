/// <reference types="node" />
/** Globs of the project's own files, within bounds. */

import { createRequire } from 'node:module'
import path from 'node:path'
import { problem } from '../errors/raise.js'
import { packageOf, packagePath } from './owner.js'
import { toSlashes } from './paths.js'
import { walk } from './walk.js'

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
  checkLength(pattern, pattern.slice(0, 20))
  const picomatch = loadPicomatch()
  const { base, glob } = picomatch.scan(path.sep === '\\' ? toSlashes(pattern) : pattern)
  const folder = path.resolve(root, base)
  const isMatch = picomatch(glob)
  const skipped = pattern.includes('node_modules') ? [] : ['node_modules']
  return [...walk(folder, { skip: skipped })]
    .filter((file) => isMatch(toSlashes(path.relative(folder, file))))
    .toSorted()
}

/**
 * Which files the options cover.
 * @param root what patterns count from; they may also match the absolute path, as `**` ones do
 * @returns a test of a real path with forward slashes
 * @throws Diagnostic `OPTION_INVALID`
 */
export function createFilter(
  { include, exclude }: { include: readonly string[]; exclude: readonly string[] },
  root: string,
): (file: string) => boolean {
  const included = matchAny(include, 'include')
  const excluded = matchAny(exclude, 'exclude')
  return (file) => {
    const owner = packageOf(file)
    const names = [toSlashes(path.relative(root, file)), file, ...(owner ? [packagePath(owner)] : [])]
    return (include.length === 0 || names.some(included)) && !names.some(excluded)
  }
}

function matchAny(globs: readonly string[], option: string): (name: string) => boolean {
  for (const glob of globs) checkLength(glob, option)
  const matchers = globs.map((glob) => loadPicomatch()(patternOf(glob), { dot: true }))
  return (name) => matchers.some((matches) => matches(name))
}

/** A package alone means all that is in it. */
function patternOf(glob: string): string {
  if (/^npm:(?:@[^/]+\/)?[^/]+$/.test(glob)) return `${glob}/**`
  return toSlashes(glob).replace(/^\.\//, '')
}

function checkLength(glob: string, option: string): void {
  if (glob.length <= MAX_GLOB_LENGTH) return
  throw problem('OPTION_INVALID', { option, must: `globs of at most ${MAX_GLOB_LENGTH} characters` })
}
