/// <reference types="node" />
/** The file that a project includes, by which TypeScript finds the declarations of its components, and where it lies. */

import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { packageOf } from '../../disk/owner.js'
import { packageFolder, specifiersOf } from '../../disk/packages.js'
import { isMissing, toSlashes } from '../../disk/paths.js'
import { replaceFile } from '../../disk/replace-file.js'
import { resolveTarget } from '../../disk/targets.js'
import { includes, type Tsconfig } from '../../disk/tsconfig.js'
import { walk } from '../../disk/walk.js'
import { problem } from '../../errors/raise.js'
import { entryFile, type EntryStyle, TYPES_HEADER } from '../types/entries.js'
import { type Declared, generateIndex, generateSiblings, NAMED_FILE, namesakes } from '../types/named.js'
import { entryStyle, STYLES } from './style.js'

/** The name of the file. */
export const INDEX_FILE = 'signed-wasm.d.ts'

/** A project that has declarations. */
export interface TypesProject {
  /** The folder of its tsconfig.json, absolute. */
  base: string
  /** The folder of the declarations, absolute. */
  folder: string
  configs: readonly Tsconfig[]
}

/** What {@link planIndex} found. */
export interface IndexPlan {
  /** The file that is to be included, absolute. */
  file: string
  /** What should be where, and what should not be any more (`undefined`): by absolute path. */
  texts: ReadonlyMap<string, string | undefined>
  /** What is declared by the file. */
  declared: readonly Declared[]
  /** Components of one name, which need declarations beside them. Absolute. */
  siblings: readonly string[]
}

/** Whether the project finds the declarations by `rootDirs`, as it was once advised to, and needs no file. */
export function usesRootDirs({ folder, configs }: Pick<TypesProject, 'folder' | 'configs'>): boolean {
  const inFolder = (dir: string) => !path.relative(folder, dir).startsWith('..')
  return configs.some(({ rootDirs }) => rootDirs.some(inFolder))
}

/** Reads what declarations there are, and works out what the project's file has to say. */
export function planIndex(project: TypesProject): IndexPlan {
  const { base, folder } = project
  const { declared, gone } = findDeclared(project)
  const own = declared.filter(({ isOwn }) => isOwn)
  const file = path.join(indexFolder(project, own), INDEX_FILE)
  const references = declared.map(({ id }) =>
    relativeTo(path.dirname(file), path.join(folder, `${id}.d`, NAMED_FILE)),
  )
  const texts = new Map<string, string | undefined>()
  for (const other of candidates(project, own)) texts.set(path.join(other, INDEX_FILE), undefined)
  texts.set(file, declared.length === 0 ? undefined : generateIndex(declared, references))
  const alike = new Set(namesakes(declared))
  for (const id of [...own.map((one) => one.id), ...gone]) {
    const wanted = alike.has(id) ? entryStyle(project.configs, path.join(base, id)) : undefined
    for (const [name, { style, text }] of siblings(id)) {
      const sibling = path.join(base, name)
      if (style === wanted) texts.set(sibling, text)
      else if (readText(sibling) === text) texts.set(sibling, undefined)
    }
  }
  return { file, texts, declared, siblings: [...alike].map((id) => path.join(base, id)) }
}

/** The files of a plan that are not yet as they should be, absolute. */
export function changedIndex({ texts }: IndexPlan): string[] {
  return [...texts].flatMap(([file, text]) => {
    const now = readText(file)
    const isForeign = text === undefined && now !== undefined && !now.startsWith(TYPES_HEADER)
    return now === text || isForeign ? [] : [file]
  })
}

/**
 * Makes the files of a plan as they should be.
 * @returns whether something changed
 * @throws Diagnostic `TYPES_FOREIGN` for a file that was not written here, before any is written; an error of `node:fs`
 */
export function writeIndex(plan: IndexPlan, { base }: Pick<TypesProject, 'base'>): boolean {
  const changed = changedIndex(plan).map((file) => ({
    target: resolveTarget(file, { root: base, links: 'refuse' }),
    text: plan.texts.get(file),
  }))
  for (const { target, text } of changed) if (text !== undefined) assertOwn(target)
  for (const { target, text } of changed) {
    if (text === undefined) rmSync(target, { force: true })
    else replaceFile(target, text)
  }
  return changed.length > 0
}

/** What somebody has written by hand is left as it is. @throws Diagnostic `TYPES_FOREIGN` */
export function assertOwn(file: string): void {
  const text = readText(file)
  if (text !== undefined && text !== '' && !text.startsWith(TYPES_HEADER))
    throw problem('TYPES_FOREIGN', { file: path.basename(file) })
}

/** The components whose declarations are in the folder, sorted: those that are there, and paths of those that are not. */
function findDeclared({ base, folder }: TypesProject): { declared: Declared[]; gone: string[] } {
  const ending = `.d/${NAMED_FILE}`
  const declared: Declared[] = []
  const gone: string[] = []
  const files = [...walk(folder, { links: 'never' })].map((file) => toSlashes(path.relative(folder, file)))
  for (const file of files.filter((one) => one.endsWith(ending) && !one.includes('*')).toSorted()) {
    const id = file.slice(0, -ending.length)
    const owner = packageOf(`/${id}`)
    const home = owner === undefined ? base : packageFolder(owner.name, base)
    const component = home && path.join(home, owner?.path ?? id)
    if (component === undefined || !existsSync(component)) gone.push(id)
    else declared.push({ id, isOwn: owner === undefined, specifiers: specifiersOf(component, owner?.name) })
  }
  return { declared, gone }
}

/** By path from the project. Windows has no `?` in file names. */
function siblings(id: string): [file: string, { style: EntryStyle; text: string }][] {
  return generateSiblings(id)
    .filter(([query]) => process.platform !== 'win32' || query === '')
    .flatMap(([query, text]) => STYLES.map((style) => [entryFile(id + query, style), { style, text }]))
}

/** The outermost folder that holds all components of the project and that its tsconfigs include. */
function indexFolder(project: TypesProject, own: readonly Declared[]): string {
  const { base, configs } = project
  const places = own.map(({ id }) => path.join(base, id, '../x.ts'))
  const responsible = configs.filter((config) => places.some((place) => includes(config, place)))
  const all = candidates(project, own)
  const isIn = (folder: string) => (config: Tsconfig) => includes(config, path.join(folder, INDEX_FILE))
  return (
    all.find((folder) => responsible.length > 0 && responsible.every(isIn(folder))) ??
    all.find((folder) => configs.some(isIn(folder))) ??
    base
  )
}

/** Folders from the project's down to the one that all components are in; `src` and `app` where there are none. */
function candidates({ base }: TypesProject, own: readonly Declared[]): string[] {
  const folders = own.map(({ id }) => id.split('/').slice(0, -1))
  const [first = [], ...others] = folders
  const common = first.findIndex((name, at) => others.some((folder) => folder[at] !== name))
  const shared = common === -1 ? first : first.slice(0, common)
  const down = shared.map((_, index) => path.join(base, ...shared.slice(0, index + 1)))
  const usual = ['src', 'app'].map((name) => path.join(base, name)).filter((folder) => existsSync(folder))
  return [...new Set([base, ...down, ...usual])]
}

function relativeTo(folder: string, file: string): string {
  const relative = toSlashes(path.relative(folder, file))
  return relative.startsWith('.') ? relative : `./${relative}`
}

/** The text of a file, where there is one. @throws an error of `node:fs` */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
