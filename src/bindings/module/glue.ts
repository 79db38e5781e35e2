/** What jco writes into every component, taken out of its code and imported from one module. Pure. */

import type MagicString from 'magic-string'
import type { Glue, GlueGroup, ModuleInput } from './input.js'
import { literal, local } from './names.js'

/**
 * Shares in jco's code what can be, unless calls are logged, for what is shared is silent.
 * @returns the import lines for it
 */
export function generateGlue(
  code: MagicString,
  { transpiled, glue, runtime, tracing }: ModuleInput,
): string[] {
  const groups = glue === undefined || tracing ? [] : shareGlue(code, transpiled.js, glue)
  const bindings = groups.map((name) => `${name} as ${local(name)}`)
  return groups.length === 0
    ? []
    : [`import { ${bindings.join(', ')} } from ${literal(`${runtime}/glue.js`)};`]
}

/** Code without white space at the start of its lines, by which alone two of jco's texts for one piece differ. */
export function withoutIndent(code: string): { text: string; lines: readonly Line[] } {
  const lines: Line[] = []
  let [text, start] = ['', 0]
  for (const line of code.split('\n')) {
    const kept = line.trimStart()
    lines.push({ at: text.length, start, indent: line.length - kept.length })
    text += `${kept}\n`
    start += line.length + 1
  }
  return { text: text.slice(0, -1), lines }
}

/** Where a line is: `at` in the text without white space, `start` in the code. */
interface Line {
  at: number
  start: number
  indent: number
}

/** Behind it are the functions of the component itself; all pieces are before it. */
export const OWN_PART = 'let gen= (function* _initGenerator () {\n'

const HEAD = 'function instantiate(getCoreModule, imports, instantiateCore = WebAssembly.instantiate) {\n'

/**
 * Takes out of jco's code what is in the catalogue, and puts in calls that make it.
 *
 * A group is shared only where each of its pieces is there exactly once and nothing that stays names what can change its value;
 * else all of it stays. Nothing but pieces of the catalogue is ever compared without white space.
 * @param js what `code` was made of
 * @returns the functions to be imported from `glue.js`, none where nothing is shared
 */
export function shareGlue(code: MagicString, js: string, glue: Glue): string[] {
  const head = js.indexOf(HEAD)
  const end = js.indexOf(OWN_PART)
  if (head === -1 || end === -1) return []
  const body = head + HEAD.length
  const rest = new Rest(js, { from: body, to: end }, namesOf(glue))
  const whole = withNeeds(glue.filter((group) => rest.holds(group)))
  const shared = rest.take(whole) ? whole : oneByOne(whole, rest)
  for (const [from, to] of rest.taken) code.remove(from, to)
  const left = rest.words()
  code.appendLeft(body, shared.map((group) => callOf(group, shared, left)).join(''))
  return shared.map(({ name }) => name)
}

/** For a catalogue, what {@link namesOf} makes of it. */
const PATTERNS = new WeakMap<Glue, RegExp>()

/** Matches the names that matter in what is left of a code. One expression, since most of a code's words do not matter. */
function namesOf(glue: Glue): RegExp {
  const known = PATTERNS.get(glue)
  if (known !== undefined) return known
  const names = glue.flatMap(({ variables, exports }) => [...variables, ...exports])
  const any = names.map((name) => name.replaceAll('$', String.raw`\$`)).join('|')
  const pattern = new RegExp(String.raw`(?<![\w$])(?:${any})(?![\w$])`, 'g')
  PATTERNS.set(glue, pattern)
  return pattern
}

/** Those of which all are there that they need. */
function withNeeds(groups: readonly GlueGroup[]): GlueGroup[] {
  const kept: GlueGroup[] = []
  for (const group of groups)
    if (group.needs.every((need) => kept.some(({ name }) => name === need))) kept.push(group)
  return kept
}

