/**
 * jco's first-level declaration, taken apart.
 *
 * It describes jco's own `instantiate`. What is taken from it: the types of the world, the interface `Root` (the exports)
 * and the interface `ImportObject`, entry by entry.
 * @see jco-transpile 0.15.0, instantiation mode `async`
 */

import { problem } from '../../errors/raise.js'
import { parseFullName, pascalCase } from '../../format/interface-name.js'
import { layOut, undeclared } from './layout.js'

/** What {@link generateTypes} works with. */
export interface TypesInput {
  /** The base name of the file, such as `hello.wasm`. */
  name: string
  /** jco's declarations by file name, the first-level one being `component.d.ts`. */
  declarations: Readonly<Record<string, string>>
  /** Names that declarations were made with, for names of the component: see {@link planDeclarations}. */
  renamed: ReadonlyMap<string, string>
  /** Names of imports that the bindings read, with versions. */
  imports: readonly string[]
  /** JavaScript names of the exports. */
  exports: readonly string[]
  /** See {@link Transpiled.hasUtil}. */
  hasUtil: boolean
  /** Imports that need not be passed to `instantiate`, because a host is bound to them. */
  provided: ReadonlySet<string>
  /** Functions that return promises, as in the jco option of that name. */
  asyncExports: readonly string[]
}

/** jco's first-level declaration, taken apart. */
export interface World {
  /** The types that functions of the world itself use, and the imports of interfaces. */
  head: string
  imports: ReadonlyMap<string, string>
  exports: ReadonlyMap<string, string>
  /** Specifiers of interface files by the local name they have here. */
  interfaces: ReadonlyMap<string, string>
  /** See {@link TypesInput}. */
  hasUtil: boolean
}

/**
 * Takes jco's first-level declaration apart.
 * @throws Diagnostic `SEAM_CHANGED` when a line of it is not as expected, or something is not declared that the
 *   bindings have: declarations that say less than they could would be believed
 */
export function readWorld({ declarations, renamed, imports, exports, hasUtil }: TypesInput): World {
  const text = restoreNames(layOut(declarations['component.d.ts'] ?? ''), renamed)
  const { head, importObject, root, aliases } = divide(text)
  const world = {
    head: `${head}${aliases}`.trimEnd(),
    imports: new Map(readEntries(importObject)),
    exports: chooseAliases(readEntries(root).filter(([key]) => exports.includes(key))),
    interfaces: readInterfaces(head),
    hasUtil,
  }
  for (const name of exports) if (!world.exports.has(name)) throw undeclared(`export ${name}`)
  for (const { name } of imports.map(parseFullName))
    if (!world.imports.has(name) && !declaresResource(name, world)) throw undeclared(`import ${name}`)
  for (const entry of [...world.imports.values(), ...world.exports.values()]) {
    const type = referredInterface(entry)
    if (type !== undefined && !world.interfaces.has(type)) throw undeclared(`interface ${type}`)
  }
  for (const [type, specifier] of world.interfaces)
    if (declarations[specifier.replace(/\.js$/, '.d.ts')] === undefined) throw undeclared(`interface ${type}`)
  return world
}

/** What stands between the lines that every first-level declaration has, and what jco adds after them when it is needed. */
const PARTS =
  /^(?<head>[^]*?)^export interface ImportObject \{\n(?<importObject>[^]*?)^\}\nexport interface Root \{\n(?<root>[^]*?)^\}\n(?<aliases>(?:export type (?:Option|Result)<.*;\n)*)\n\/\*\*\n(?:\*.*\n)+\*\/\nexport function instantiate\(\n/m

function divide(text: string) {
  for (const seam of ['export interface ImportObject {', 'export interface Root {']) {
    const matches = text.split('\n').filter((line) => line === seam).length
    if (matches !== 1) throw problem('SEAM_CHANGED', { seam: `line "${seam}"`, matches })
  }
  const parts = PARTS.exec(text)?.groups as
    | Record<'head' | 'importObject' | 'root' | 'aliases', string>
    | undefined
  if (parts === undefined) throw undeclared('function instantiate')
  return parts
}

/**
 * A member of an interface with its documentation: a function, an interface, or a host of one function (in braces).
 * @see jco, ts_bindgen.rs, `ts_func` and `import_funcs`
 */
const ENTRY =
  /(?: {2}\/\*\*\n(?: {2}\*.*\n)* {2}\*\/\n)? {2}(?:'(?<quoted>[^'\n]+)'|(?<plain>[\w$]+))(?:\(.*\): .+,\n|: typeof [\w$]+,\n|: \{\n(?:(?: {4}.*)?\n)* {2}\},\n)/y

/** The members of an interface, by their name. */
function readEntries(block: string): [key: string, text: string][] {
  const entries: [string, string][] = []
  let at = 0
  while (at < block.length) {
    ENTRY.lastIndex = at
    const match = ENTRY.exec(block)
    if (match === null) throw undeclared(`member after ${entries.at(-1)?.[0] ?? 'the first line'}`)
    entries.push([(match.groups!['quoted'] ?? match.groups!['plain'])!, match[0]])
    at = ENTRY.lastIndex
  }
  return entries
}

function readInterfaces(head: string): Map<string, string> {
  return new Map(
    [...head.matchAll(/^import type \* as (\S+) from '\.\/(.+)'; \/\/ .*$/gm)].map((match) => [
      match[1]!,
      match[2]!,
    ]),
  )
}

/** Whether an import is a resource of the world itself: it has a class, and no entry that could be read. */
export function declaresResource(name: string, { head }: Pick<World, 'head'>): boolean {
  return new RegExp(`^export class ${pascalCase(name)} \\{$`, 'm').test(head)
}

/**
 * One entry for each name. `greeter` stands for an exported interface `docs:hello/greeter@0.1.0`, and for the
 * first by name where several would have it; a function of that name comes before all.
 * @see js-component-bindgen, `populate_export_aliases`
 */
function chooseAliases(entries: readonly [key: string, text: string][]): Map<string, string> {
  const fullNames = new Map(
    entries.flatMap(([key, text]) => {
      const type = referredInterface(text)
      return key.includes(':') && type ? [[type, key] as const] : []
    }),
  )
  const rank = (text: string) => fullNames.get(referredInterface(text) ?? '') ?? ''
  const chosen = new Map<string, string>()
  for (const [key, text] of entries) {
    const known = chosen.get(key)
    if (known === undefined || rank(text) < rank(known)) chosen.set(key, text)
  }
  return chosen
}

export function referredInterface(entry: string): string | undefined {
  return /: typeof (\S+),\n$/.exec(entry)?.[1]
}

export function restoreNames(text: string, renamed: ReadonlyMap<string, string>): string {
  return [...renamed].reduce((result, [alias, name]) => result.replaceAll(alias, name), text)
}

export function refersTo(file: string, entry: string, interfaces: World['interfaces']): boolean {
  return interfaces.get(referredInterface(entry) ?? '') === file.replace(/\.d\.ts$/, '.js')
}
