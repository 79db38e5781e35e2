/** The part of a generated module that has its core modules compiled by whoever runs it. Pure. */

import type MagicString from 'magic-string'
import { type Core, coresIn, locateCores } from './cores.js'
import type { ModuleInput } from './input.js'
import { literal, local } from './names.js'

/**
 * All core modules that the code of a component needs: those it asks for, and those that jco's code compiles by itself.
 * @throws Diagnostic, as {@link coresIn}
 */
export function neededCores({ transpiled, admitted }: Pick<ModuleInput, 'transpiled' | 'admitted'>): Core[] {
  return [...locateCores(transpiled.cores, admitted), ...coresIn(transpiled.js)]
}

/** JavaScript for the core modules that are asked for. */
export function handOver(cores: readonly Core[]): string {
  const entries = cores.map(({ name }, index) => `[${literal(name)}, ${coreLocal(index)}]`)
  return `Promise.resolve(new Map([${entries.join(', ')}]))`
}

/**
 * Imports what is handed over, and puts it into jco's code in the place of what that compiles.
 * @returns the import lines
 */
export function generateCoreImports(code: MagicString, input: ModuleInput): string[] {
  const { source } = input
  if (source.kind !== 'imports') return []
  return neededCores(input).map(({ name, place }, index) => {
    if (place !== undefined) code.overwrite(place.start, place.end, coreLocal(index))
    return `import ${coreLocal(index)} from ${literal(source.specifiers.get(name))};`
  })
}

const coreLocal = (index: number) => local(`core${index}`)
