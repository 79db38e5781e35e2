/// <reference types="node" />
/** The versions of this package and of those that it runs. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** As in package.json. */
export function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('unplugin-signed-wasm/package.json') as {
    version: string
  }
  return version
}

/**
 * The version of a package as it is installed, which need not be the one that a manifest asks for.
 * @param path the package's name, behind the names of those through which it is reached from here
 * @throws when it is not installed, or its folder has no package.json
 */
export function installedVersion(...path: readonly string[]): string {
  const entry = path.reduce((from, name) => createRequire(from).resolve(name), import.meta.url)
  return readVersion(dirname(entry), path.at(-1)!)
}

// Upwards, because few packages export their package.json, and some have others without a name below it.
function readVersion(folder: string, name: string): string {
  const manifest = readManifest(join(folder, 'package.json'))
  if (manifest?.name === name && manifest.version !== undefined) return manifest.version
  if (dirname(folder) === folder) throw new Error(`no package.json of ${name}`)
  return readVersion(dirname(folder), name)
}

function readManifest(file: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string }
  } catch {
    return undefined // not there, which is the rule; or damaged, and then the search ends without one
  }
}
