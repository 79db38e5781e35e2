/// <reference types="node" />
/** Components in the declarations of a library: imports by those that Rolldown bundles as modules, and whether some are made. */

import type { Pipeline } from '../pipeline.js'
import { parseWasmId } from '../request.js'

type Resolved = { id: string; external?: boolean | 'absolute' | 'relative' }

/** What is needed of a context while an id is resolved. */
export interface DeclarationContext {
  addWatchFile(file: string): void
  warn(message: string): void
  resolve(source: string, importer: string, options: { skipSelf: boolean }): Promise<Resolved | null>
}

/** Whether a module is a declaration. */
export function isDeclaration(id: string | undefined): id is string {
  return id !== undefined && /\.d\.[cm]?ts$/.test(id)
}

/**
 * The declaration of a component, as a file.
 * @returns `undefined` for what is not ours; external where there is to be no declaration, so that the import stays
 * @throws Diagnostic when the component is refused
 */
export async function resolveDeclaration(
  context: DeclarationContext,
  { source, importer, pipeline }: { source: string; importer: string; pipeline: Pipeline },
): Promise<Resolved | undefined> {
  const [, name, query = ''] = /^([^?]*)(\?.*)?$/s.exec(source)!
  const resolved = await context.resolve(name!, importer, { skipSelf: true })
  const file = resolved === null || resolved.external ? undefined : parseWasmId(resolved.id)?.file
  if (file === undefined || !pipeline.claims(file) || pipeline.isCoreModule(file)) return undefined
  const declaration = await pipeline.declare(file, query, {
    watch: (watched) => context.addWatchFile(watched),
    warn: (message) => context.warn(message),
  })
  return declaration === undefined ? { id: source, external: true } : { id: declaration }
}

/** Whether a list of plugins has one that makes declarations of what is built. @param plugins nested or not */
export function makesDeclarations(plugins: unknown): boolean {
  const names = [plugins].flat(10).map((plugin) => (plugin as { name?: unknown } | null)?.name)
  return names.some((name) => typeof name === 'string' && MAKES_DECLARATIONS.test(name))
}

/** Those of tsdown, of vite-plugin-dts (now, and before its version 5), and of rollup-plugin-dts. */
const MAKES_DECLARATIONS = /^(?:rolldown-plugin-dts\b.*|unplugin-dts|vite:dts|dts)$/
