/// <reference types="node" />
/**
 * Which installed packages import components, their own or those of packages they depend on.
 *
 * Bundlers for servers leave packages to Node, which cannot import a component, nor would anybody verify it.
 */

import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

interface Manifest {
  dependencies: readonly string[]
  /** Whether there may be ES modules in it, without which there is no import of a `.wasm`. */
  hasModules: boolean
}

/**
 * Follows the dependencies that the manifest of a project names. Never throws: what cannot be read has none.
 * @param root the project, or a folder in it
 * @returns the names by which they are imported, sorted
 */
export function packagesWithComponents(root: string): string[] {
  const dependencies = crawl(root)
  const folders = [...new Set(dependencies.map(({ to }) => to))].filter(importsComponents)
  const affected = withDependents(folders, dependencies)
  const names = dependencies.filter(({ to }) => affected.has(to)).map(({ name }) => name)
  return [...new Set(names)].toSorted()
}

/** The `.wasm` files of packages that a project depends on, directly or not: real paths. */
export function wasmOfPackages(root: string): string[] {
  const folders = new Set(crawl(root).map(({ to }) => to))
  return [...folders].flatMap((folder) =>
    [...walk(folder, { skip: ['node_modules'] })].filter((file) => /\.wasm$/i.test(file)).map(toSlashes),
  )
}

function crawl(root: string): Dependency[] {
  const project = findUp(root, 'package.json')
  const folders = new Set(project === undefined ? [] : [project])
  const dependencies: Dependency[] = []
  // The set grows while it is walked.
  for (const from of folders) {
    for (const name of readManifest(from, { isProject: from === project }).dependencies) {
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
    }
  } catch {
    // Whoever imports the package reports what is wrong with it.
    return { dependencies: [], hasModules: false }
  }
}

/** No path, and no glob, as which bundlers read these names. @see https://github.com/npm/validate-npm-package-name */
const PACKAGE_NAME = /^(?:@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*$/

function importsComponents(folder: string): boolean {
  if (!readManifest(folder).hasModules) return false
  const files = [...walk(folder, { skip: ['node_modules'] })]
  return (
    files.some((file) => /\.wasm$/i.test(file) && sniffLayer(file) === 'component') &&
    files.some((file) => /\.m?js$/.test(file) && importsWasm(readText(file)))
  )
}

/** Whether a script has a form of import whose specifier is that of a `.wasm` file. Takes time that is linear in the text. */
export function importsWasm(script: string): boolean {
  for (const [, specifier] of script.matchAll(SPECIFIER)) if (/.\.wasm(?:\?|$)/i.test(specifier!)) return true
  return false
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
