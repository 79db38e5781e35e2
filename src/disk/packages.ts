/// <reference types="node" />
/**
 * Which installed packages import wasm files, their own or those of packages they depend on.
 *
 * Bundlers for servers leave packages to Node. It cannot import a component, imports a core module by itself from version 24
 * on, and nobody would verify either.
 */

import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Layer } from '../format/wasm.js'
import { realPath, toSlashes } from './paths.js'
import { sniffLayer } from './read-file.js'
import { walk } from './walk.js'

/** One package names another. */
interface Dependency {
  /** Real folders. */
  from: string
  to: string
  /** What it is imported by. */
  name: string
}

/** What a name stands for; each may hold a `*`. @see Node.js documentation, "Subpath patterns" */
interface Mapping {
  name: string
  target: string
}

interface Manifest {
  dependencies: readonly string[]
  /** Whether there may be ES modules in it, without which there is no import of a `.wasm`. */
  hasModules: boolean
  /** Names that it gives to `.wasm` files. */
  names: readonly Mapping[]
}

/**
 * Follows the dependencies that the manifest of a project names. Never throws: what cannot be read has none.
 * @param root the project, or a folder in it
 * @returns the names by which they are imported, sorted
 */
export function packagesWithComponents(root: string): string[] {
  const dependencies = crawl(root)
  const folders = [...new Set(dependencies.map(({ to }) => to))].filter(
    (folder) => wasmImportedIn(folder, 'component').length > 0,
  )
  const affected = withDependents(folders, dependencies)
  const names = dependencies.filter(({ to }) => affected.has(to)).map(({ name }) => name)
  return [...new Set(names)].toSorted()
}

/** All files of the packages that a project depends on, directly or not, as they lie there. */
export function filesOfPackages(root: string): string[] {
  const folders = new Set(crawl(root).map(({ to }) => to))
  return [...folders].flatMap((folder) => [...walk(folder, { skip: ['node_modules'] })])
}

/** The real folder of a package. @param from the folder of whoever imports it */
export function packageFolder(name: string, from: string): string | undefined {
  return findUp(from, join('node_modules', name))
}

/** The core modules that a package, or one that it depends on, imports as modules: real paths. Never throws. */
export function coreModulesImportedBy(folder: string): string[] {
  const folders = new Set([folder, ...crawl(folder, { isProject: false }).map(({ to }) => to)])
  return [...folders].flatMap((one) => wasmImportedIn(one, 'core module')).map(toSlashes)
}

/** A specifier in its two parts. */
export interface Bare {
  /** The name of a package. */
  name: string
  /** `.`, or begins with `./`. */
  subpath: string
}

/** What a specifier says that begins with the name of a package, as in `@scope/name/sub.js`. */
export function parseBare(specifier: string): Bare | undefined {
  const [, name = '', rest = ''] = /^((?:@[^/]+\/)?[^/]+)(\/.+)?$/s.exec(specifier) ?? []
  return PACKAGE_NAME.test(name) ? { name, subpath: `.${rest}` } : undefined
}

/** The `.wasm` file of a package that a specifier stands for, whether it says so or not. @param from the folder of whoever imports it */
export function wasmOf({ name, subpath }: Bare, from: string): string | undefined {
  const folder = packageFolder(name, from) ?? join(from, 'node_modules', name)
  if (/\.wasm$/i.test(subpath)) return join(folder, subpath)
  for (const mapping of readManifest(folder).names) {
    const star = wildcard(mapping.name, subpath)
    if (star !== undefined) return join(folder, mapping.target.split('*').join(star))
  }
  return undefined
}

/**
 * The `.wasm` file that a name of a package's own `imports` stands for.
 * @param name such as `#hello`; @param from the folder of whoever imports it
 * @see Node, "Subpath imports"
 */
export function wasmOfImport(name: string, from: string): string | undefined {
  const folder = findUp(from, 'package.json')
  for (const mapping of folder === undefined ? [] : readManifest(folder).names) {
    const star = wildcard(mapping.name, name)
    if (star !== undefined) return join(folder!, mapping.target.split('*').join(star))
  }
  return undefined
}

/** @param about.isProject whether what it needs for its development counts */
function crawl(root: string, { isProject = true } = {}): Dependency[] {
  const project = findUp(root, 'package.json')
  const folders = new Set(project === undefined ? [] : [project])
  const dependencies: Dependency[] = []
  // The set grows while it is walked.
  for (const from of folders) {
    for (const name of readManifest(from, { isProject: isProject && from === project }).dependencies) {
      const to = findUp(from, join('node_modules', name))
      if (to === undefined) continue
      dependencies.push({ from, to, name })
      folders.add(to)
    }
  }
  return dependencies
}

