/// <reference types="node" />
/** Reads as much of a project's tsconfigs as it takes to know what they include. Leniently: it decides nothing that matters. */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { toSlashes } from './paths.js'

/**
 * The tsconfig.json that is responsible for a folder: its own, or the nearest above it in the same package, as frameworks
 * make one of their folders the root of a build.
 * @returns an absolute path
 */
export function findTsconfig(folder: string): string | undefined {
  const file = path.join(folder, 'tsconfig.json')
  if (existsSync(file)) return file
  const above = path.dirname(folder)
  const isEnd = above === folder || existsSync(path.join(folder, 'package.json'))
  return isEnd ? undefined : findTsconfig(above)
}

/** What a tsconfig says, with what it extends. All paths are absolute. */
export interface Tsconfig {
  file: string
  allowsArbitraryExtensions: boolean
  /** Whether imports are looked up as Node does, which adds no extension. */
  needsExtensions: boolean
  rootDirs: readonly string[]
  files: readonly string[]
  /** Patterns, each with the folder that it counts from; `undefined` where all files are meant. */
  include: readonly Pattern[] | undefined
  exclude: readonly Pattern[]
}

interface Pattern {
  base: string
  glob: string
}

/** A tsconfig, and those that it refers to: a solution has its options in these. */
export function readTsconfigs(file: string): Tsconfig[] {
  const found = new Map<string, Tsconfig>()
  const visit = (config: string) => {
    if (found.has(config)) return
    found.set(config, readTsconfig(config))
    references(config).forEach(visit)
  }
  visit(file)
  return [...found.values()]
}

/** Whether a tsconfig takes in a file of TypeScript's that nothing refers to. @see TypeScript handbook, "tsconfig.json" */
export function includes({ file, files, include, exclude }: Tsconfig, candidate: string): boolean {
  if (files.includes(path.resolve(candidate))) return true
  const everything = files.length > 0 ? [] : [{ base: path.dirname(file), glob: '**/*' }]
  const isIn = (include ?? everything).some((pattern) => matches(pattern, candidate))
  return isIn && !exclude.some((pattern) => matches(pattern, candidate))
}

/** A folder means all that is in it. Wildcards match no name that begins with a dot, and no `node_modules`. */
function matches({ base, glob }: Pattern, candidate: string): boolean {
  const from = path.resolve(base, /^(?:\.\.?(?:\/|$))*/.exec(glob)![0])
  const inside = toSlashes(path.relative(from, candidate)).split('/')
  const wanted = glob.split('/').filter((part) => part !== '.' && part !== '..' && part !== '')
  return inside[0] !== '..' && matchParts(wanted, inside)
}

function matchParts([part, ...others]: readonly string[], names: readonly string[]): boolean {
  const [name, ...inner] = names
  if (part === undefined) return names.every(isVisible)
  if (name === undefined) return false
  if (part === '**') {
    const isAll = others.length === 0 && names.every(isVisible)
    return isAll || matchParts(others, names) || (isVisible(name) && matchParts([part, ...others], inner))
  }
  const isFolder = others.length === 0 && !/[*?.]/.test(part)
  if (!matchName(part, name)) return false
  return inner.length === 0
    ? others.length === 0
    : (isFolder || others.length > 0) && matchParts(others, inner)
}

function isVisible(name: string): boolean {
  return !name.startsWith('.') && !['node_modules', 'bower_components', 'jspm_packages'].includes(name)
}

function matchName(part: string, name: string): boolean {
  if (!/[*?]/.test(part)) return part === name
  const text = part
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^/]*')
    .replaceAll('?', '[^/]')
  return isVisible(name) && new RegExp(`^${text}$`).test(name)
}

function references(file: string): string[] {
  const { references: list } = readConfig(file)
  if (!Array.isArray(list)) return []
  return list.flatMap((item: unknown) => {
    const target = (item as { path?: unknown } | null)?.path
    return typeof target === 'string' ? [configFile(path.resolve(path.dirname(file), target))] : []
  })
}

function configFile(target: string): string {
  return statSync(target, { throwIfNoEntry: false })?.isDirectory()
    ? path.join(target, 'tsconfig.json')
    : target
}

