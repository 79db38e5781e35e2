/** What an id that a bundler hands over asks for. */

import type { ModuleForm } from '../bindings/module/input.js'
import type { Hex } from '../format/encoding.js'
import { RAW_QUERY } from './assets.js'

/** Keys that bundlers add to an id for reasons of their own. */
const BUNDLER_KEYS = ['v', 't', 'import']

/** See {@link readQuery}. */
export interface WasmRequest {
  /** What to generate; `undefined` when the query belongs to the bundler, as `?url` does. */
  form?: ModuleForm
  /** Whether the query itself says that this is a component. */
  explicit: boolean
  /** The digest that our own query asks for. */
  digest?: Hex
}

/** What the query of an id asks for. */
export function readQuery(query: string): WasmRequest {
  const digest = RAW_QUERY.exec(query)?.[1]
  if (digest !== undefined) return { explicit: true, digest }
  const keys = [...new URLSearchParams(query)].flatMap(([key, value]) =>
    isForBundler(key, value) ? [] : [key],
  )
  if (keys.some((key) => key !== 'component' && key !== 'instantiate')) return { explicit: false }
  return { form: keys.includes('instantiate') ? 'instantiate' : 'exports', explicit: keys.length > 0 }
}

// Rolldown puts attributes into ids; this one asks for what an import without it does.
function isForBundler(key: string, value: string): boolean {
  return BUNDLER_KEYS.includes(key) || (key === 'attributes' && value === '{"type":"webassembly"}')
}

/**
 * Splits a query of ours off a specifier, for bundlers that would look for a file, or for a name of a package, with a query.
 * @returns `undefined` where the query is none of ours
 */
export function splitOwnQuery(specifier: string): { name: string; query: string } | undefined {
  const [, name, query] = /^([^\0?]+)(\?[^#]+)$/s.exec(specifier) ?? []
  return name !== undefined && readQuery(query!.slice(1)).explicit ? { name, query: query! } : undefined
}

/** What an id that a bundler hands to `load` says. */
export interface WasmId {
  /** Absolute path as the bundler wrote it. */
  file: string
  /** Without `?` and without a fragment; empty when there is none. */
  query: string
}

/**
 * What stands behind the name of a file in the ids that we give its modules in Rollup: of one that ends in `.wasm`, with a
 * query or without, others' plugins make something else, such as unwasm.
 */
const OWN_END = '-module'

/** The id of a module of ours. @param id of a `.wasm` file, with a query */
export function toOwnId(id: string): string {
  return id.replace(/\.wasm(?=\?)/i, (end) => end + OWN_END)
}

/** The file behind a name that bundlers give with the query of its module. */
export function withoutQuery(name: string): string {
  return name.replace(/\?.*$/, '').replace(/(\.wasm)-module$/i, '$1')
}

/**
 * Splits the id of a `.wasm` file, in whatever case, into file and query.
 * @returns `undefined` for other ids and for virtual ones
 */
export function parseWasmId(id: string): WasmId | undefined {
  const match = /^([^\0]*?\.wasm)(?:-module(?=\?))?(?:\?([^#]*))?(?:#.*)?$/is.exec(id)
  if (match === null || !isAbsolutePath(match[1]!)) return undefined
  return { file: match[1]!, query: match[2] ?? '' }
}

/** Whether a path, without a query, is that of a `.wasm` file. */
export function isWasm(path: string): boolean {
  return /\.wasm$/i.test(path)
}

function isAbsolutePath(path: string): boolean {
  return /^(?:\/|[a-z]:[\\/])/i.test(path)
}

/** Whether an id asks, by a query of ours, for a module that is made of a `.wasm` file. */
export function isOwnRequest(id: string): boolean {
  const parsed = parseWasmId(id)
  return parsed !== undefined && readQuery(parsed.query).explicit
}

/** Whether an id asks for a `.wasm` file as a module, rather than for its URL or the like. */
export function isModuleRequest(id: string): boolean {
  const parsed = parseWasmId(id)
  return parsed !== undefined && readQuery(parsed.query).form !== undefined
}
