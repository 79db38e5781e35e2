/// <reference types="node" />
/** What the package.json of a folder says that matters here. */

import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { realPath } from './paths.js'

/** What a name stands for; each may hold a `*`. @see Node.js documentation, "Subpath patterns" */
export interface Mapping {
  name: string
  target: string
}

export interface Manifest {
  dependencies: readonly string[]
  /** Whether there may be ES modules in it, without which there is no import of a `.wasm`. */
  hasModules: boolean
  name: string | undefined
  /** Whether packages below it belong to it. */
  isWorkspace: boolean
  /** Names that it gives to `.wasm` files. */
  allNames: readonly Mapping[]
  /** Those of them that hide what they stand for. */
  names: readonly Mapping[]
}

/** The real path of a name in a folder or the nearest one above it; of its folder, for a file. */
export function findUp(folder: string, name: string): string | undefined {
  const stats = statSync(join(folder, name), { throwIfNoEntry: false })
  if (stats !== undefined) return realPath(stats.isDirectory() ? join(folder, name) : folder)
  const above = dirname(folder)
  return above === folder ? undefined : findUp(above, name)
}

/** Never throws: what cannot be read says nothing. */
export function readManifest(folder: string, { isProject = false } = {}): Manifest {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>
    const kinds = ['dependencies', 'optionalDependencies', 'peerDependencies']
    const allNames = ['exports', 'imports'].flatMap((map) => namesOfWasm(manifest[map]))
    return {
      name: nameIn(manifest),
      isWorkspace: manifest['workspaces'] !== undefined,
      dependencies: [...kinds, ...(isProject ? ['devDependencies'] : [])]
        .flatMap((kind) => Object.keys(manifest[kind] ?? {}))
        .filter((name) => PACKAGE_NAME.test(name)),
      hasModules: manifest['type'] === 'module' || 'exports' in manifest || 'module' in manifest,
      allNames,
      names: allNames.filter((mapping) => !/\.wasm$/i.test(mapping.name)),
    }
  } catch {
    // Whoever imports the package reports what is wrong with it.
    return {
      name: undefined,
      isWorkspace: false,
      dependencies: [],
      hasModules: false,
      allNames: [],
      names: [],
    }
  }
}

function nameIn({ name }: Record<string, unknown>): string | undefined {
  return typeof name === 'string' && PACKAGE_NAME.test(name) ? name : undefined
}

/** What a map of names says of `.wasm` files, under any condition. @param map one name for all, or names that begin with `.` or `#` */
function namesOfWasm(map: unknown): Mapping[] {
  const isList = typeof map === 'object' && map !== null && Object.keys(map).some((key) => /^[.#]/.test(key))
  return Object.entries(isList ? map : { '.': map }).flatMap(([name, targets]) => {
    const found = JSON.stringify(targets ?? '').matchAll(/"([^"\\]*\.wasm)"/gi)
    return [...found].map(([, target]) => ({ name, target: target! }))
  })
}

/** What stands for the `*` of a pattern in a text; nothing, where it has none. `undefined` where they do not match. */
export function wildcard(pattern: string, text: string): string | undefined {
  const [start, end] = pattern.split('*', 2) as [string, string | undefined]
  if (end === undefined) return pattern === text ? '' : undefined
  const isMatch = text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end)
  return isMatch ? text.slice(start.length, text.length - end.length) : undefined
}

/** No path, and no glob, as which bundlers read these names. @see https://github.com/npm/validate-npm-package-name */
export const PACKAGE_NAME = /^(?:@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*$/
