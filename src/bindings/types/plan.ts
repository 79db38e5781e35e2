/** What declarations are made from, where jco would get them wrong if they were made from the file itself. */

import { problem } from '../../errors/raise.js'
import { decodeUtf8, encodeUtf8, toLatin1 } from '../../format/encoding.js'
import type { ExternName } from '../../format/interface-name.js'
import { type ComponentNames, readNames } from '../../format/names.js'
import { COMPONENT_SECTION } from '../../format/section-ids.js'
import { readSections, type Section } from '../../format/wasm.js'

/** What declarations are made from, if not from the file itself. Never run, and never shipped. */
export interface DeclarationPlan {
  /** A changed copy, of the same length. */
  copy?: Uint8Array
  /** Names in the copy, for the names that they replace. */
  renamed: ReadonlyMap<string, string>
}

/**
 * Looks for what jco gets wrong in declarations, and makes a copy without it:
 *
 * - two versions of one interface share a file, so that one is described as the other. In the copy
 *   `docs:log/sink@0.2.0` is the interface `docs:log/sinkv0a2a0`.
 * - documentation with the end of a comment in it would go on as code. In the copy it is no documentation.
 */
export function planDeclarations(bytes: Uint8Array): DeclarationPlan {
  const renamed = planNames(readNames(bytes))
  const { sections } = readSections(bytes)
  const docs = sections.filter((section) => isDocs(section) && leavesComment(bytes, section))
  if (renamed.size === 0 && docs.length === 0) return { renamed }
  const copy = new Uint8Array(bytes)
  for (const { contentStart } of docs) copy[contentStart - 1] = 0x78
  const named = sections.filter(
    ({ id }) => id === COMPONENT_SECTION.import || id === COMPONENT_SECTION.export,
  )
  for (const section of named) replaceNames(copy.subarray(section.payloadStart, section.end), renamed)
  return { copy, renamed }
}

/** All but one version of each interface; the one that stays is the one with the short name. */
function planNames({ imports, exports }: ComponentNames) {
  const all = new Set([exports, imports].flatMap(interfaceNames))
  const first = new Map<string, string>()
  const renamed = new Map<string, string>()
  for (const name of all) {
    const [, plain, version] = /^(.+)@([^@]+)$/.exec(name) ?? []
    if (plain === undefined || version === undefined) continue
    if (!first.has(plain)) first.set(plain, name)
    else renamed.set(`${plain}v${version.toLowerCase().replace(/[^a-z0-9]/g, 'a')}`, name)
  }
  const clash = [...renamed.keys()].find((alias) => all.has(alias))
  if (clash !== undefined) throw problem('UNSAFE_NAME', { name: clash, reason: 'it looks like a version' })
  return renamed
}

/** Names, sorted, and then what they implement, which jco describes in the same files. */
function interfaceNames(names: readonly ExternName[]): string[] {
  const implemented = names.flatMap((name) => name.implements ?? [])
  return [...names.map(({ name }) => name).toSorted(), ...implemented.toSorted()]
}

const DOCS = 'package-docs'

function isDocs({ name }: Section): boolean {
  return name === DOCS
}

/** What does not parse as jco parses it is taken for the worst. */
function leavesComment(bytes: Uint8Array, { contentStart, end }: Section): boolean {
  try {
    const json = decodeUtf8(bytes.subarray(contentStart + 1, end))!
    // Raw as well, since of two members with one name JSON.parse takes the last.
    const isRaw = /(?:\*|\\u002a)(?:\\?\/|\\u002f)/i.test(json)
    return isRaw || JSON.stringify(JSON.parse(json)).includes('*/')
  } catch {
    return true // no JSON, which jco reports in its own words when it reads the file itself
  }
}

/** Replaces names wherever they stand with their length before them; each is as long as its alias. */
function replaceNames(payload: Uint8Array, renamed: DeclarationPlan['renamed']): void {
  const aliases = new Map([...renamed].map(([alias, name]) => [name, encodeUtf8(alias)]))
  const lengths = lengthsByLastByte(aliases.keys())
  for (let at = 1; at < payload.length; at++) {
    for (const length of lengths.get(payload[at - 1]!) ?? []) {
      const alias = aliases.get(toLatin1(payload.subarray(at, at + length)))
      if (alias !== undefined) payload.set(alias, at)
    }
  }
}

/** The lengths of names by their last byte, so that every place of a file is compared with few of them. */
function lengthsByLastByte(names: Iterable<string>): ReadonlyMap<number, ReadonlySet<number>> {
  const lengths = new Map<number, Set<number>>()
  for (const { length } of names) {
    const last = lastLengthByte(length)
    lengths.set(last, (lengths.get(last) ?? new Set()).add(length))
  }
  return lengths
}

/** The last byte of a length in LEB128; those before it do not matter beside so long a name. */
function lastLengthByte(length: number): number {
  return length < 0x80 ? length : length >> (7 * Math.floor(Math.log2(length) / 7))
}
