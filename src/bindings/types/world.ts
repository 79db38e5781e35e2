/**
 * jco's first-level declaration, taken apart.
 *
 * It describes jco's own `instantiate`. What is taken from it: the types of the world, the interface `Root` (the exports)
 * and the interface `ImportObject`, entry by entry.
 * @see jco-transpile 0.15.0, instantiation mode `async`
 */

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
  /** Names of the classes in the head. */
  classes: ReadonlySet<string>
}

export function readWorld({ declarations, renamed, exports }: TypesInput): World {
  const text = restoreNames(declarations['component.d.ts'] ?? '', renamed)
  const [head = '', rest = ''] = splitAt(text, /^export interface ImportObject \{\n/m)
  const [imports = '', afterImports = ''] = splitAt(rest, /^\}\nexport interface Root \{\n/m)
  const [root = ''] = splitAt(afterImports, /^\}$/m)
  const wanted = new Set(exports)
  const entries = readEntries(root).filter(([key]) => wanted.has(key))
  return {
    head: head.trimEnd(),
    imports: new Map(readEntries(imports)),
    exports: chooseAliases(entries),
    interfaces: new Map(
      [...head.matchAll(/^import type \* as (\S+) from '\.\/(.+)'; \/\/ .*$/gm)].map((match) => [
        match[1]!,
        match[2]!,
      ]),
    ),
    classes: new Set([...head.matchAll(/^export class ([\w$]+)/gm)].map(([, name]) => name!)),
  }
}

function splitAt(text: string, pattern: RegExp): string[] {
  const match = pattern.exec(text)
  return match === null ? [text] : [text.slice(0, match.index), text.slice(match.index + match[0].length)]
}

/** The members of an interface, comments and nested blocks included, by their name. */
function readEntries(block: string): [key: string, text: string][] {
  const entries: [string, string][] = []
  let pending = ''
  for (const line of block.split('\n')) {
    const key = /^ {2}(?:'([^']+)'|([\w$]+))[:(]/.exec(line)
    if (key !== null) {
      entries.push([(key[1] ?? key[2])!, `${pending}${line}\n`])
      pending = ''
    } else if (/^ {2}(?:\/\*\*| ?\*)/.test(line)) pending += `${line}\n`
    else if (entries.length > 0 && line.trim() !== '') entries.at(-1)![1] += `${line}\n`
  }
  return entries
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

/** Puts names back for the aliases that stand for them, whole ones, in one pass. */
export function restoreNames(text: string, renamed: ReadonlyMap<string, string>): string {
  if (renamed.size === 0) return text
  return text.replace(/[\w:/-]+/g, (word) => renamed.get(word) ?? word)
}

/** The keys of entries by the file that describes them. */
export function keysByFile(
  entries: ReadonlyMap<string, string>,
  interfaces: World['interfaces'],
): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>()
  for (const [key, text] of entries) {
    const file = interfaces.get(referredInterface(text) ?? '')?.replace(/\.js$/, '.d.ts')
    if (file === undefined) continue
    const known = keys.get(file)
    if (known === undefined) keys.set(file, [key])
    else known.push(key)
  }
  return keys
}
