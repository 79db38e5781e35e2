/// <reference types="node" />
/** The file that a project includes for its declarations, kept up to date, and what its tsconfigs lack to see them. */

import path from 'node:path'
import { askCompiler, compileProbe, type Program } from '../../disk/compiler.js'
import { toSlashes } from '../../disk/paths.js'
import { includes, type Tsconfig } from '../../disk/tsconfig.js'
import type { TypesRoot } from './folder.js'
import { generateProbe } from '../types/named.js'
import {
  changedIndex,
  INDEX_FILE,
  type IndexPlan,
  planIndex,
  readText,
  type TypesProject,
  usesRootDirs,
  writeIndex,
} from './index-file.js'
import { lacksOption } from './style.js'

/**
 * Brings the file up to date.
 * @returns the plan that was carried out, where {@link adviseOn} might find something to say
 * @throws Diagnostic `TYPES_FOREIGN`; an error of `node:fs`
 */
export function updateIndex(project: TypesProject): IndexPlan | undefined {
  const plan = planIndex(project)
  const hasChanged = writeIndex(plan, project)
  const isSeen = project.configs.some((config) => includes(config, plan.file))
  return (hasChanged || !isSeen) && plan.texts.get(plan.file) !== undefined ? plan : undefined
}

/** The files that {@link updateIndex} would write or remove, as paths from the project. */
export function staleIndex(project: TypesProject): string[] {
  return changedIndex(planIndex(project)).map((file) => toSlashes(path.relative(project.base, file)))
}

/**
 * What to tell a user whose TypeScript does not see the file. His compiler is asked, rather than guessed what its settings
 * come to.
 */
export async function adviseOn(
  { base, configs }: TypesProject,
  plan: IndexPlan,
): Promise<string | undefined> {
  const answers = await Promise.all(configs.map(({ file }) => askCompiler(file)))
  const asked = configs.flatMap((config, index) => {
    const program = answers[index]
    return program === undefined ? [] : [{ config, program }]
  })
  if (asked.length === 0) return undefined
  const folder = path.dirname(plan.file)
  const isSeen = asked.some(({ program }) => program.files.includes(plan.file))
  const blind = asked.filter(
    ({ program }) => !program.files.includes(plan.file) && hasCodeIn(program, isSeen ? folder : base),
  )
  const lacking = new Set(plan.siblings.map((component) => lacksOption(configs, component)))
  const advice = [
    ...blind.map(({ config }) => linesFor(config, plan.file)),
    ...asked
      .filter(({ config, program }) => lacking.has(config) && isShadowing(program, plan.file))
      .map(({ config }) => optionLines(config)),
    ...(await Promise.all(asked.map((one) => overridden(one, plan)))).flat(),
  ]
  return advice.length === 0 ? undefined : advice.map((lines) => lines(base)).join('\n')
}

/** What of its imports other declarations take, as the compiler shows, and where these stand. */
async function overridden(
  { config, program }: { config: Tsconfig; program: Program },
  { file, declared }: IndexPlan,
): Promise<Lines[]> {
  if (!program.files.includes(file)) return []
  const { text, specifiers } = generateProbe(declared, program.aliases)
  const wrong = specifiers.length === 0 ? undefined : await compileProbe(config.file, program, text)
  const taken = wrong?.has(1) ? specifiers.filter((_, index) => wrong.has(index + 2)) : []
  return taken.length === 0 ? [] : [overrideLines(config, taken, program)]
}

/** Whether its own files are among those that may import a component, and not the settings of a tool alone. */
function hasCodeIn({ files }: Program, folder: string): boolean {
  return files.some(
    (file) =>
      !path.relative(folder, file).startsWith('..') && !/\.d\.\w+$|\.config\.\w+$/.test(path.basename(file)),
  )
}

function isShadowing({ files, allowsArbitraryExtensions }: Program, file: string): boolean {
  return files.includes(file) && !allowsArbitraryExtensions
}

/**
 * What to tell a user whose declarations lie where TypeScript looks for them only with an option.
 * @param component one of those, absolute
 */
export function adviseOnOption({ root, types, configs }: TypesRoot, component: string): string | undefined {
  const isLookedFor =
    types.kind === 'sibling' ||
    (types.kind === 'folder' && usesRootDirs({ folder: path.resolve(root, types.folder), configs }))
  const config = isLookedFor ? lacksOption(configs, component) : undefined
  return config && optionLines(config)(root)
}

type Lines = (base: string) => string

/** `files` adds to what is included, where `include` would replace what a base says. */
function linesFor(config: Tsconfig, file: string): Lines {
  return (base) => {
    const home = path.dirname(config.file)
    const files = [...config.files, file].map((one) => toSlashes(path.relative(home, one)))
    const isDefault = config.include === undefined && config.files.length === 0
    return [
      `[signed-wasm] TypeScript finds the types of components with this in ${shown(config, base)}, which leaves out ${toSlashes(path.relative(base, file))}:`,
      `  "files": ${JSON.stringify(files)}${isDefault ? ',' : ''}`,
      ...(isDefault ? ['  "include": ["**/*"]'] : []),
    ].join('\n')
  }
}

function optionLines(config: Tsconfig): Lines {
  return (base) =>
    [
      `[signed-wasm] TypeScript reads declarations beside components with this in the compilerOptions of ${shown(config, base)}:`,
      '  "allowArbitraryExtensions": true',
    ].join('\n')
}

/** Which of them wins is TypeScript's to know; that they declare such a file is seen in their text. */
function overrideLines(config: Tsconfig, taken: readonly string[], { files }: Program): Lines {
  const others = files.flatMap((file) => {
    const text = path.basename(file) === INDEX_FILE ? '' : (readText(file) ?? '')
    const patterns = [...text.matchAll(/\bdeclare\s+module\s+(["'])([^"'\n]*\*[^"'\n]*)\1/g)].map(
      ([, , one]) => one!,
    )
    return patterns
      .filter((pattern) => taken.some((specifier) => stands(pattern, specifier)))
      .map((pattern) => ({ file, pattern }))
  })
  return (base) => {
    const places = others.map(
      ({ file, pattern }) => `  declare module '${pattern}'  in ${toSlashes(path.relative(base, file))}`,
    )
    return [
      `[signed-wasm] ${taken[0]!} has the types of another declaration in ${shown(config, base)}; it is exact without:`,
      ...(places.length > 0 ? places : ['  the declaration of .wasm files in one of its "types"']),
    ].join('\n')
  }
}

function stands(pattern: string, specifier: string): boolean {
  const [before = '', after = ''] = pattern.split('*')
  return specifier.startsWith(before) && specifier.endsWith(after)
}

function shown({ file }: Tsconfig, base: string): string {
  return toSlashes(path.relative(base, file))
}
