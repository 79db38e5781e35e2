/// <reference types="node" />
/** What an output leaves to whatever runs it: engines import core modules by themselves, and nobody would verify them. */

import { isBuiltin } from 'node:module'
import { dirname, resolve } from 'node:path'
import { packageOf } from '../disk/owner.js'
import { type Bare, parseBare, wasmOf, wasmOfImport } from '../disk/packages.js'
import { realPath, toSlashes } from '../disk/paths.js'
import { problem } from '../errors/raise.js'
import type { BuildLog } from './contexts.js'
import type { Gate } from './gate.js'

/** An import that stays in the output. */
export interface ExternalImport {
  /** As it was written, or the absolute path that the bundler made of it. */
  specifier: string
  /** The module that it stands in: its path, where the bundler tells. */
  importer?: string | undefined
}

/**
 * Judges the imports that stay.
 *
 * What the project's own code imports is refused: it would be verified if the bundler had it. Packages are as trusted as their
 * JavaScript, so that the core modules which they import are noted: those of one that is left to Node, and of all it depends on.
 * @throws Diagnostic `WASM_EXTERNAL`, and those of {@link Gate.admit} for components
 */
export function judgeExternals(imports: Iterable<ExternalImport>, gate: Gate, log: BuildLog): void {
  const packages = new Map<string, string>()
  const folders = new Map<string | undefined, string>([[undefined, gate.project.root]])
  const known = new Set<string>()
  for (const { specifier, importer } of imports) {
    const from = folders.get(importer) ?? dirname(realPath(importer!) ?? importer!)
    folders.set(importer, from)
    // In one folder a specifier means one thing, and finding out means reading manifests.
    if (known.has(`${from}\0${specifier}`)) continue
    known.add(`${from}\0${specifier}`)
    const bare = isBuiltin(specifier) ? undefined : parseBare(specifier)
    const target = targetOf(specifier, bare, from)
    if (target !== undefined) judgeExternal(target, importer, { gate, log })
    else if (bare !== undefined) packages.set(bare.name, from)
  }
  for (const [name, from] of packages)
    for (const file of gate.packageWasm.importedBy(name, from)) gate.admit(file, contextOf(log))
}

const contextOf = ({ warn }: BuildLog) => ({ watch: () => {}, warn })

/** The `.wasm` file that an import names: a path, or the address of what lies on a server. */
function targetOf(specifier: string, bare: Bare | undefined, from: string): string | undefined {
  // No path: its plugin puts one in its place, to a file of the output, where that is judged. @see Rollup, "Conventions"
  if (specifier.startsWith('\0')) return undefined
  if (specifier.startsWith('#')) return ownNameOf(specifier.replace(/\?.*$/s, ''), from)
  const path = specifier.replace(/[?#].*$/s, '')
  if (bare !== undefined) return wasmOf({ ...bare, subpath: bare.subpath.replace(/[?#].*$/s, '') }, from)
  if (!/\.wasm$/i.test(path)) return undefined
  return isAddress(path) ? path : resolve(from, path)
}

/** The file behind a name of the package's own, or, where its pattern does not tell, the name. */
function ownNameOf(name: string, from: string): string | undefined {
  return wasmOfImport(name, from) ?? (/\.wasm$/i.test(name) ? resolve(from, name) : undefined)
}

const isAddress = (specifier: string) => /^[a-z][a-z\d+.-]+:/i.test(specifier)

function judgeExternal(
  target: string,
  importer: string | undefined,
  { gate, log }: { gate: Gate; log: BuildLog },
): void {
  const { project, policy } = gate
  if (!project.covers(target)) return
  const script = importer && (realPath(importer) ?? toSlashes(importer))
  if (script && packageOf(script) !== undefined) return void gate.admit(target, contextOf(log))
  const error = problem('WASM_EXTERNAL', {
    file: isAddress(target) ? target : project.display(target),
    importer: script && project.display(script),
  })
  if (policy.mode === 'strict') throw error
  log.warn(error.message)
}
