/** Globs of paths, matched folder by folder, so that a walk knows where nothing can match. Pure but for picomatch. */

import { createRequire } from 'node:module'
import path from 'node:path'
import { problem } from '../errors/raise.js'
import { toSlashes } from './paths.js'

/** picomatch takes exponential time on some patterns, so their length is bounded. */
const MAX_GLOB_LENGTH = 256

/** How many patterns one with braces may stand for. */
const MAX_ALTERNATIVES = 256

// Loaded by the first pattern: most runs of the command line have none.
export const loadPicomatch = () => createRequire(import.meta.url)('picomatch') as typeof import('picomatch')

/** Whether a text is a pattern rather than a path. */
export function isGlob(text: string): boolean {
  return /[*?[\]{}()!]/.test(text) && loadPicomatch().scan(text).isGlob
}

/** @throws Diagnostic `OPTION_INVALID` */
export function checkLength(glob: string, option: string): void {
  if (glob.length <= MAX_GLOB_LENGTH) return
  throw problem('OPTION_INVALID', { option, must: `globs of at most ${MAX_GLOB_LENGTH} characters` })
}

/** What is left of a pattern that takes files out again; `!(…)`, which is a pattern of what a name is not, is none. */
export function negated(pattern: string): string | undefined {
  return /^!(?!\()/.test(pattern) ? pattern.slice(1) : undefined
}

/**
 * How much of a pattern the folders above have matched: positions in each of its alternatives. Two folders with equal states
 * hold the same matches below them.
 */
export type GlobState = string

/** A pattern that is matched name by name. */
export interface GlobPath {
  /** The folder that the pattern begins in, as it is written; empty for the current one. */
  base: string
  start: GlobState
  /** The state behind a folder of that name; nothing when no match is below it. */
  enter(state: GlobState, name: string): GlobState | undefined
  /** Whether a file of that name is a match. */
  matches(state: GlobState, name: string): boolean
}

/** One name in a pattern; `undefined` stands for `**`, any number of folders. */
type Segment = ((name: string, isLast: boolean) => boolean) | undefined

/**
 * Parses a pattern. A name that stands in it literally matches as well, as `[id]` and `(app)` do, and the extension of a
 * file in any case.
 * @param options.dots whether wildcards match names that begin with a dot
 * @throws Diagnostic `OPTION_INVALID` for a pattern that is too long, begins with `!`, or has a `/` in parentheses
 */
export function parseGlobPath(pattern: string, { dots }: { dots: boolean }): GlobPath {
  checkLength(pattern, pattern.slice(0, 20))
  if (negated(pattern) !== undefined)
    throw problem('OPTION_INVALID', {
      option: pattern,
      must: 'a pattern of what is meant: `!` takes nothing away here',
    })
  const { base, glob } = loadPicomatch().scan(path.sep === '\\' ? toSlashes(pattern) : pattern)
  const routes = alternatives(glob, pattern).map((text) =>
    text.split('/').map((segment) => parseSegment(segment, dots)),
  )
  const step = (state: GlobState, name: string, isLast: boolean) =>
    decode(state).map((positions, index) => advance(routes[index]!, positions, { name, isLast, dots }))
  return {
    base: base.replace(/\\(.)/g, '$1'),
    start: encode(routes.map((route) => behind(route, [0]))),
    enter(state, name) {
      const next = step(state, name, false).map((positions, index) =>
        positions.filter((position) => position < routes[index]!.length),
      )
      return next.every((positions) => positions.length === 0) ? undefined : encode(next)
    },
    matches: (state, name) =>
      step(state, name, true).some((positions, index) => positions.includes(routes[index]!.length)),
  }
}

const encode = (positions: readonly (readonly number[])[]): GlobState => positions.join(';')

const decode = (state: GlobState): number[][] =>
  state.split(';').map((part) => (part === '' ? [] : part.split(',').map(Number)))

/** Positions, and those behind each `**` at them, which may match nothing. */
function behind(route: readonly Segment[], positions: readonly number[]): number[] {
  const all = new Set(positions)
  for (const position of all)
    if (position < route.length && route[position] === undefined) all.add(position + 1)
  return [...all].toSorted((a, b) => a - b)
}

function advance(
  route: readonly Segment[],
  positions: readonly number[],
  { name, isLast, dots }: { name: string; isLast: boolean; dots: boolean },
): number[] {
  const next = positions.flatMap((position) => {
    if (position >= route.length) return []
    const segment = route[position]
    if (segment === undefined) return dots || !name.startsWith('.') ? [position] : []
    return segment(name, isLast && position === route.length - 1) ? [position + 1] : []
  })
  return behind(route, next)
}

function parseSegment(segment: string, dots: boolean): Segment {
  if (segment === '**') return undefined
  const literal = segment.replace(/\\(.)/g, '$1')
  const isMatch = loadPicomatch()(segment, { dot: dots, nonegate: true })
  const isSpelledMatch = loadPicomatch()(lowerExtension(segment), { dot: dots, nonegate: true })
  return (name, isLast) =>
    name === literal || isMatch(name) || (isLast && isSpelledMatch(lowerExtension(name)))
}

const lowerExtension = (name: string) => name.replace(/\.\w+$/, (extension) => extension.toLowerCase())

/** The pattern without braces that reach over several folders: one pattern for each choice. */
function alternatives(glob: string, pattern: string): string[] {
  if (/[@?*+!]\([^)]*\//.test(glob))
    throw problem('OPTION_INVALID', { option: pattern, must: 'a pattern without / in parentheses' })
  const done: string[] = []
  for (const open = [glob]; open.length > 0;) {
    const text = open.pop()!
    const choices = splitBraces(text)
    if (choices === undefined) done.push(text)
    else open.push(...choices)
    if (open.length + done.length > MAX_ALTERNATIVES)
      throw problem('OPTION_INVALID', {
        option: pattern.slice(0, 40),
        must: `a pattern that stands for at most ${MAX_ALTERNATIVES} others`,
      })
  }
  return done
}

/** The choices of the first braces with a `/` in them. */
function splitBraces(text: string): string[] | undefined {
  for (let start = text.indexOf('{'); start !== -1; start = text.indexOf('{', start + 1)) {
    const commas: number[] = []
    let depth = 0
    let end = start
    for (; end < text.length; end++) {
      if (text[end] === '{') depth++
      if (text[end] === '}' && --depth === 0) break
      if (text[end] === ',' && depth === 1) commas.push(end)
    }
    if (end === text.length || !text.slice(start, end).includes('/') || commas.length === 0) continue
    const edges = [start, ...commas, end]
    return edges
      .slice(1)
      .map((edge, index) => text.slice(0, start) + text.slice(edges[index]! + 1, edge) + text.slice(end + 1))
  }
  return undefined
}
