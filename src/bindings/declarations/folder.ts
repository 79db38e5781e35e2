/// <reference types="node" />
/** Where declarations are on the disk, and keeping the files there the same as what they should say. */

import { rmSync } from 'node:fs'
import path from 'node:path'
import { ownerOf, packageFolder } from '../../disk/packages.js'
import { insideRoot, realPath, toSlashes } from '../../disk/paths.js'
import { replaceFile } from '../../disk/replace-file.js'
import { resolveTarget } from '../../disk/targets.js'
import { findTsconfig, readTsconfigs } from '../../disk/tsconfig.js'
import { walk } from '../../disk/walk.js'
import { TYPES_HEADER, typesTree } from '../types/entries.js'
import { assertOwn, readText, type TypesProject, usesRootDirs } from './index-file.js'

/** Where declarations go. */
export type TypesPlace =
  | { kind: 'nowhere' }
  | { kind: 'sibling' }
  /** @property needsTsconfig whether they are of use only where there is a tsconfig.json */
  | { kind: 'folder'; folder: string; needsTsconfig: boolean }

/** Where declarations go when nothing else is said, relative to the project root. */
export const TYPES_FOLDER = '.signed-wasm/types'

/** What an option `types` says. */
export function resolveTypes(types: boolean | string | undefined): TypesPlace {
  if (types === false) return { kind: 'nowhere' }
  if (types === 'sibling') return { kind: 'sibling' }
  if (typeof types === 'string') return { kind: 'folder', folder: types, needsTsconfig: false }
  return { kind: 'folder', folder: TYPES_FOLDER, needsTsconfig: types === undefined }
}

/** The folder that the paths of declarations count from. @param root the folder of a build */
export function typesBase(root: string): string {
  const config = findTsconfig(root)
  return config === undefined ? root : path.dirname(config)
}

/**
 * The project whose tsconfig.json is responsible for a folder.
 * @returns `undefined` where no file is to be included: there is no tsconfig, declarations lie beside components, or
 *   `rootDirs` leads to them
 */
export function openTypesProject(root: string, types: TypesPlace): TypesProject | undefined {
  const config = findTsconfig(root)
  if (config === undefined || types.kind !== 'folder') return undefined
  const base = path.dirname(config)
  const project = { base, folder: path.resolve(base, types.folder), configs: readTsconfigs(config) }
  return usesRootDirs(project) ? undefined : project
}

/** Where the declarations of a component are, and what it is called there. */
export interface TypesHome {
  /** The folder that stands for the folder of the file: itself, or its mirror in the types folder. */
  folder: string
  /** Its path from the project, forward slashes; in `node_modules` for one of a package, wherever that lies. */
  id: string
}

/** @returns `undefined` for what no import of the project reaches, and for packages where declarations are beside components */
export function placeTypes(
  file: string,
  { root, types }: { root: string; types: TypesPlace },
): TypesHome | undefined {
  if (types.kind === 'nowhere') return undefined
  const inside = insideRoot(file, root) ?? insideRoot(realPath(file) ?? file, realPath(root) ?? root)
  const isOwn = inside !== undefined && !inside.split('/').includes('node_modules')
  const id = isOwn ? inside : types.kind === 'folder' ? packagedId(realPath(file) ?? file, root) : undefined
  if (id === undefined) return undefined
  const folder = types.kind === 'folder' ? types.folder : ''
  return { folder: path.resolve(root, folder, ...id.split('/').slice(0, -1)), id }
}

/** Only of what the project itself can import. */
function packagedId(file: string, root: string): string | undefined {
  const owner = ownerOf(file)
  return owner && packageFolder(owner.name, root) === owner.folder
    ? `node_modules/${owner.name}/${owner.path}`
    : undefined
}

/**
 * The declarations that a platform can hold: Windows has no `?` in file names. What `?instantiate` gives is
 * exported as a type by the declaration without a query.
 */
export function writableTypes(
  files: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).filter(([file]) => platform !== 'win32' || !file.includes('?')),
  )
}

/** Where the declarations of one component are. */
export interface DeclarationsPlace {
  /** Absolute. */
  folder: string
  /** The project, out of which no link leads. */
  root: string
  /** The base name of the component. */
  name: string
}

/**
 * Makes a folder hold these declarations of one component: changed files are replaced whole, others left
 * alone, and what an earlier version of the component needed is removed.
 * @throws Diagnostic `TYPES_FOREIGN` for a file that was not written here, before any is written; an error of `node:fs`
 */
export function writeTypes(
  { folder, root, name }: DeclarationsPlace,
  files: Readonly<Record<string, string>>,
): void {
  const changed = changedTypes(folder, name, files).map((file) => ({
    target: resolveTarget(path.join(folder, file), { root, links: 'refuse' }),
    text: files[file],
  }))
  for (const { target } of changed) assertOwn(target)
  for (const { target, text } of changed) {
    if (text === undefined) rmSync(target, { force: true })
    else replaceFile(target, text, { makeFolder: true })
  }
}

/** The files that {@link writeTypes} would write or remove, sorted. */
export function changedTypes(
  folder: string,
  name: string,
  files: Readonly<Record<string, string>>,
): string[] {
  const changed = Object.entries(writableTypes(files)).filter(
    ([file, text]) => readText(path.join(folder, file)) !== text,
  )
  const tree = typesTree(name)
  const left = ownFiles(path.join(folder, tree))
    .map((file) => `${tree}/${file}`)
    .filter((file) => files[file] === undefined)
  return [...changed.map(([file]) => file), ...left].toSorted()
}

/** Only what begins with our first line: people may put files of their own there. What is behind a link is not ours. */
function ownFiles(folder: string): string[] {
  return [...walk(folder, { links: 'never' })]
    .filter((file) => file.endsWith('.d.ts') && readText(file)?.startsWith(TYPES_HEADER))
    .map((file) => toSlashes(path.relative(folder, file)))
}
