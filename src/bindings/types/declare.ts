/** From a verified component to its declarations, whatever its names and its documentation are. */

import { about, problem } from '../../errors/raise.js'
import { decodeUtf8 } from '../../format/encoding.js'
import { scanNames } from '../../format/names.js'
import { readSections, type Section } from '../../format/wasm.js'
import { planImports } from '../hosts.js'
import type { JcoOptions } from '../jco/options.js'
import type { Transpiler } from '../jco/transpiled.js'
import { generateTypes } from './entries.js'

/** What {@link declareComponent} needs to know beside the bytes. */
export interface DeclareOptions {
  transpiler: Pick<Transpiler, 'transpile'>
  jco: JcoOptions
  /** Modules by import name, see {@link planImports}. */
  imports: Readonly<Record<string, string>>
  /** The base name of the file. */
  name: string
  /** The path that errors show. */
  display: string
}

/**
 * Makes the declarations of one component.
 * @param bytes a component that was admitted: nothing here judges it
 * @returns as {@link generateTypes}
 * @throws Diagnostic, as the transpiler does
 */
export async function declareComponent(
  bytes: Uint8Array,
  { transpiler, jco, imports, name, display }: DeclareOptions,
): Promise<Record<string, string>> {
  const names = { name: 'component', file: display }
  const transpiled = await transpiler.transpile(bytes, names)
  const { copy, renamed } = planDeclarations(bytes)
  const { declarations } = copy === undefined ? transpiled : await transpiler.transpile(copy, names)
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
  return about(display, () => generateTypes(input))
}

/** What declarations are made from, if not from the file itself. Never run, and never shipped. */
export interface DeclarationPlan {
  /** A changed copy, of the same length. */
  copy?: Uint8Array
  /** Names in the copy, for the names that they replace. */
  renamed: ReadonlyMap<string, string>
}

/**
 * Looks for what jco gets wrong in declarations, and makes a copy without it:
 *
 * - two versions of one interface share a file, so that one is described as the other. In the copy
 *   `docs:log/sink@0.2.0` is the interface `docs:log/sinkv0a2a0`.
 * - documentation with the end of a comment in it would go on as code. In the copy it is no documentation.
 */
export function planDeclarations(bytes: Uint8Array): DeclarationPlan {
  const renamed = planNames(scanNames(bytes))
  const { sections } = readSections(bytes)
  const docs = sections.filter((section) => isDocs(section) && leavesComment(bytes, section))
  if (renamed.size === 0 && docs.length === 0) return { renamed }
  const copy = new Uint8Array(bytes)
  for (const { contentStart } of docs) copy[contentStart - 1] = 0x78
  const named = sections.filter(({ id }) => id === IMPORT_SECTION || id === EXPORT_SECTION)
  for (const [alias, name] of renamed) {
    for (const section of named) replaceName(copy.subarray(section.payloadStart, section.end), name, alias)
  }
  return { copy, renamed }
}

/** @see Component Model, Binary.md, "Component Definitions" */
const IMPORT_SECTION = 10

const EXPORT_SECTION = 11

/** All but one version of each interface; the one that stays is the one with the short name. */
function planNames({ imports, exports }: { imports: readonly string[]; exports: readonly string[] }) {
  const all = new Set([...exports.toSorted(), ...imports.toSorted()])
  const first = new Map<string, string>()
  const renamed = new Map<string, string>()
  for (const name of all) {
    const [, plain, version] = /^(.+)@([^@]+)$/.exec(name) ?? []
    if (plain === undefined || version === undefined) continue
    if (!first.has(plain)) first.set(plain, name)
    else renamed.set(`${plain}v${version.toLowerCase().replace(/[^a-z0-9]/g, 'a')}`, name)
  }
  const clash = [...renamed.keys()].find((alias) => all.has(alias))
  if (clash !== undefined) throw problem('UNSAFE_NAME', { name: clash, reason: 'it looks like a version' })
  return renamed
}

const DOCS = 'package-docs'

function isDocs({ name }: Section): boolean {
  return name === DOCS
}

/** What does not parse as jco parses it is taken for the worst. */
function leavesComment(bytes: Uint8Array, { contentStart, end }: Section): boolean {
  try {
    const json = decodeUtf8(bytes.subarray(contentStart + 1, end))!
    // Raw as well, since of two members with one name JSON.parse takes the last.
    const isRaw = /(?:\*|\\u002a)(?:\\?\/|\\u002f)/i.test(json)
    return isRaw || JSON.stringify(JSON.parse(json)).includes('*/')
  } catch {
    return true // no JSON, which jco reports in its own words when it reads the file itself
  }
}

/** Replaces a name wherever it stands with its length before it; both are of one length. */
function replaceName(payload: Uint8Array, name: string, alias: string): void {
  const [from, to] = [name, alias].map((text) => new TextEncoder().encode(text)) as [Uint8Array, Uint8Array]
  for (let at = 1; at + from.length <= payload.length; at++) {
    if (payload[at - 1] === lastLengthByte(from.length) && from.every((byte, i) => payload[at + i] === byte))
      payload.set(to, at)
  }
}

/** The last byte of a length in LEB128; those before it do not matter beside so long a name. */
function lastLengthByte(length: number): number {
  return length < 0x80 ? length : length >> (7 * Math.floor(Math.log2(length) / 7))
}