/** The settings that count here, those of a base overridden one by one. */
interface Settings extends Partial<Omit<Tsconfig, 'file' | 'needsExtensions'>> {
  module?: string
  moduleResolution?: string
}

function readTsconfig(file: string): Tsconfig {
  const settings = readSettings(file, { known: new Map(), root: path.dirname(file), depth: 8 })
  return {
    file,
    allowsArbitraryExtensions: settings.allowsArbitraryExtensions ?? false,
    needsExtensions: /^node(?:\d\d|next)$/i.test(resolutionOf(settings)),
    rootDirs: settings.rootDirs ?? [],
    files: settings.files ?? [],
    include: settings.include,
    exclude: settings.exclude ?? [],
  }
}

/** What follows from `module` where nothing is said. `node10`, the old one, adds extensions. */
function resolutionOf({ module = '', moduleResolution = module }: Settings): string {
  return moduleResolution.replace(/^node10$/i, '')
}

interface Reading {
  /** Of files that were read, so that each is read once however often others extend it. */
  known: Map<string, Settings>
  /** The folder of the first tsconfig, which bases call `${configDir}`. */
  root: string
  /** How far `extends` is followed. */
  depth: number
}

function readSettings(file: string, { known, root, depth }: Reading): Settings {
  const before = known.get(file)
  if (before !== undefined) return before
  known.set(file, {}) // for a file that extends itself
  const { compilerOptions, extends: bases, files, include, exclude } = readConfig(file)
  const inherited = (depth === 0 ? [] : [bases].flat()).map((base) =>
    typeof base === 'string' ? readSettings(resolveBase(base, file), { known, root, depth: depth - 1 }) : {},
  )
  const { rootDirs, allowArbitraryExtensions, module, moduleResolution } = Object(compilerOptions) as Record<
    string,
    unknown
  >
  const patterns = (value: unknown) => texts(value)?.map((glob) => patternOf(glob, file, root))
  const paths = (value: unknown) => patterns(value)?.map(({ base, glob }) => path.resolve(base, glob))
  const own: Settings = {
    ...(typeof allowArbitraryExtensions === 'boolean' && {
      allowsArbitraryExtensions: allowArbitraryExtensions,
    }),
    ...given('module', string(module)),
    ...given('moduleResolution', string(moduleResolution)),
    ...given('rootDirs', paths(rootDirs)),
    ...given('files', paths(files)),
    ...given('include', patterns(include)),
    ...given('exclude', patterns(exclude)),
  }
  const settings = Object.assign({}, ...inherited, own) as Settings
  known.set(file, settings)
  return settings
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : undefined
}

function patternOf(glob: string, file: string, root: string): Pattern {
  const inRoot = /^\$\{configDir\}\/?/.exec(glob)
  if (inRoot !== null) return { base: root, glob: glob.slice(inRoot[0].length) || '.' }
  const base = path.dirname(file)
  return { base, glob: path.isAbsolute(glob) ? toSlashes(path.relative(base, glob)) : toSlashes(glob) }
}

function resolveBase(base: string, file: string): string {
  if (/^\.|^\//.test(base) || path.isAbsolute(base)) {
    const target = path.resolve(path.dirname(file), base)
    return existsSync(target) ? configFile(target) : `${target}.json`
  }
  try {
    return createRequire(file).resolve(base)
  } catch {
    return '' // a package that is not there, or not to be found this way: TypeScript says so itself
  }
}

/** What a tsconfig itself says, without what it extends. */
export function readConfig(file: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(plainJson(readFileSync(file, 'utf8')))) as Record<string, unknown>
  } catch {
    return {} // unreadable, or no JSON: TypeScript says so itself
  }
}

/**
 * JSON without comments, trailing commas and byte order mark. Takes time that is linear in the text: a string or comment
 * that does not end goes on to the end of the text, so that no part of it is read again.
 */
export function plainJson(text: string): string {
  const keepStrings = (_: string, kept: string | undefined) => kept ?? ''
  return text
    .replace(/^\uFEFF/, '')
    .replace(/("[^"\\]*(?:\\[^][^"\\]*)*(?:"|\\?$))|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/g, keepStrings)
    .replace(/("[^"\\]*(?:\\[^][^"\\]*)*(?:"|\\?$))|,(?=\s*[}\]])/g, keepStrings)
}
