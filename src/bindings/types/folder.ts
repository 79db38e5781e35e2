/// <reference types="node" />
/** Where declarations are on the disk, and keeping the files there the same as what they should say. */

import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { insideRoot, isMissing, realPath, toSlashes } from '../../disk/paths.js'
import { replaceFile } from '../../disk/replace-file.js'
import { resolveTarget } from '../../disk/targets.js'
import { walk } from '../../disk/walk.js'
import { problem } from '../../errors/raise.js'
import { TYPES_HEADER, typesTree } from './entries.js'

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

/**
 * The folder that stands for the folder of a `.wasm` file: itself, or its mirror in the types folder.
 * @returns `undefined` for what no relative import of the project reaches: files outside of it, and packages
 */
export function placeTypes(
  file: string,
  { root, types }: { root: string; types: TypesPlace },
): string | undefined {
  const inside = insideRoot(file, root) ?? insideRoot(realPath(file) ?? file, realPath(root) ?? root)
  if (types.kind === 'nowhere' || inside === undefined || inside.split('/').includes('node_modules'))
    return undefined
  const folder = inside.split('/').slice(0, -1)
  return path.resolve(root, types.kind === 'folder' ? types.folder : '', ...folder)
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

/** What somebody has written by hand is left as it is. */
function assertOwn(file: string): void {
  const text = readText(file)
  if (text !== undefined && text !== '' && !text.startsWith(TYPES_HEADER))
    throw problem('TYPES_FOREIGN', { file: path.basename(file) })
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

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Only what begins with our first line: people may put files of their own there. What is behind a link is not ours. */
function ownFiles(folder: string): string[] {
  return [...walk(folder, { links: 'never' })]
    .filter((file) => file.endsWith('.d.ts') && readText(file)?.startsWith(TYPES_HEADER))
    .map((file) => toSlashes(path.relative(folder, file)))
}
