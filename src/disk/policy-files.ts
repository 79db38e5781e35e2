/// <reference types="node" />
/** The files on the disk that the rules of a policy name: of the project, and of what is installed in it. */

import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

import { isInert } from '../format/inert.js'
import { namesOf } from '../policy/file-name.js'
import { type Rule, rulesFor } from '../policy/rule.js'
import { findWasm } from './find-wasm.js'
import { foldersUpFrom, pathInPolicy } from './policy-folder.js'
import { toSlashes } from './paths.js'
import { DEFAULT_MAX_FILE_BYTES, sniffLayer } from './read-file.js'

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
 * Finds them, each real file once, sorted by their paths. Folders above the policy's are looked through where a rule begins there,
 * and for packages that are installed there. Scripts and packs are among them where they hold wasm, and are a package's or pinned.
 */
export function filesOfRules(folder: string, rules: readonly Rule[]): NamedFile[] {
  const found = new Map<string, NamedFile>()
  const isWanted = (owner: string) => mayName(rules, owner)
  const walks = [
    ...startsOf(folder, rules).map((start) => walkNamed(start, isWanted)),
    ...foldersUpFrom(folder)
      .slice(1)
      .map((above) => walkInstalled(path.join(above, 'node_modules'), isWanted)),
  ]
  for (const files of walks)
    for (const file of files) {
      const named = describe(file, folder, rules)
      if (named !== undefined) found.set(named.path, named)
    }
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** What a rule knows of one file. @returns `undefined` where no rule names it, or it is no wasm and holds none */
function describe(file: string, folder: string, rules: readonly Rule[]): NamedFile | undefined {
  const inPolicy = toSlashes(path.relative(folder, file))
  const names = namesOf(inPolicy)
  const named = rulesFor(names, rules)
  if (named.length === 0) return undefined
  if (/\.wasm$/i.test(file) || sniffLayer(file) !== undefined)
    return { file, path: pathInPolicy(file, folder), isHolder: false }
  const isMeant = names[0]?.package !== undefined || named.some(({ unsigned }) => unsigned !== undefined)
  return isMeant && holdsWasm(file) ? { file, path: inPolicy, isHolder: true } : undefined
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

/** Whether a file may hold wasm of which something can run. One that is larger than what is read is said to by whoever reads it. */
function holdsWasm(file: string): boolean {
  if (!HOLDERS.test(file)) return false
  if (statSync(file).size > DEFAULT_MAX_FILE_BYTES) return true
  return wasmHeldBy(file, readFileSync(file)).length > 0
}

/** The wasm in a script or a pack that needs a permission, as builds find it. What cannot be searched holds what nobody can read. */
export function wasmHeldBy(file: string, content: Uint8Array): Uint8Array[] {
  const held: Uint8Array[] = []
  const hide = () => void held.push(new Uint8Array())
  for (const { bytes } of findWasm([{ name: path.basename(file), content }], hide))
    if (!isInert(bytes)) held.push(bytes)
  return held
}
