/** The declarations of interfaces, with what jco leaves out. */

import { camelCase, pascalCase, withoutVersion } from '../../format/interface-name.js'
import { layOut, undeclared } from './layout.js'
import { refersTo, restoreNames, type TypesInput, type World } from './world.js'

/** @throws Diagnostic `SEAM_CHANGED` when something in them cannot be read */
export function interfaceFiles(input: TypesInput, world: World): [file: string, text: string][] {
  const files = Object.entries(input.declarations).filter(([file]) => file !== 'component.d.ts')
  return files
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, text]) => {
      const restored = restoreNames(layOut(text), input.renamed)
      const isExported = exportedNames(file, world).length > 0 && !isImported(file, world)
      const own = isExported ? exportedInterface(restored, exportedNames(file, world), input) : restored
      // TypeScript wants one of the two words before everything at the left margin.
      const declared = own.replace(/^function /gm, 'declare function ')
      const libraries = own.includes(' implements Disposable {') ? DISPOSABLE : ''
      // Without any export it would be no module.
      return [file, `${libraries}${declared.trimEnd()}\nexport {}`]
    })
}

const DISPOSABLE = '/// <reference lib="esnext.disposable" />\n'

function exportedNames(file: string, { exports, interfaces }: World): string[] {
  return [...exports].flatMap(([key, text]) => (refersTo(file, text, interfaces) ? [key] : []))
}

function isImported(file: string, { imports, interfaces }: World): boolean {
  return [...imports.values()].some((text) => refersTo(file, text, interfaces))
}

/** What jco leaves out: resources can be disposed of, and what `asyncExports` names returns promises. */
function exportedInterface(text: string, names: readonly string[], { asyncExports }: TypesInput): string {
  const members = asyncExports.flatMap((wanted) => {
    const [owner = '', member] = wanted.split('#')
    return member !== undefined && isNameOf(owner, names) ? [member] : []
  })
  const functions = new Set(members.map(camelCase))
  for (const [start, whole] of [
    [/^(?:export )?function /gm, FUNCTION],
    [/^export class /gm, CLASS],
  ] as const)
    if (countMatches(text, start) !== countMatches(text, whole))
      throw undeclared(`interface ${names.join(', ')}`)
  const withFunctions = promise(text, FUNCTION, functions)
  return withFunctions.replace(CLASS, (_, resource: string, jcos: string) => {
    const body = jcos.replace(DISPOSE, '')
    const methods = members.flatMap((member) => {
      const [, owner = '', method] = /^\[method\](.+)\.(.+)$/.exec(member) ?? []
      return method !== undefined && pascalCase(owner) === resource ? [camelCase(method)] : []
    })
    if (!MEMBERS.test(body)) throw undeclared(`class ${resource}`)
    const own = promise(body, METHOD, new Set(methods))
    return `export class ${resource} implements Disposable {\n${own}${DISPOSE}}`
  })
}

/**
 * Start, name, type returned. A name that JavaScript reserves has another until it is exported.
 * @see jco-transpile 0.15.0, ts_bindgen.rs, `ts_func`
 */
const FUNCTION = /^((?:export function |function _)(\w+)\(.*\)): (.*);$/gm

/** The same, of a class. jco makes no code that could be read where `asyncExports` names a static one. */
const METHOD = /^( {2}'?(\w+)'?\(.*\)): (.*);$/gm

/** Name, members. @see jco-transpile 0.15.0, ts_bindgen.rs, `finish` */
const CLASS = /^export class (\S+)(?: implements Disposable)? \{\n([\s\S]*?)^\}$/gm

/** What jco itself declares for resources without functions only. */
const DISPOSE = '  [Symbol.dispose](): void;\n'

/** Constructor, methods and static functions, with documentation. @see jco-transpile 0.15.0, ts_bindgen.rs, `ts_func` */
const MEMBERS =
  /^(?: {2}\/\*\*\n(?: {2} ?\*.*\n)*? {2} ?\*\/\n| {2}(?:(?:private )?constructor\(.*\);?|(?:static )?(?:\w+|'\w+')\(.*\): .+;)\n)*$/

const countMatches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length

/** By its full name, with or without version, as jco takes it; the short name is ours to read only. */
function isNameOf(owner: string, names: readonly string[]): boolean {
  const full = names.filter((name) => name.includes(':'))
  if (full.length === 0) return names.includes(camelCase(owner))
  return full.some((name) => owner === name || owner === withoutVersion(name))
}

/** Makes the named functions return promises. @param pattern start, name, type returned */
function promise(text: string, pattern: RegExp, names: ReadonlySet<string>): string {
  return text.replace(pattern, (line, start: string, name: string, type: string) =>
    names.has(name) && !type.startsWith('Promise<') ? `${start}: Promise<${type}>;` : line,
  )
}
