/** What a file asks of the world and gives to it, as policies and locks speak of it. */

import { printable } from '../errors/text.js'
import { decodeUtf8, toLatin1 } from '../format/encoding.js'
import { readCoreModule } from '../format/core-names.js'
import { type ExternName, fullName, parseFullName, withoutVersion } from '../format/interface-name.js'
import { startWalk } from '../format/name-reader.js'
import { readNames } from '../format/names.js'
import { type Layer, readLayer } from '../format/wasm.js'

/** Names, each once, sorted. */
export interface Surface {
  imports: readonly string[]
  /** Of components. */
  exports: readonly string[]
}

/**
 * The imports and exports of a file: those of a component by interface, with the version that others are compatible with; of a core
 * module, the modules that it imports from.
 * @throws Diagnostic `WASM_MALFORMED`, `FEATURE_UNKNOWN`
 */
export function surfaceOf(bytes: Uint8Array, layer: Layer | undefined = readLayer(bytes)): Surface {
  if (layer === 'core module') return { imports: sorted(coreImports(bytes)), exports: [] }
  const { imports, exports } = readNames(bytes)
  return { imports: sorted(imports.map(describe)), exports: sorted(exports.map(describe)) }
}

function coreImports(bytes: Uint8Array): string[] {
  const modules = new Set<string>()
  readCoreModule(
    bytes,
    startWalk((name, place) => {
      if (place === 'import module of a core module') modules.add(decodeUtf8(name) ?? toLatin1(name))
    }),
  )
  return [...modules].map(shown)
}

function describe({ name, implements: implemented }: ExternName): string {
  const label = shown(compatible(name))
  return fullName(
    implemented === undefined ? { name: label } : { name: label, implements: shown(compatible(implemented)) },
  )
}

/** The file says it, and it ends up in a text that people read, in which a space stands before what a label implements. */
const shown = (name: string) => printable(name, Number.MAX_SAFE_INTEGER).replaceAll(' ', '\\u{20}')

const sorted = (names: readonly string[]) => [...new Set(names)].toSorted()

/**
 * A name with the part of its version that compatible ones share: `0.2.3` is `0.2`, `1.4.0` is `1`.
 * @see Component Model, Explainer.md, "Canonical Interface Name"
 */
export function compatible(name: string): string {
  const [, base, major, minor, patch] = /^(.*)@(\d+)\.(\d+)\.(\d+)(?:\+.*)?$/s.exec(name) ?? []
  if (base === undefined) return name
  if (major !== '0') return `${base}@${major}`
  return minor === '0' ? `${base}@0.0.${patch}` : `${base}@0.${minor}`
}

/** The interface that an import or export stands for, whatever its label is. */
export function interfaceOf(described: string): string {
  const { name, implements: implemented } = parseFullName(described)
  return implemented ?? name
}

/** A pattern of imports. */
export interface ImportPattern {
  text: string
  /** @param described an import as {@link surfaceOf} gives it */
  allows(described: string): boolean
}

/** Reads a name, or the beginning of names with one `*` at the end; `undefined` for anything else. */
export function compileImports(text: string): ImportPattern | undefined {
  if (/\*./s.test(text) || /[\s()]/.test(text)) return undefined
  if (text.endsWith('*')) {
    const start = text.slice(0, -1)
    return { text, allows: (described) => interfaceOf(described).startsWith(start) }
  }
  const wanted = compatible(text)
  const isAny = withoutVersion(text) === text
  return {
    text,
    allows(described) {
      const name = interfaceOf(described)
      return name === wanted || (isAny && withoutVersion(name) === text)
    },
  }
}