/** As many as can be taken, where not all can. */
function oneByOne(groups: readonly GlueGroup[], rest: Rest): GlueGroup[] {
  let shared: GlueGroup[] = []
  for (const group of groups) {
    const more = withNeeds([...shared, group])
    if (more.length > shared.length && rest.take(more)) shared = more
  }
  return shared
}

/** Jco's code, of which groups are taken as a whole or not at all. */
class Rest {
  readonly #js: string
  readonly #from: number
  readonly #text: string
  readonly #lines: readonly Line[]
  readonly #names: RegExp
  readonly #places = new Map<GlueGroup, readonly (readonly [number, number])[]>()
  #words: ReadonlySet<string> | undefined
  /** From and to, in the code. */
  taken: readonly (readonly [number, number])[] = []

  /** @param names matches those that {@link words} are to tell of */
  constructor(js: string, { from, to }: { from: number; to: number }, names: RegExp) {
    this.#js = js
    this.#from = from
    this.#names = names
    const { text, lines } = withoutIndent(js.slice(from, to))
    this.#text = text
    this.#lines = lines
  }

  /** Whether each piece of a group is there, exactly once. */
  holds(group: GlueGroup): boolean {
    const places = findAll(this.#text, group.pieces)
    if (places === undefined) return false
    this.#places.set(
      group,
      places.map((place) => this.#place(place)),
    )
    return true
  }

  /** Takes these groups, and no others; none of them where what is left names what can change. */
  take(groups: readonly GlueGroup[]): boolean {
    const before = this.taken
    this.taken = groups.flatMap((group) => this.#places.get(group)!).toSorted(([a], [b]) => a - b)
    this.#words = undefined
    const left = this.words()
    if (!groups.some(({ variables }) => variables.some((name) => left.has(name)))) return true
    this.taken = before
    this.#words = undefined
    return false
  }

  /** The names that are words of what is left of the code; those in a text or a comment count as well. */
  words(): ReadonlySet<string> {
    if (this.#words !== undefined) return this.#words
    let [text, at] = ['', 0]
    for (const [from, to] of this.taken) {
      text += this.#js.slice(at, from)
      at = to
    }
    this.#words = new Set((text + this.#js.slice(at)).match(this.#names))
    return this.#words
  }

  /** From and to in the code by places in the text, with all white space of the lines. */
  #place([at, end]: readonly [number, number]): [number, number] {
    const [first, last] = [lineAt(this.#lines, at), lineAt(this.#lines, end)]
    const from = first.start + (at === first.at ? 0 : first.indent + at - first.at)
    const to = this.#from + last.start + last.indent + end - last.at
    return [this.#from + from, this.#js[to] === '\n' ? to + 1 : to]
  }
}

function lineAt(lines: readonly Line[], at: number): Line {
  let [low, high] = [0, lines.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (lines[middle]!.at <= at) low = middle
    else high = middle - 1
  }
  return lines[low]!
}

/** Where each of the pieces is, if each is there exactly once. */
function findAll(text: string, pieces: readonly string[]): [number, number][] | undefined {
  const places: [number, number][] = []
  for (const piece of pieces) {
    const at = text.indexOf(piece)
    if (at === -1 || text.includes(piece, at + 1)) return undefined
    places.push([at, at + piece.length])
  }
  return places
}

/** Made for each instance, since what is made has the state of one; only what is named takes a variable. */
function callOf(
  { name, needs, exports }: GlueGroup,
  shared: readonly GlueGroup[],
  left: ReadonlySet<string>,
): string {
  const names = exports.map((one) => (left.has(one) ? one : ''))
  const used = names.slice(0, names.findLastIndex((one) => one !== '') + 1)
  const call = `${local(name)}(${needs.map(partsName).join(', ')})`
  const isNeeded = shared.some((other) => other.needs.includes(name))
  if (!isNeeded) return `  const [${used.join(', ')}] = ${call};\n`
  return `  const ${partsName(name)} = ${call};\n  const [${used.join(', ')}] = ${partsName(name)};\n`
}

const partsName = (name: string) => `${local(name)}Parts`
