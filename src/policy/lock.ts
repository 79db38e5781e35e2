/** `signed-wasm.lock.json`: what was seen of each file when somebody looked at it. Text to values and back. */

import { problem } from '../errors/raise.js'
import { placeOf, readJson } from '../format/json.js'
import {
  count,
  dictionary,
  type Fields,
  list,
  object,
  oneOrMore,
  placed,
  type Placed,
  text,
} from './declare.js'

/** The name of the file, which lies beside the policy. */
export const LOCK_FILE = 'signed-wasm.lock.json'

const VERSION = 1

/** SHA-256 as `sha256-<base64>`. */
export type Sri = string

/** What was seen of one file. Lists are sorted. */
export interface LockEntry {
  /** Of every byte; where the file is pinned as unsigned, and of the whole script where it holds some. */
  file?: Sri | undefined
  /** Of all that follows the signature section. */
  content?: Sri | undefined
  /** Of each wasm in a script or pack that holds some. */
  contents?: readonly Sri[] | undefined
  signers?: readonly string[] | undefined
  imports?: readonly string[] | undefined
  exports?: readonly string[] | undefined
}

/** A lock that was read. */
export interface Lock {
  /** Its path as people see it. */
  readonly file: string
  readonly text: string
  /** By name; several where a package is installed in several versions. */
  readonly entries: ReadonlyMap<string, readonly Placed<LockEntry>[]>
}

const DIGEST = text({ pattern: /^sha256-[A-Za-z\d+/]{43}=$/, must: 'a digest as sha256-<base64>' })
const NAMES = list(text({ pattern: /^[^]*$/, must: 'a name' }))

const ENTRY = {
  file: { shape: DIGEST, help: 'Of every byte of what is pinned.' },
  content: { shape: DIGEST, help: 'Of all that follows the signature section.' },
  contents: { shape: list(DIGEST, 1), help: 'Of each wasm in a script or pack.' },
  signers: { shape: NAMES, help: 'Who has signed it.' },
  imports: { shape: NAMES, help: 'What it imports.' },
  exports: { shape: NAMES, help: 'What it exports.' },
} as const satisfies Fields

const LOCK = object('a lock', {
  lockfileVersion: { shape: placed(count(1)), help: 'Of this format.', isRequired: true },
  files: {
    shape: dictionary(
      { pattern: /^[^]+$/, must: 'the name of a file' },
      oneOrMore(placed(object('an entry', ENTRY))),
    ),
    help: 'Files by their names.',
    isRequired: true,
  },
})

/** A lock in which nothing is locked: that of a project which has none yet. */
export function emptyLock(file: string = LOCK_FILE): Lock {
  return freeze({ file, text: '', entries: new Map() })
}

/** @throws Diagnostic `LOCK_INVALID` with line and column */
export function parseLock(source: string, file: string = LOCK_FILE): Lock {
  const fault = (at: number, reason: string) =>
    problem('LOCK_INVALID', { file, reason, place: { file, ...placeOf(source, at) } })
  const { lockfileVersion, files } = LOCK.read(readJson(source, fault), fault)
  if (lockfileVersion.value !== VERSION)
    throw fault(
      lockfileVersion.at,
      `this version of unplugin-signed-wasm knows version ${VERSION} of the format only`,
    )
  return freeze({
    file,
    text: source,
    entries: new Map([...files].map(([name, { value }]) => [name, value])),
  })
}

/** Locks that were made here. */
const MADE = new WeakSet<Lock>()

function freeze(lock: Lock): Lock {
  MADE.add(Object.freeze(lock))
  return lock
}

/** Whether a value was made here. */
export function isLock(value: unknown): value is Lock {
  return typeof value === 'object' && value !== null && MADE.has(value as Lock)
}

/** Writes a lock: sorted, one item a line, so that two branches merge. Nothing in it depends on when or where it is written. */
export function formatLock(entries: ReadonlyMap<string, readonly LockEntry[]>): string {
  const names = [...entries.keys()].filter((name) => entries.get(name)!.length > 0).toSorted()
  const files = Object.fromEntries(names.map((name) => [name, inOrder(entries.get(name)!)]))
  return `${JSON.stringify({ lockfileVersion: VERSION, files }, undefined, 2)}\n`
}

/** The entries of one name, each once. */
function inOrder(entries: readonly LockEntry[]): LockEntry | LockEntry[] {
  const texts = new Set(entries.map((entry) => JSON.stringify(plainEntry(entry))))
  const sorted = [...texts].toSorted().map((one) => JSON.parse(one) as LockEntry)
  return sorted.length === 1 ? sorted[0]! : sorted
}

/** Its members in the order in which people read them. */
function plainEntry(entry: LockEntry): LockEntry {
  const { file, content, contents, signers, imports, exports } = entry
  return {
    file,
    content,
    contents: sort(contents),
    signers: sort(signers),
    imports: sort(imports),
    exports: sort(exports),
  }
}

const sort = (names: readonly string[] | undefined) => names && [...new Set(names)].toSorted()

/** All entries, to be changed and written again. */
export function entriesOf(lock: Lock): Map<string, readonly LockEntry[]> {
  return new Map([...lock.entries].map(([name, all]) => [name, all.map(({ value }) => value)]))
}
