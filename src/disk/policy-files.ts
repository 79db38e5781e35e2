/// <reference types="node" />
/** The files on the disk that the rules of a policy name: of the project, and of what is installed in it. */

import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { namesOf } from '../policy/file-name.js'
import { type Rule, rulesFor } from '../policy/rule.js'
import { pathInPolicy } from './policy-folder.js'
import { toSlashes } from './paths.js'
import { sniffLayer } from './read-file.js'

/** A file that a rule names. */
export interface NamedFile {
  /** Absolute, as it was found. */
  file: string
  /** See `Subject`. */
  path: string
  /** Whether it is a script or a pack, which is pinned as a whole. */
  isHolder: boolean
}

/**
 * Finds them, each real file once, sorted by their paths. Folders above the policy's are looked through where a rule begins there.
 * Scripts and packs are among them where a rule with `unsigned` names them, and something in them looks like wasm.
 */
export function filesOfRules(folder: string, rules: readonly Rule[]): NamedFile[] {
  const found = new Map<string, NamedFile>()
  for (const start of startsOf(folder, rules))
    for (const file of walkNamed(start, (owner) => mayName(rules, owner))) {
      const named = describe(file, folder, rules)
      if (named !== undefined) found.set(named.path, named)
    }
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** What a rule knows of one file. @returns `undefined` where no rule names it, or it is no wasm and holds none */
function describe(file: string, folder: string, rules: readonly Rule[]): NamedFile | undefined {
  const inPolicy = toSlashes(path.relative(folder, file))
  const named = rulesFor(namesOf(inPolicy), rules)
  if (named.length === 0) return undefined
  if (/\.wasm$/i.test(file) || sniffLayer(file) !== undefined)
    return { file, path: pathInPolicy(file, folder), isHolder: false }
  const isPinned = named.some(({ unsigned }) => unsigned !== undefined)
  return isPinned && mayHold(file) ? { file, path: inPolicy, isHolder: true } : undefined
}

/** The folders that patterns begin in. */
function startsOf(folder: string, rules: readonly Rule[]): string[] {
  const above = rules.flatMap(({ files }) =>
    files === 'every' ? [] : files.flatMap(({ text }) => /^(?:\.\.\/)+(?:[^*?/]+\/)*/.exec(text)?.[0] ?? []),
  )
  return [folder, ...new Set(above.map((start) => path.resolve(folder, start)))]
}

/** Whether a rule could name a file of a package. */
function mayName(rules: readonly Rule[], owner: string): boolean {
  const [scope = ''] = owner.split('/')
  return rules.some(
    ({ files }) =>
      files !== 'every' &&
      files.some(({ text }) => {
        const [, name = ''] = /^npm:(@[^/]+\/[^/]+|[^@/]+)/.exec(text) ?? []
        return name === owner || name === `${scope}/*`
      }),
  )
}

/** Of packages that no rule can name, only what is installed in them is looked at. Links lead to what has a path of its own. */
function* walkNamed(folder: string, isWanted: (owner: string) => boolean): Generator<string> {
  for (const entry of entriesOf(folder)) {
    const target = path.join(folder, entry.name)
    if (entry.isFile()) yield target
    if (!entry.isDirectory() || entry.name === '.git') continue
    if (entry.name === 'node_modules') yield* walkInstalled(target, isWanted)
    else yield* walkNamed(target, isWanted)
  }
}

function* walkInstalled(folder: string, isWanted: (owner: string) => boolean): Generator<string> {
  for (const { name, target } of packagesIn(folder)) {
    if (name.startsWith('.')) {
      for (const stored of entriesOf(target))
        if (stored.isDirectory())
          yield* walkInstalled(path.join(target, stored.name, 'node_modules'), isWanted)
    } else if (isWanted(name)) yield* walkNamed(target, isWanted)
    else yield* walkInstalled(path.join(target, 'node_modules'), isWanted)
  }
}

function packagesIn(folder: string): { name: string; target: string }[] {
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const target = path.join(folder, name)
      if (!name.startsWith('@')) return [{ name, target }]
      const inScope = entriesOf(target).filter((entry) => entry.isDirectory())
      return inScope.map((entry) => ({
        name: `${name}/${entry.name}`,
        target: path.join(target, entry.name),
      }))
    })
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return [] // not there, or closed to us: a build that wants something in it says so
  }
}

/** Scripts, and what they load that is compressed or packed. */
const HOLDERS = /\.(?:[cm]?js|ts|data|gz|br|bin|tar|json)$/i

/** What wasm looks like at its beginning in base64 at each of three offsets, in gzip within base64, in escapes, numbers and digits. */
const MARKS =
  /AGFzb|ABhc2|AYXNt|H4sI|0asm|\0asm|(?:\\x00|\\u0000|%00)\\?(?:a|x61|u0061|%61)|\b(?:97|0x61)\s*,\s*(?:115|0x73)\s*,\s*(?:109|0x6d)\b|0061736d/i

/** Whether a file may hold wasm. One that does not is pinned for nothing, which harms nobody. */
function mayHold(file: string): boolean {
  if (!HOLDERS.test(file)) return false
  if (!/\.(?:[cm]?js|ts|json)$/i.test(file)) return true
  return MARKS.test(readFileSync(file, 'latin1'))
}
