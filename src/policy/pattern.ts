/**
 * Patterns of file names in a policy: `*` and `?` within a name, `**` for any number of folders, and `npm:` for packages. No other
 * letter means anything, and those that do elsewhere are refused: a rule that names less than its author thinks would not bind.
 */

import type { FileName } from './file-name.js'

/** A pattern that was read. */
export interface FilePattern {
  /** As it was written. */
  text: string
  matches(name: FileName): boolean
}

/**
 * Reads a pattern.
 * @returns what is wrong with it, in words, where it means nothing
 */
export function readPattern(text: string): FilePattern | string {
  const npm = /^npm:(.*)$/s.exec(text)
  return npm === null ? readPlain(text) : readPackage(text, npm[1]!)
}

/** What is in no package: from the policy's folder. */
function readPlain(text: string): FilePattern | string {
  const path = text.replace(/^\.\//, '')
  const outside = /^(?:\.\.\/)*/.exec(path)![0]
  const glob = path.slice(outside.length)
  const wrong = defectOf(glob)
  if (wrong !== undefined) return wrong
  const isMatch = globMatcher(glob)
  return {
    text,
    matches(name) {
      if (name.package !== undefined || !name.path.startsWith(outside)) return false
      const inside = name.path.slice(outside.length)
      // What lies there and is in no package, a cache perhaps, is nobody's of the project.
      if (isInstalled(inside) && !isInstalled(glob)) return false
      return !isOutside(inside) && isMatch(inside)
    },
  }
}

/** Wildcards stay in the policy's folder, or in the folder above it that a pattern names. */
const isOutside = (path: string) => /^(?:\.\.(?:\/|$)|\/|[a-z]:)/i.test(path)

const isInstalled = (path: string) => path.split('/').includes('node_modules')

function readPackage(text: string, named: string): FilePattern | string {
  const [, owner, glob = '**'] = /^(@[^/]+\/[^/]+|[^@/][^/]*)(?:\/(.+))?$/s.exec(named) ?? []
  if (owner === undefined) return 'it must name a package behind "npm:", such as npm:hello or npm:@acme/*'
  if (!/^(?:@[\w~-][\w.~-]*\/(?:\*|[\w~-][\w.~-]*)|[\w~-][\w.~-]*)$/.test(owner))
    return 'only all packages of a scope can be named at once, as in npm:@acme/*'
  const wrong = defectOf(glob)
  if (wrong !== undefined) return wrong
  const scope = owner.endsWith('/*') ? owner.slice(0, -1) : undefined
  const isMatch = globMatcher(glob)
  return {
    text,
    matches(name) {
      if (name.package === undefined) return false
      const isOwner = scope === undefined ? name.package === owner : name.package.startsWith(scope)
      return isOwner && isMatch(name.path)
    },
  }
}

const MAX_LENGTH = 256

function defectOf(glob: string): string | undefined {
  if (glob === '') return 'it names no file'
  if (glob.length > MAX_LENGTH) return `it is longer than ${MAX_LENGTH} letters`
  if (/[{}[\]()!\\]/.test(glob))
    return 'only *, ? and ** stand for other letters: write a list in the place of braces, "except" in the place of "!", "?" for one of {}[]()!, and / between folders'
  const segments = glob.split('/')
  if (segments.at(-1) === '') return `it names a folder: for what is in it, write ${glob}**`
  if (glob.startsWith('/') || /^[a-z]:/i.test(glob)) return 'it must count from the folder of the policy'
  if (segments.some((segment) => ['', '.', '..'].includes(segment)))
    return 'it has an empty name, "." or ".." in it'
  if (segments.some((segment) => segment !== '**' && segment.includes('**')))
    return '"**" must stand alone between slashes'
  return undefined
}

/** A test of whole paths. Extensions match in any case, as engines and bundlers take them. */
function globMatcher(glob: string): (path: string) => boolean {
  const pattern = lowerExtension(glob.normalize('NFC')).split('/')
  const letters = new Map(pattern.map((segment) => [segment, [...segment]]))
  const matchesSegment = (segment: string, name: string) =>
    matchRuns(letters.get(segment)!, [...name], {
      isRun: (letter) => letter === '*',
      isMatch: (letter, other) => letter === '?' || letter === other,
    })
  return (path) =>
    matchRuns(pattern, lowerExtension(path).split('/'), {
      isRun: (segment) => segment === '**',
      isMatch: matchesSegment,
    })
}

const lowerExtension = (path: string) => path.replace(/\.\w+$/, (extension) => extension.toLowerCase())

/**
 * Whether items match a pattern of which some items stand for any number of others. Only the last such item is ever tried
 * again, so that it takes at most as many steps as the lengths multiplied.
 */
function matchRuns<P, T>(
  pattern: readonly P[],
  items: readonly T[],
  { isRun, isMatch }: { isRun: (one: P) => boolean; isMatch: (one: P, item: T) => boolean },
): boolean {
  let retry: { pattern: number; item: number } | undefined
  let at = 0
  for (let item = 0; item < items.length;) {
    const one = pattern[at]
    if (one !== undefined && isRun(one)) retry = { pattern: ++at, item }
    else if (one !== undefined && isMatch(one, items[item]!)) {
      at++
      item++
    } else if (retry !== undefined) {
      item = ++retry.item
      at = retry.pattern
    } else return false
  }
  return pattern.slice(at).every(isRun)
}
