/** The declarations of interfaces, with what jco leaves out. */

import { camelCase, pascalCase, withoutVersion } from '../../format/interface-name.js'
import { keysByFile, restoreNames, type TypesInput, type World } from './world.js'

export function interfaceFiles(input: TypesInput, world: World): [file: string, text: string][] {
  const files = Object.entries(input.declarations).filter(([file]) => file !== 'component.d.ts')
  const exported = keysByFile(world.exports, world.interfaces)
  const imported = keysByFile(world.imports, world.interfaces)
  return files
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, text]) => {
      const restored = restoreNames(text, input.renamed)
      const names = imported.has(file) ? undefined : exported.get(file)
      const own = names ? exportedInterface(restored, names, input) : restored
      // Without any export it would be no module.
      return [file, `${own.trimEnd()}\nexport {}`]
    })
}

/** What jco leaves out: resources can be disposed of, and what `asyncExports` names returns promises. */
function exportedInterface(text: string, names: readonly string[], { asyncExports }: TypesInput): string {
  const members = asyncExports.flatMap((wanted) => {
    const [owner = '', member] = wanted.split('#')
    return member !== undefined && isNameOf(owner, names) ? [member] : []
  })
  const functions = new Set(members.map(camelCase))
  const withFunctions = promise(text, 'export function ', functions)
  const withClasses = withFunctions.replace(
    // A body ends where the next class begins at the latest, so that no line is read twice.
    /^export class (\S+) \{\n((?:(?!\}$|export class ).*\n)*)\}$/gm,
    (_, resource: string, body: string) => {
      const methods = members.flatMap((member) => {
        const [, owner = '', method] = /^\[method\](.+)\.(.+)$/.exec(member) ?? []
        return method !== undefined && pascalCase(owner) === resource ? [camelCase(method)] : []
      })
      const own = promise(body, '  ', new Set(methods))
      return `export class ${resource} implements Disposable {\n${own}  [Symbol.dispose](): void;\n}`
    },
  )
  const hasClasses = withClasses !== withFunctions
  return hasClasses ? `/// <reference lib="esnext.disposable" />\n${withClasses}` : withClasses
}

/** By its full name, with or without version, as jco takes it; the short name is ours to read only. */
function isNameOf(owner: string, names: readonly string[]): boolean {
  const full = names.filter((name) => name.includes(':'))
  if (full.length === 0) return names.includes(camelCase(owner))
  return full.some((name) => owner === name || owner === withoutVersion(name))
}

/** Makes the named functions return promises. @param before what stands before the name in the line of a function */
function promise(text: string, before: string, names: ReadonlySet<string>): string {
  if (names.size === 0) return text
  const change = (line: string) => {
    const name = line.slice(before.length, line.indexOf('('))
    const end = line.lastIndexOf('): ') + 1
    if (!line.startsWith(before) || !line.endsWith(';') || end === 0 || !names.has(name)) return line
    const type = line.slice(end + 2, -1)
    return type.startsWith('Promise<') ? line : `${line.slice(0, end)}: Promise<${type}>;`
  }
  return text.split('\n').map(change).join('\n')
}
