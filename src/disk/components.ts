/// <reference types="node" />
/** Which files of a project and of its packages are components, for bundlers that have to be told before they look. */

import { basename } from 'node:path'
import { wildcard } from './manifest.js'
import { packageOf } from './owner.js'
import { filesOfPackages, readText, wasmSpecifiers } from './packages.js'
import { realPath } from './paths.js'
import { sniffLayer } from './read-file.js'
import { walk } from './walk.js'

/**
 * The components that scripts may import as modules: those of the project, and those of packages that it depends on, but for
 * the ones that a package only takes the address of. Never throws.
 * @param skip names of folders of the project that are passed over
 * @returns real paths, sorted
 */
export function findComponents(root: string, skip: readonly string[]): string[] {
  const own = [...walk(root, { skip: ['node_modules', '.git', ...skip] })]
  const files = [...own, ...filesOfPackages(root)].filter(
    (file) => /\.wasm$/i.test(file) && sniffLayer(file) === 'component',
  )
  const real = new Set(files.flatMap((file) => realPath(file) ?? []))
  return [...real].filter((file) => !isReferredTo(file)).toSorted()
}

/** Whether a file belongs to a package that takes its address, and imports nothing of its name. @param file a real path */
export function isReferredTo(file: string): boolean {
  const owner = packageOf(file)
  if (owner === undefined) return false
  const folder = file.slice(0, -owner.path.length - 1)
  const scripts = [...walk(folder, { skip: ['node_modules'] })]
    .filter((one) => /\.[cm]?js$/.test(one))
    .map(readText)
  const isNamed = (path: string) => wildcard(basename(path), basename(file)) !== undefined
  return scripts.flatMap(addressesIn).some(isNamed) && !scripts.flatMap(wasmSpecifiers).some(isNamed)
}

/** What a script takes the address of. Takes time that is linear in the text. */
function addressesIn(script: string): string[] {
  return [...script.matchAll(ADDRESS)].map(([, address]) => address!.replace(/[?#].*$/s, ''))
}

/** With the comment that webpack leaves there. */
const ADDRESS = /\bnew URL\(\s*(?:\/\*[^*]*\*\/\s*)?["'`]([^"'`\n]+)["'`]/g
