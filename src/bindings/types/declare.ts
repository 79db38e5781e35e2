/** From a verified component to its declarations, whatever its names and its documentation are. */

import { about } from '../../errors/raise.js'
import { toHex } from '../../format/encoding.js'
import { sha256 } from '../../trust/crypto/rule.js'
import { planImports } from '../hosts.js'
import type { JcoOptions } from '../jco/options.js'
import type { Transpiler, TranspileSource } from '../jco/transpiled.js'
import { type EntryStyle, generateTypes, typesTree } from './entries.js'
import { NAMED_FILE, namedDeclarations } from './named.js'
import { planDeclarations } from './plan.js'

/** What {@link declareComponent} needs to know beside the bytes. */
export interface DeclareOptions {
  transpiler: Pick<Transpiler, 'transpile'>
  jco: JcoOptions
  /** Modules by import name, see {@link planImports}. */
  imports: Readonly<Record<string, string>>
  /** The base name of the file. */
  name: string
  /** @default 'extension' */
  style?: EntryStyle
  /** Its path from the project, where {@link namedDeclarations} are wanted as well. */
  id?: string
  /** The path that errors show. */
  display: string
}

/**
 * Makes the declarations of one component.
 * @param source a component that was admitted: nothing here judges it
 * @returns as {@link generateTypes}, with those by name where an `id` is given
 * @throws Diagnostic, as the transpiler does
 */
export async function declareComponent(
  source: TranspileSource,
  { transpiler, jco, imports, name, style, id, display }: DeclareOptions,
): Promise<Record<string, string>> {
  const names = { name: 'component', file: display }
  const transpiled = await transpiler.transpile(source, names)
  const { copy, renamed } = planDeclarations(source.bytes)
  const { declarations } =
    copy === undefined ? transpiled : await transpiler.transpile(sourceOf(copy, source), names)
  const input = {
    name,
    declarations,
    renamed,
    imports: transpiled.imports,
    exports: transpiled.exports.map(([exported]) => exported),
    hasUtil: transpiled.hasUtil,
    provided: new Set(planImports(transpiled.imports, imports).hosts.keys()),
    asyncExports: jco.asyncExports ?? [],
  }
  const files = about(display, () => generateTypes(input, style))
  if (id === undefined) return files
  return { ...files, [`${typesTree(name)}/${NAMED_FILE}`]: namedDeclarations(files, id) }
}

/** A copy of the same length has its core modules in the same places. */
function sourceOf(copy: Uint8Array, { cores }: TranspileSource): TranspileSource {
  return { bytes: copy, contentDigest: toHex(sha256(copy)), cores }
}
