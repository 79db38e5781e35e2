/// <reference types="node" />
/** Where declarations are on the disk, and keeping the files there the same as what they should say. */

import { rmSync } from 'node:fs'
import path from 'node:path'
import { ownerOf, packageFolder } from '../../disk/packages.js'
import { insideRoot, realPath, toSlashes } from '../../disk/paths.js'
import { replaceFile } from '../../disk/replace-file.js'
import { resolveTarget } from '../../disk/targets.js'
import { findTsconfig, readTsconfigs, type Tsconfig } from '../../disk/tsconfig.js'
import { walk } from '../../disk/walk.js'
import { ENTRIES, entryFile, type EntryStyle, TYPES_HEADER, typesTree } from '../types/entries.js'
import { assertOwn, readText, type TypesProject, usesRootDirs } from './index-file.js'
import type { TypesPlace } from './place.js'
import { entryStyle, STYLES } from './style.js'

export { resolveTypes, type TypesPlace } from './place.js'

/** What declarations of a build or a command have in common. */
export interface TypesRoot {
  /** The folder of the tsconfig.json that is responsible, or else that of the build; absolute. */
  root: string
  types: TypesPlace
  /** That tsconfig.json, and those that it refers to. */
  configs: readonly Tsconfig[]
}

/** Reads the tsconfigs. @param folder of a build */
export function openTypes(folder: string, types: TypesPlace): TypesRoot {
  const config = findTsconfig(folder)
  return config === undefined
    ? { root: folder, types, configs: [] }
    : { root: path.dirname(config), types, configs: readTsconfigs(config) }
}

/**
 * The project that a file is to be included in.
 * @returns `undefined` where none is: there is no tsconfig, declarations lie beside components, or `rootDirs` leads to them
 */
export function typesProject({ root, types, configs }: TypesRoot): TypesProject | undefined {
  if (configs.length === 0 || types.kind !== 'folder') return undefined
  const project = { base: root, folder: path.resolve(root, types.folder), configs }
  return usesRootDirs(project) ? undefined : project
}

/** Where the declarations of a component are, and what it is called there. */
export interface TypesHome {
  /** The folder that stands for the folder of the file: itself, or its mirror in the types folder. */
  folder: string
  /** Its path from the project, forward slashes; in `node_modules` for one of a package, wherever that lies. */
  id: string
  style: EntryStyle
}

/** @returns `undefined` for what no import of the project reaches, and for packages where declarations are beside components */
export function placeTypes(file: string, { root, types, configs }: TypesRoot): TypesHome | undefined {
  if (types.kind === 'nowhere') return undefined
  const inside = insideRoot(file, root) ?? insideRoot(realPath(file) ?? file, realPath(root) ?? root)
  const isOwn = inside !== undefined && !inside.split('/').includes('node_modules')
  const id = isOwn ? inside : types.kind === 'folder' ? packagedId(realPath(file) ?? file, root) : undefined
  if (id === undefined) return undefined
  const folder = types.kind === 'folder' ? types.folder : ''
  const style = entryStyle(configs, file)
  return { folder: path.resolve(root, folder, ...id.split('/').slice(0, -1)), id, style }
}

/** The file that says what an import with this query gives. @param name the base name of the component */
export function typesOf({ folder, name }: Pick<DeclarationsPlace, 'folder' | 'name'>, query: string): string {
  const entry = new URLSearchParams(query).has('instantiate') ? ENTRIES['?instantiate'] : ENTRIES['']
  return path.join(folder, typesTree(name), `${entry}.d.ts`)
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
 * @returns whether something changed
 * @throws Diagnostic `TYPES_FOREIGN` for a file that was not written here, before any is written; an error of `node:fs`
 */
export function writeTypes(
  { folder, root, name }: DeclarationsPlace,
  files: Readonly<Record<string, string>>,
): boolean {
  const changed = changedTypes(folder, name, files).map((file) => ({
    target: resolveTarget(path.join(folder, file), { root, links: 'refuse' }),
    text: files[file],
  }))
  for (const { target } of changed) assertOwn(target)
  for (const { target, text } of changed) {
    if (text === undefined) rmSync(target, { force: true })
    else replaceFile(target, text, { makeFolder: true })
  }
  return changed.length > 0
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
  const entries = Object.keys(ENTRIES).flatMap((query) =>
    STYLES.map((style) => entryFile(name + query, style)),
  )
  const left = [
    ...entries.filter((file) => isOurs(path.join(folder, file))),
    ...ownFiles(path.join(folder, tree)).map((file) => `${tree}/${file}`),
  ].filter((file) => files[file] === undefined)
  return [...changed.map(([file]) => file), ...left].toSorted()
}

/** Only what begins with our first line: people may put files of their own there. What is behind a link is not ours. */
function ownFiles(folder: string): string[] {
  return [...walk(folder, { links: 'never' })]
    .filter((file) => file.endsWith('.d.ts') && isOurs(file))
    .map((file) => toSlashes(path.relative(folder, file)))
}

function isOurs(file: string): boolean {
  return readText(file)?.startsWith(TYPES_HEADER) === true
}
