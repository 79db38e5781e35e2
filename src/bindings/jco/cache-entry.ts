/**
 * One entry of the cache as bytes: what is written, and what is taken when it is read again.
 */

import { packageVersion } from '../../disk/versions.js'
import { decodeUtf8, type Hex, toHex } from '../../format/encoding.js'
import { hmacSha256, isSameCode, sha256 } from '../../trust/crypto/rule.js'
import { coreName } from './core-names.js'
import type { Job } from './job.js'
import { jcoVersion } from './scripts.js'
import type { Output } from './output.js'
import type { TranspileSource } from './transpiled.js'

/** How an entry is written; another number for another way. */
const FORMAT = 4

/**
 * The digest of all that an output depends on. Whether it is too large is asked when it is read.
 */
export function cacheKey({ source, options }: Pick<CacheJob, 'source' | 'options'>): Hex {
  const inputs = {
    format: FORMAT,
    versions: [packageVersion(), jcoVersion()],
    content: source.contentDigest,
    options,
  }
  return toHex(sha256(Buffer.from(canonicalJson(inputs))))
}

/** JSON with the members of objects in order, and `undefined` as `null`, which no option can be. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item ?? null
    return Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** A job whose output may be in the cache. */
export interface CacheJob extends Pick<Job, 'options' | 'maxOutputBytes'> {
  source: TranspileSource
}

/** What an entry is held against. */
export interface About {
  key: Hex
  job: CacheJob
  /** The user's own: see `user-key.ts`. */
  secret: Uint8Array
}

/** What the second line of an entry says, as JSON. Above it is what {@link firstLine} gives, below it are the files, one behind another. */
interface Content {
  /** The key again, so that an entry under another name is none. */
  key: Hex
  /** In the order of jco. How many bytes of the entry each takes, or `null` for what the component holds. */
  files: [name: string, length: number | null][]
  imports: string[]
  exports: [name: string, kind: 'function' | 'instance'][]
}

export function encodeEntry({ files, imports, exports }: Output, { key, job, secret }: About): Uint8Array {
  const held = heldModules(job)
  const content: Content = {
    key,
    files: Object.entries(files).map(([name, { length }]) => [name, held.has(name) ? null : length]),
    imports,
    exports,
  }
  const own = Object.entries(files).flatMap(([name, bytes]) => (held.has(name) ? [] : [bytes]))
  const rest = Buffer.concat([Buffer.from(`${JSON.stringify(content)}\n`), ...own])
  return Buffer.concat([firstLine(rest, secret), rest])
}

/** What only the user can write above a content: the code of its digest, which is quick and of which no two contents have one. */
function firstLine(rest: Uint8Array, secret: Uint8Array): Uint8Array {
  return Buffer.from(`${toHex(hmacSha256(secret, sha256(rest)))}\n`)
}

const FIRST_LINE_LENGTH = 65
const LINE_FEED = 0x0a

/** Everything an entry says is compared with what it must be, or cannot be chosen by it. */
export function decodeEntry(entry: Uint8Array, { key, job, secret }: About): Output | undefined {
  const rest = entry.subarray(FIRST_LINE_LENGTH)
  if (!isSameCode(entry.subarray(0, FIRST_LINE_LENGTH), firstLine(rest, secret))) return undefined
  const end = rest.indexOf(LINE_FEED)
  const content: unknown = JSON.parse(decodeUtf8(rest.subarray(0, end)) ?? 'null')
  if (!isContent(content) || content.key !== key) return undefined

  const held = heldModules(job)
  const files = new Map<string, Uint8Array>()
  let at = end + 1
  for (const [name, length] of content.files) {
    const coreModule = held.get(name)
    if (files.has(name) || (coreModule === undefined) === (length === null)) return undefined
    files.set(name, coreModule ?? rest.subarray(at, at + length!))
    at += length ?? 0
  }
  if (at !== rest.length || [...held.keys()].some((name) => !files.has(name))) return undefined
  // As in the worker, since the limit may have been another one when this was written.
  const outputBytes = [...files.values()].reduce((sum, { length }) => sum + length, 0)
  if (outputBytes > job.maxOutputBytes) return undefined
  return {
    files: Object.fromEntries(files),
    imports: content.imports,
    exports: content.exports,
  }
}

/** The core modules of a component by the names that jco gives them. */
function heldModules({ source: { bytes, cores }, options }: CacheJob): Map<string, Uint8Array> {
  return new Map(
    cores.map(({ start, end }, index) => [coreName(options.name!, index), bytes.subarray(start, end)]),
  )
}

function isContent(value: unknown): value is Content {
  const { key, files, imports, exports } = Object(value) as Partial<Record<keyof Content, unknown>>
  return (
    typeof key === 'string' &&
    isListOf(
      files,
      isPair((length) => length === null || (Number.isSafeInteger(length) && (length as number) >= 0)),
    ) &&
    isListOf(imports, (name) => typeof name === 'string') &&
    isListOf(
      exports,
      isPair((kind) => kind === 'function' || kind === 'instance'),
    )
  )
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}

const isPair = (isSecond: (item: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && isSecond(value[1])
