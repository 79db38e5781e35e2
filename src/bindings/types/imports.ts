/** The declaration of what a component imports and exports. */

import { hostNames, parseFullName, pascalCase } from '../../format/interface-name.js'
import { literal } from '../module/names.js'
import type { TypesInput, World } from './world.js'

export function worldFile({ imports, provided, hasUtil }: TypesInput, world: World): string {
  const needed = imports.filter((name) => !provided.has(name))
  return [
    world.head,
    ...(hasUtil ? UTIL : []),
    '',
    '/** What the component exports. */',
    'export interface $Exports {',
    ...[...world.exports.values()].map((entry) => entry.trimEnd()),
    '}',
    '',
    '/** What the component imports, by name, with or without its version. */',
    `export type $Imports = ${importsType(imports, { world, needed })}`,
    '',
    'export interface $InstantiateOptions {',
    '  /** Makes an instance of one core module. */',
    '  instantiateCore?: (coreModule: WebAssembly.Module, imports?: WebAssembly.Imports) => WebAssembly.Instance | Promise<WebAssembly.Instance>',
    '}',
    '',
    '/** Makes an instance of the component. */',
    `export type $Instantiate = (imports${needed.length === 0 ? '?' : ''}: $Imports, options?: $InstantiateOptions) => Promise<$Exports>`,
  ].join('\n')
}

/** @see jco, transpile_bindgen.rs, `write_util_export` */
const UTIL = [
  '',
  '/** What jco offers to hosts of a component with futures. */',
  'export interface $Util {',
  '  /** Holds one future in another, where a promise would take the value out: `new Future(new Future(1))`. */',
  '  readonly Future: new <T>(value: T) => PromiseLike<T>',
  '}',
]

/** With one of two to three names for each of so many imports, a union would have up to 3^n members. */
const MAX_CHOICES = 6

function importsType(
  names: readonly string[],
  { world, needed }: { world: World; needed: readonly string[] },
): string {
  if (names.length === 0) return 'Record<string, never>' // `{}` would be any number as well
  const choices = needed.filter((name) => hostNames(name).length > 1).slice(0, MAX_CHOICES)
  const single = new Set(needed.filter((name) => hostNames(name).length === 1))
  const types = new Map<string, string[]>()
  for (const name of names) {
    for (const key of hostNames(name)) types.set(key, [...(types.get(key) ?? []), importType(name, world)])
  }
  const comments = new Map(names.map((name) => [hostNames(name)[0], comment(name)]))
  const lines = [...types].map(([key, all]) => {
    const type = [...new Set(all)].join(' & ')
    const member = single.has(key) ? `${literal(key)}: ${type}` : `${literal(key)}?: ${type} | undefined`
    return `${comments.get(key) ?? ''}  ${member}\n`
  })
  const either = choices.map(
    (name) =>
      ` & (${hostNames(name)
        .map((key) => `{ ${literal(key)}: {} }`)
        .join(' | ')})`,
  )
  return `{\n${lines.join('')}}${either.join('')}`
}

/** What a label stands for. Both were screened before: see safe-names.ts. */
function comment(full: string): string {
  const { implements: implemented } = parseFullName(full)
  return implemented === undefined
    ? ''
    : `  /** Implements \`${implemented}\`; may be passed by that name as well. */\n`
}

/** @see readWorld, which makes sure of one of the two */
function importType(full: string, { imports }: World): string {
  const { name } = parseFullName(full)
  const entry = imports.get(name)
  return (
    entry?.slice(entry.indexOf(': ') + 2).replace(/,\n$/, '') ?? `{ default: typeof ${pascalCase(name)} }`
  )
}
