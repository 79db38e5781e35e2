/**
 * Declarations by a name instead of a path, and the one file that gives them to imports. TypeScript finds no declaration
 * beside or instead of a `.wasm` file without options that many a starter has for itself; what is declared by a pattern it
 * finds in every project, and there only names may stand. Pure.
 */

import { literal } from '../module/names.js'
import { ENTRIES, reexport, TYPES_HEADER, typesTree } from './entries.js'

/** No package can have such a name. */
const SCHEME = 'signed-wasm:'

/** The file of {@link namedDeclarations}, in the folder beside a component's declaration. */
export const NAMED_FILE = 'named.d.ts'

/**
 * All declarations of one component in one text, in which each file of them is a module with a name.
 * @param files as generateTypes gives them
 * @param id path of the component from the project, forward slashes
 */
export function namedDeclarations(files: Readonly<Record<string, string>>, id: string): string {
  const folder = id.slice(0, id.lastIndexOf('/') + 1)
  const libraries = new Set<string>()
  const inTree = Object.entries(files).filter(([file]) => file.includes('/'))
  const modules = inTree.map(([file, text]) => {
    const body = text
      .replace(`${TYPES_HEADER}\n`, '')
      .replace(/^\/\/\/ <reference lib=.*\n/gm, (line) => (libraries.add(line), ''))
      .replace(/^(export )?declare /gm, '$1')
      .replace(SPECIFIER, (_, lead: string, __, target: string) =>
        [lead, literal(SCHEME + folder + resolve(target, file))].join(''),
      )
    return `declare module ${literal(SCHEME + folder + file.replace(/\.d\.ts$/, '.js'))} {\n${body.trimEnd()}\n}\n`
  })
  return [`${TYPES_HEADER}\n`, ...libraries, ...modules].join('')
}

/** What stands in quotes after `from` or in `import()`, when it is a path. */
const SPECIFIER = /(\bfrom |\bimport\()(['"])(\.[^'"\n]+)\2/g

/** How one file names another. @param file it stands in */
function resolve(target: string, file: string): string {
  const parts = file.split('/').slice(0, -1)
  for (const part of target.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}

const QUERIES = Object.keys(ENTRIES) as (keyof typeof ENTRIES)[]

/** A component whose declarations a project has. */
export interface Declared {
  /** Its path from the project, forward slashes. */
  id: string
  /** Whether it is the project's, rather than a package's, so that imports name it by its path. */
  isOwn: boolean
  /** The specifiers that stand for it whatever imports it: those of a package, and a package's own. */
  specifiers: readonly string[]
}

/**
 * How imports of files begin: relative ones, those of the usual aliases, all others. The longer what stands before the star,
 * the sooner a pattern wins, so that `*.wasm` of others, as Vite's own, is behind all but the last.
 * @see TypeScript, `findBestPatternMatch`
 */
const BEGINNINGS = ['.', '@', '~', '#', '$', '']

/**
 * The file that a project includes.
 * @param references paths from that file to the {@link namedDeclarations} of each
 */
export function generateIndex(declared: readonly Declared[], references: readonly string[]): string {
  const endings = new Map(ownEndings(declared))
  const modules = declared.map(({ id, specifiers }) => {
    const ending = endings.get(id)
    const paths = ending === undefined ? [] : BEGINNINGS.map((beginning) => `${beginning}*/${ending}`)
    return QUERIES.flatMap((query) =>
      [...paths, ...specifiers].map(
        (pattern) =>
          `declare module ${literal(withQuery(pattern, query))} { ${contents(id, query).join('; ')} }\n`,
      ),
    )
  })
  const lines = references.map((path) => `/// <reference path=${literal(path)} />\n`)
  // It lies among the project's own files, whose linter has an opinion on references.
  return [
    `${TYPES_HEADER}\n/* eslint-disable */\n`,
    ...lines,
    ...modules.flatMap((one) => ['\n', ...one]),
  ].join('')
}

/** What an import of a component gives. */
function contents(id: string, query: keyof typeof ENTRIES): string[] {
  return reexport(`${SCHEME}${typesTree(id)}/${ENTRIES[query]}.js`)
}

/**
 * A text that has an error in its first line, and in the line of each import for which another declaration than ours stands.
 * @param aliases how imports begin beside `./`
 * @returns also what is imported in each line, from the second on
 */
export function generateProbe(
  declared: readonly Declared[],
  aliases: readonly string[],
): { text: string; specifiers: string[] } {
  const imports = ownEndings(declared).flatMap(([id, ending]) =>
    ending === undefined
      ? []
      : ['./', ...aliases].map((beginning) => ({ id, specifier: beginning + ending })),
  )
  const lines = imports.map(({ id, specifier }, index) => {
    const ours = `typeof import(${literal(`${SCHEME}${typesTree(id)}/${ENTRIES['']}.js`)})`
    return `export const import${index}: Same<typeof import(${literal(specifier)}), ${ours}> = true`
  })
  const same =
    'type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false'
  return {
    text: ['export const control: 1 = 2', ...lines, same, ''].join('\n'),
    specifiers: imports.map(({ specifier }) => specifier),
  }
}

/** A specifier without a star would come before the declarations that a package brings itself. */
function withQuery(pattern: string, query: string): string {
  return pattern.includes('*') ? pattern + query : `${pattern}${query}*`
}

/** Of the project's components the shortest endings of their paths that no other has, whole names of folders. */
function ownEndings(declared: readonly Declared[]): [id: string, ending: string | undefined][] {
  const all = declared.filter(({ isOwn }) => isOwn).map(({ id }) => [id, endingsOf(id)] as const)
  const counts = new Map<string, number>()
  for (const ending of all.flatMap(([, endings]) => endings))
    counts.set(ending, (counts.get(ending) ?? 0) + 1)
  return all.map(([id, endings]) => [id, endings.find((ending) => counts.get(ending) === 1)])
}

/** The project's components that share their names, so that `./hello.wasm` may be any of them. */
export function namesakes(declared: readonly Declared[]): string[] {
  return ownEndings(declared).flatMap(([id, ending]) =>
    ending === undefined || ending.includes('/') ? [id] : [],
  )
}

function endingsOf(path: string): string[] {
  const parts = path.split('/')
  return parts.map((_, index) => parts.slice(-index - 1).join('/'))
}

/** What stands beside one of several components of one name, by query. */
export function generateSiblings(id: string): [query: string, text: string][] {
  return QUERIES.map((query) => [query, `${[TYPES_HEADER, ...contents(id, query)].join('\n')}\n`])
}
