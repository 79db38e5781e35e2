/// <reference types="node" />
/** Where the code is that generated code imports, and what that in turn needs. */

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { toSlashes } from './source.js'

// Through the package's own `exports`, so that sources run by a test name the built files as well.
const DOOR = createRequire(import.meta.url).resolve('unplugin-signed-wasm/runtime')

/** The folder of it, as an absolute path with forward slashes. */
export const RUNTIME: string = toSlashes(join(dirname(DOOR), 'runtime'))

/** The packages that it imports, once a browser without WebCrypto's Ed25519 asks for them. */
export const RUNTIME_PACKAGES = ['@noble/ed25519', '@noble/hashes']

/** Matches the specifiers of their modules. */
export const RUNTIME_PATTERN = /^@noble\/(?:ed25519|hashes)(?:\/|$)/

/** Every folder from which a dev server sends files for it. */
export function runtimeFolders(): string[] {
  return [
    dirname(RUNTIME),
    dirname(findPackage('@noble/ed25519')),
    dirname(findPackage('@noble/hashes/sha2.js')),
  ]
}

/**
 * The file behind a package's name that code of ours imports. Rollup by itself resolves none.
 * @returns `undefined` for everything else
 */
export function resolveForRuntime(specifier: string, importer: string | undefined): string | undefined {
  const isOurs = importer !== undefined && toSlashes(importer).startsWith(`${dirname(RUNTIME)}/`)
  return isOurs && RUNTIME_PATTERN.test(specifier) ? findPackage(specifier) : undefined
}

function findPackage(specifier: string): string {
  return createRequire(DOOR).resolve(specifier)
}
