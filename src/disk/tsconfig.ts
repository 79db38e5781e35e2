/// <reference types="node" />
/** Reads as much of a tsconfig as it takes to say what it lacks. Leniently: it is only advice. */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { toSlashes } from './paths.js'

/** Whether TypeScript is used in a folder. */
export function hasTsconfig(root: string): boolean {
  return existsSync(path.join(root, 'tsconfig.json'))
}

interface CompilerOptions {
  allowArbitraryExtensions?: unknown
  /** Absolute. */
  rootDirs?: string[]
}

/**
 * The lines that a tsconfig needs for the declarations to be found.
 * @param folder where they are, relative to the root; `undefined` when they are beside the components
 * @returns `undefined` when nothing is to be said: there is no tsconfig, or it or one that it refers to has the lines
 */
export function adviseTsconfig(root: string, folder: string | undefined): string | undefined {
  if (!hasTsconfig(root)) return undefined
  const configs = [path.join(root, 'tsconfig.json'), ...references(path.join(root, 'tsconfig.json'))]
  const isEnough = ({ allowArbitraryExtensions, rootDirs = [] }: CompilerOptions) =>
    allowArbitraryExtensions === true &&
    (folder === undefined || rootDirs.some((dir) => rootDirs.includes(mirrorOf(dir, { root, folder }))))
  const known = new Map<string, CompilerOptions>()
  if (configs.some((config) => isEnough(compilerOptions(config, known)))) return undefined
  const lines = [
    '"allowArbitraryExtensions": true,',
    ...(folder === undefined ? [] : [`"rootDirs": [".", ${JSON.stringify(toSlashes(folder))}],`]),
    '"skipLibCheck": true,',
  ]
  return [
    '[signed-wasm] TypeScript finds the types of components with these compilerOptions in tsconfig.json:',
    ...lines.map((line) => `  ${line}`),
  ].join('\n')
}

/** The part of the types folder that stands for a folder: `src` may be one of `rootDirs` as well as the root. */
function mirrorOf(dir: string, { root, folder }: { root: string; folder: string }): string {
  return path.resolve(root, folder, path.relative(root, dir))
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

/**
 * Own options over inherited ones.
 * @param known those of files that were read, so that each is read once however often others extend it
 * @param depth how far `extends` is followed
 */
function compilerOptions(file: string, known: Map<string, CompilerOptions>, depth = 8): CompilerOptions {
  const before = known.get(file)
  if (before !== undefined) return before
  known.set(file, {}) // for a file that extends itself
  const { compilerOptions: own, extends: bases } = readConfig(file)
  const inherited = (depth === 0 ? [] : [bases].flat()).map((base) =>
    typeof base === 'string' ? compilerOptions(resolveBase(base, file), known, depth - 1) : {},
  )
  const { rootDirs, ...rest } = Object(own) as { rootDirs?: unknown }
  const absolute = Array.isArray(rootDirs)
    ? { rootDirs: rootDirs.map((dir) => path.resolve(path.dirname(file), String(dir))) }
    : {}
  const options = Object.assign({}, ...inherited, rest, absolute) as CompilerOptions
  known.set(file, options)
  return options
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

function readConfig(file: string): Record<string, unknown> {
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
  const keepStrings = (_: string, string: string | undefined) => string ?? ''
  return text
    .replace(/^\uFEFF/, '')
    .replace(/("[^"\\]*(?:\\[^][^"\\]*)*(?:"|\\?$))|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/g, keepStrings)
    .replace(/("[^"\\]*(?:\\[^][^"\\]*)*(?:"|\\?$))|,(?=\s*[}\]])/g, keepStrings)
}
