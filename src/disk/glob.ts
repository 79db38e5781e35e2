/// <reference types="node" />
/** Globs of the project's own files, within bounds. */

import path from 'node:path'
import { problem } from '../errors/raise.js'
import { findFiles } from './find-files.js'
import { checkLength, isGlob, loadPicomatch, negated } from './glob-path.js'
import { packageOf, packagePath } from './owner.js'
import { toSlashes } from './paths.js'

/**
 * The files that a list of patterns matches, hidden ones and those behind links left out; what is no glob is a path.
 * @throws Diagnostic `OPTION_INVALID`
 */
export function expandGlobs(patterns: readonly string[], root: string): string[] {
  const lastMatch = matchLast(patterns, { option: 'the list', root })
  return patterns
    .filter((pattern) => negated(pattern) === undefined)
    .flatMap((pattern) =>
      isGlob(pattern) ? findFiles(pattern, { root }).files : [path.resolve(root, pattern)],
    )
    .filter((file) => lastMatch(toSlashes(file)) !== 'out')
}

/**
 * Which files the options cover. In each list, later patterns win, and one that begins with `!` takes out what it matches.
 * @param root what patterns count from; they may also match the absolute path, as `**` ones do
 * @returns a test of a real path with forward slashes
 * @throws Diagnostic `OPTION_INVALID`
 * @see git, gitignore documentation, "Pattern format"
 */
export function createFilter(
  { include, exclude }: { include: readonly string[]; exclude: readonly string[] },
  root: string,
): (file: string) => boolean {
  const included = matchLast(include, { option: 'include', root })
  const excluded = matchLast(exclude, { option: 'exclude', root })
  return (file) => (include.length === 0 || included(file) === 'in') && excluded(file) !== 'in'
}

/** Whether the last of the patterns that matches a file puts it in or takes it out. */
function matchLast(
  patterns: readonly string[],
  { option, root }: { option: string; root: string },
): (file: string) => 'in' | 'out' | undefined {
  for (const pattern of patterns) checkLength(pattern, option)
  checkNegations(patterns, option)
  const matchers = patterns.map((pattern) => {
    const glob = patternOf(negated(pattern) ?? pattern)
    return {
      matches: loadPicomatch()(glob, { dot: true, nonegate: true }),
      effect: negated(pattern) === undefined ? ('in' as const) : ('out' as const),
    }
  })
  return (file) => {
    const owner = packageOf(file)
    const names = [toSlashes(path.relative(root, file)), file, ...(owner ? [packagePath(owner)] : [])]
    return matchers.findLast(({ matches }) => names.some((name) => matches(name)))?.effect
  }
}

/** A `!` that takes nothing away means something else to whoever wrote it. */
function checkNegations(patterns: readonly string[], option: string): void {
  const [first, ...others] = patterns.map(negated)
  if (first !== undefined)
    throw problem('OPTION_INVALID', {
      option,
      must: 'a list whose first glob says what is meant: `!` takes away from globs before it',
    })
  if (others.some((glob) => glob === '' || glob?.startsWith('!')))
    throw problem('OPTION_INVALID', { option, must: 'globs with one `!` at most, and something behind it' })
}

/** A package alone means all that is in it. */
function patternOf(glob: string): string {
  if (/^npm:(?:@[^/]+\/)?[^/]+$/.test(glob)) return `${glob}/**`
  return toSlashes(glob).replace(/^\.\//, '')
}
