/// <reference types="node" />
/** Where installed packages are from: a registry, whose bytes the package manager's own lock holds, or anywhere else. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Tells where files are from. What cannot be told is not from a registry. */
export class Origins {
  /** By the folder that has `node_modules`: what npm says of each package in it. */
  readonly #installed = new Map<string, Readonly<Record<string, unknown>>>()

  /** @param file real path, forward slashes */
  of(file: string): 'project' | 'registry' {
    const start = file.indexOf('/node_modules/')
    if (start === -1) return 'project'
    return (isOfPnpm(file) ?? this.#isOfNpm(file, file.slice(0, start))) ? 'registry' : 'project'
  }

  /** @see npm documentation, "package-lock.json", hidden lockfiles; patch-package, which patches in place */
  #isOfNpm(file: string, root: string): boolean {
    const [, folder, name] = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(file) ?? []
    if (folder === undefined || name === undefined) return false
    const entry = this.#read(root)[folder.slice(root.length + 1)] as
      | { resolved?: unknown; integrity?: unknown }
      | undefined
    const isFetched = typeof entry?.resolved === 'string' && /^https?:/.test(entry.resolved)
    return isFetched && typeof entry.integrity === 'string' && !isPatched(name, root)
  }

  #read(root: string): Readonly<Record<string, unknown>> {
    const known = this.#installed.get(root)
    if (known !== undefined) return known
    let packages: Readonly<Record<string, unknown>> = {}
    try {
      const lock = JSON.parse(readFileSync(path.join(root, 'node_modules/.package-lock.json'), 'utf8')) as {
        packages?: Readonly<Record<string, unknown>>
      }
      packages = lock.packages ?? {}
    } catch {
      // Another package manager: nothing is known.
    }
    this.#installed.set(root, packages)
    return packages
  }
}

/** Whether a package in pnpm's store is from a registry; `undefined` elsewhere. @see pnpm, "Symlinked node_modules structure" */
function isOfPnpm(file: string): boolean | undefined {
  // The first on the path: what a package brings along was put there by its author.
  const [, stored] =
    /^\/node_modules\/\.pnpm\/([^/]+)\/node_modules\//.exec(file.slice(file.indexOf('/node_modules/'))) ?? []
  if (stored === undefined) return undefined
  return /^(?:@[^+@]+\+)?[^@]+@\d/.test(stored) && !stored.includes('patch_hash')
}

function isPatched(name: string, root: string): boolean {
  const folder = path.join(root, 'patches')
  return (
    existsSync(folder) && readdirSync(folder).some((file) => file.startsWith(`${name.replace('/', '+')}+`))
  )
}