function withDependents(folders: readonly string[], dependencies: readonly Dependency[]): Set<string> {
  const dependents = new Map<string, string[]>(dependencies.map(({ to }) => [to, []]))
  for (const { from, to } of dependencies) dependents.get(to)!.push(from)
  const affected = new Set(folders)
  // The set grows while it is walked.
  for (const folder of affected) for (const from of dependents.get(folder) ?? []) affected.add(from)
  return affected
}

/** The real path of a name in a folder or the nearest one above it; of its folder, for a file. */
function findUp(folder: string, name: string): string | undefined {
  const stats = statSync(join(folder, name), { throwIfNoEntry: false })
  if (stats !== undefined) return realPath(stats.isDirectory() ? join(folder, name) : folder)
  const above = dirname(folder)
  return above === folder ? undefined : findUp(above, name)
}

function readManifest(folder: string, { isProject = false } = {}): Manifest {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>
    const kinds = ['dependencies', 'optionalDependencies', 'peerDependencies']
    return {
      dependencies: [...kinds, ...(isProject ? ['devDependencies'] : [])]
        .flatMap((kind) => Object.keys(manifest[kind] ?? {}))
        .filter((name) => PACKAGE_NAME.test(name)),
      hasModules: manifest['type'] === 'module' || 'exports' in manifest || 'module' in manifest,
      names: ['exports', 'imports'].flatMap((map) => namesOfWasm(manifest[map])),
    }
  } catch {
    // Whoever imports the package reports what is wrong with it.
    return { dependencies: [], hasModules: false, names: [] }
  }
}

/** What a map of names says of `.wasm` files, under any condition. @param map one name for all, or names that begin with `.` or `#` */
function namesOfWasm(map: unknown): Mapping[] {
  const isList = typeof map === 'object' && map !== null && Object.keys(map).some((key) => /^[.#]/.test(key))
  return Object.entries(isList ? map : { '.': map }).flatMap(([name, targets]) => {
    if (/\.wasm$/i.test(name)) return [] // nothing is hidden
    const found = JSON.stringify(targets ?? '').matchAll(/"([^"\\]*\.wasm)"/gi)
    return [...found].map(([, target]) => ({ name, target: target! }))
  })
}

/** What stands for the `*` of a pattern in a text; nothing, where it has none. `undefined` where they do not match. */
function wildcard(pattern: string, text: string): string | undefined {
  const [start, end] = pattern.split('*', 2) as [string, string | undefined]
  if (end === undefined) return pattern === text ? '' : undefined
  const isMatch = text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end)
  return isMatch ? text.slice(start.length, text.length - end.length) : undefined
}

/** No path, and no glob, as which bundlers read these names. @see https://github.com/npm/validate-npm-package-name */
const PACKAGE_NAME = /^(?:@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*$/

const wasmIn = (folder: string) =>
  [...walk(folder, { skip: ['node_modules'] })].filter((file) => /\.wasm$/i.test(file))

/** The files of a layer that a package's own scripts import, by their name or by one that its manifest maps to it. */
function wasmImportedIn(folder: string, layer: Layer): string[] {
  const { hasModules, names } = readManifest(folder)
  const candidates = hasModules ? wasmIn(folder).filter((file) => sniffLayer(file) === layer) : []
  if (candidates.length === 0) return []
  const imported = [...walk(folder, { skip: ['node_modules'] })]
    .filter((file) => /\.m?js$/.test(file))
    .flatMap((file) => wasmSpecifiers(readText(file)))
  const patterns = [...imported, ...names.map(({ target }) => target)].map((path) => basename(path))
  return candidates.filter((file) =>
    patterns.some((pattern) => wildcard(pattern, basename(file)) !== undefined),
  )
}

/** What a script seems to import in any form. Takes time that is linear in the text. */
export function specifiersIn(script: string): string[] {
  return [...script.matchAll(SPECIFIER)].map(([, specifier]) => specifier!)
}

/** Those of `.wasm` files, without queries, and with a `*` for what a template puts in. */
export function wasmSpecifiers(script: string): string[] {
  return specifiersIn(script)
    .filter((specifier) => /.\.wasm(?:\?|$)/i.test(specifier))
    .map((specifier) => specifier.replace(/\?.*$/s, '').replace(/\$\{.*\}/, '*'))
}

/** What stands between quotes after `from`, `import` or `import(`. Only the word is consumed, as it may stand in a text. */
const SPECIFIER = /\b(?:from|import)(?=\s*(?:\(\s*)?["'`]([^"'`\n]+)["'`])/gi

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // gone, or a link to nowhere
  }
}
