/// <reference types="node" />
/**
 * Which installed packages import wasm files, their own or those of packages they depend on.
 *
 * Bundlers for servers leave packages to Node. It cannot import a component, imports a core module by itself from version 24
 * on, and nobody would verify either.
 */

import { readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import type { Layer } from '../format/wasm.js'
import { findUp, PACKAGE_NAME, readManifest, wildcard } from './manifest.js'
import { packageOf } from './owner.js'
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

/**
 * The packages through which a project comes to depend on others, by the shortest way: its own dependency first.
 * @returns what tells it of a real folder: nothing where it is the project's own dependency, or nobody's
 */
export function waysFrom(root: string): (folder: string) => string[] {
  const project = findUp(root, 'package.json')
  const dependencies = crawl(root)
  // Each is found first from a package that was found before it, so that this ends at the project.
  const wayTo = (folder: string): string[] => {
    const first = dependencies.find(({ to }) => to === folder)
    if (first === undefined) return []
    return first.from === project ? [first.name] : [...wayTo(first.from), first.name]
  }
  return (folder) => wayTo(folder).slice(0, -1)
}

/** The package that a file belongs to, installed or linked. */
export function ownerOf(file: string): { name: string; folder: string; path: string } | undefined {
  const installed = packageOf(file)
  if (installed !== undefined) return { ...installed, folder: file.slice(0, -installed.path.length - 1) }
  const folder = findUp(dirname(file), 'package.json')
  const name = folder && readManifest(folder).name
  return name ? { name, folder, path: toSlashes(relative(folder, file)) } : undefined
}

/**
 * The specifiers that stand for a `.wasm` file whatever imports it: of its package, or of the package's own `imports`.
 * @param name of the package, for whoever is outside of it
 */
export function specifiersOf(file: string, name: string | undefined): string[] {
  const folder = findUp(dirname(file), 'package.json')
  if (folder === undefined) return []
  const inside = toSlashes(relative(folder, realPath(file) ?? file))
  const given = readManifest(folder).allNames.flatMap((mapping) => {
    const star = wildcard(mapping.target, `./${inside}`)
    return star === undefined ? [] : [mapping.name.split('*').join(star)]
  })
  if (name === undefined) return given.filter((one) => one.startsWith('#'))
  const exported = given.filter((one) => one.startsWith('.')).map((one) => name + one.slice(1))
  return [...new Set([`${name}/${inside}`, ...exported])]
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

/** The text of a file; nothing where it cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // gone, or a link to nowhere
  }
}
