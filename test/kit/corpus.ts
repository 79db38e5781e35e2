/** Signed files that other programs made: the subset in `test/fixtures`, or the whole collection in a folder. */

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Verdict } from '../../src/trust/verdict.js'

const FIXTURES = new URL('../fixtures/', import.meta.url)

/** Reads a JSON file of `test/fixtures`. */
export const readFixture = <T>(file: string): T =>
  JSON.parse(readFileSync(new URL(file, FIXTURES), 'utf8')) as T

/** An edit of a file: removes bytes at an offset and inserts others, some of them many times. */
export interface Edit {
  at: number
  delete?: number
  insert_hex?: string
  repeat?: number
}

/** What the format's text says of a file, by itself. */
export type Spec = 'accept' | 'reject' | 'unspecified'

/** One check of a whole file. */
export interface Case {
  id: string
  category: string
  mode: string
  what: string
  file: string
  /** A detached signature file. */
  detached?: string
  patch?: Edit[]
  /** Key files, any of which may have signed. */
  keys: string[]
  spec: Spec
  /** Why the text rejects, where the collection says so. */
  reason?: string
  /** Our verdict, or the code with which a key is refused; pinned in the subset only. */
  status?: string
}

/** One signing, and what came out. */
export interface Signing {
  id: string
  signer: 'wasmsign2' | 'wsc'
  input: string
  secretKey: string
  keyId: 'default' | 'none'
  detached: boolean
  /** Digests of the outputs: a `.sig` file is a detached signature, others are wasm files. */
  writes: { file: string; sha256: string }[]
  /** Whether the signer refused, because the same signature was there. */
  isDuplicate?: boolean
}

/** Edits of one signed file, each by itself, as `[offset, bytes removed, hex inserted]`. */
export interface EditTable {
  name: string
  base: string
  key: string
  rows: { patch: Edit[]; spec: Spec }[]
}

/** A key file, to be read as a public or a secret key. */
export interface KeyCase {
  id: string
  file: string
  kind: 'public' | 'secret'
  what: string
  /** Whether some loader of the programs that made the collection reads it. */
  isReadElsewhere: boolean
}

/** Files and what is to be done with them. */
export interface Corpus {
  name: string
  cases: Case[]
  signings: Signing[]
  tables: EditTable[]
  keyCases: KeyCase[]
  read(file: string): Uint8Array
}

/** The file after the edits. */
export function applyEdits(file: Uint8Array, edits: readonly Edit[] = []): Uint8Array {
  return edits.reduce((whole, { at, delete: removed = 0, insert_hex: inserted = '', repeat = 1 }) => {
    const insert = Buffer.from(inserted.repeat(repeat), 'hex')
    return Uint8Array.from(Buffer.concat([whole.subarray(0, at), insert, whole.subarray(at + removed)]))
  }, file)
}

type Row = [number, number, string][]
const toEdits = (row: Row): Edit[] =>
  row.map(([at, removed, hex]) => ({ at, delete: removed, insert_hex: hex }))

const TABLES = [
  'flips-hello.wasmsign2.k1.id',
  'flips-hello-extra.split-a',
  'mutations-hello-extra.split-a',
  'mutations-core-add.multi2',
]

/** The subset that comes with the project. */
export function openSubset(): Corpus {
  const files = readFixture<Record<string, string>>('signatures/files.json')
  const tables = TABLES.map((name) => {
    type Stored = { base: string; key: string } & Record<Spec, Row[]>
    const stored = readFixture<Stored>(`signatures/edits-${name}.json`)
    const rows = (['reject', 'accept', 'unspecified'] as const).flatMap((spec) =>
      stored[spec].map((row) => ({ patch: toEdits(row), spec })),
    )
    return { name, base: stored.base, key: stored.key, rows }
  })
  return {
    name: 'the subset',
    cases: readFixture<Case[]>('signatures/cases.json'),
    signings: readFixture<Signing[]>('signatures/operations.json'),
    tables,
    keyCases: [],
    read: (file) => Uint8Array.from(Buffer.from(files[file]!, 'base64')),
  }
}

/** The parts of the collection's index that are used here. */
interface Manifest {
  keys: Record<string, { files: Record<string, string> }>
  cases: {
    id: string
    category: string
    mode: string
    what: string
    file: string
    signature_file?: string
    patch?: Edit[]
    keys: string[]
    key_format: 'raw' | 'pem' | 'der' | 'openssh'
    spec: { verdict: Spec; reason?: string }
  }[]
  operations: {
    id: string
    op: string
    tool: 'wasmsign2' | 'wsc'
    command: string
    exit: number
    args: Record<string, string>
    writes?: Record<string, string>
  }[]
  patch_tables: { file: string }[]
  key_cases: (KeyCase & { expected: Record<string, Record<string, { accept: boolean }>> })[]
}

/** The whole collection, when `SIGNED_WASM_CORPUS` names its folder. */
export function openFull(folder: string | undefined = process.env['SIGNED_WASM_CORPUS']): Corpus | undefined {
  if (folder === undefined || folder === '') {
    console.warn(
      '\n  SIGNED_WASM_CORPUS IS NOT SET: the whole collection of signed files is not checked, only a subset.\n',
    )
    return undefined
  }
  if (!existsSync(path.join(folder, 'manifest.json')))
    throw new Error('SIGNED_WASM_CORPUS names a folder without manifest.json')
  const read = (file: string) => Uint8Array.from(readFileSync(path.join(folder, file)))
  const readJson = <T>(file: string) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as T
  const manifest = readJson<Manifest>('manifest.json')
  return {
    name: 'the whole collection',
    cases: manifest.cases
      .filter(({ mode }) => mode === 'verify' || mode === 'verify-set')
      .map((item) => ({
        ...item,
        keys: item.keys.map((key) => manifest.keys[key]?.files[`${item.key_format}_public`] ?? key),
        ...(item.signature_file !== undefined && { detached: item.signature_file }),
        spec: item.spec.verdict,
        ...(item.spec.reason !== undefined && { reason: item.spec.reason }),
      })),
    signings: manifest.operations
      .filter(({ op }) => op.startsWith('sign') || op === 'resign')
      .map(({ id, tool, command, exit, args, writes = {} }) => ({
        id,
        signer: tool,
        input: args['input']!,
        secretKey: args['secret_key']!,
        keyId: command.includes(' -K ') ? 'default' : 'none',
        detached: args['signature_file'] !== undefined,
        writes: Object.entries(writes).map(([file, sha256]) => ({ file, sha256 })),
        isDuplicate: exit !== 0,
      })),
    tables: manifest.patch_tables.map(({ file }) => {
      type Stored = { base_file: string; key: string; rows: [Row, unknown, unknown, [0 | 1 | 2]][] }
      const { base_file: base, key, rows } = readJson<Stored>(file)
      return {
        name: path.basename(file, '.json'),
        base,
        key: manifest.keys[key]!.files['raw_public']!,
        rows: rows.map(([row, , , [spec]]) => ({
          patch: toEdits(row),
          spec: (['reject', 'accept', 'unspecified'] as const)[spec],
        })),
      }
    }),
    keyCases: manifest.key_cases.map(({ id, file, kind, what, expected }) => {
      const answers = Object.values(expected).flatMap((loaders) => Object.values(loaders))
      return { id, file, kind, what, isReadElsewhere: answers.some(({ accept }) => accept) }
    }),
    read,
  }
}

/** Our verdict, or the code with which a key was refused. */
export type Answer = Verdict['status'] | 'KEY_WEAK'

/** Where our verdict is not that of the text, or the text has none. */
export interface Exception {
  category: string
  /** Matches what follows number and category in the id. */
  id: RegExp
  spec: Spec
  status: Answer
  why: string
}

/** Where our rule differs from what the text says by itself: these cases, and no others. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    category: 'oversized-count',
    id: /^(?:hello|core-add)\.(?:sets-65|signatures-257)$/,
    spec: 'accept',
    status: 'invalid',
    why: 'beyond the limits that every implementation has',
  },
  {
    category: 'size-limit',
    id: /^record-17mb$/,
    spec: 'accept',
    status: 'invalid',
    why: 'beyond the limits that every implementation has',
  },
  {
    category: 'signature-bytes',
    id: /^(?:hello|core-add)\.(?:siglen-63-then-good|siglen-63-other-id-then-good|good-then-siglen-63(?:-set)?)$/,
    spec: 'accept',
    status: 'invalid',
    why: 'a malformed record refuses the file, whatever stands beside it',
  },
  {
    category: 'leb128',
    id: /^(?:hello|core-add)\.leb-padded$/,
    spec: 'accept',
    status: 'invalid',
    why: 'unsigned bytes must be canonical',
  },
  {
    category: 'non-canonical-leb',
    id: /^(?:hello|core-add)\.section-(?:len|name)-padded$/,
    spec: 'accept',
    status: 'invalid',
    why: 'unsigned bytes must be canonical',
  },
  {
    category: 'duplicate-signature',
    id: /^(?:hello|core-add)\.second-signature-is-content$/,
    spec: 'accept',
    status: 'invalid',
    why: 'one signature section, and it comes first',
  },
  {
    category: 'header',
    id: /^(?:hello|core-add)\.header-swapped$/,
    spec: 'accept',
    status: 'malformed',
    why: 'the preamble is not signed, and what follows belongs to the other layer',
  },
  {
    category: 'hash-count',
    id: /^(?:hello|core-add)\.two-parts-last-only$/,
    spec: 'reject',
    status: 'verified',
    why: 'one hash over the whole file is complete',
  },
]

/** What the text leaves open, and our answer. */
export const SETTLED: readonly Exception[] = [
  {
    category: 'weak-key',
    id: /./,
    spec: 'unspecified',
    status: 'KEY_WEAK',
    why: 'a key of small order is refused when it is read',
  },
  {
    category: 'detached',
    id: /-both$/,
    spec: 'unspecified',
    status: 'verified',
    why: 'embedded and detached signature both hold',
  },
  {
    category: 'detached',
    id: /^own-output$/,
    spec: 'unspecified',
    status: 'untrusted',
    why: 'the embedded signature is by a key that is not trusted, and both must hold',
  },
  {
    category: 'open-tail',
    id: /^core-add\.split-[cf]\.open-tail$/,
    spec: 'unspecified',
    status: 'verified',
    why: 'a hashed tail is a boundary',
  },
  {
    category: 'open-tail',
    id: /^hello-extra\.split-a\.open-tail$/,
    spec: 'unspecified',
    status: 'malformed',
    why: 'the tail is a section with the id of core modules that holds none, in a component',
  },
  {
    category: 'openssh',
    id: /^authorized_keys/,
    spec: 'unspecified',
    status: 'verified',
    why: 'any key of the list may have signed',
  },
  {
    category: 'key-id',
    id: /\.kid-/,
    spec: 'unspecified',
    status: 'verified',
    why: 'ids are hints',
  },
  {
    category: 'byte-flip',
    id: /\.flip-(?:96|68)$/,
    spec: 'unspecified',
    status: 'verified',
    why: 'ids are hints',
  },
  {
    category: 'byte-flip',
    id: /\.flip-140$/,
    spec: 'unspecified',
    status: 'invalid',
    why: 'what is left in a record is no certificate list',
  },
  {
    category: 'delimiter',
    id: /\.delimiter-(?:0|8|15|17|300)$/,
    spec: 'unspecified',
    status: 'verified',
    why: 'a delimiter of another size is a boundary all the same',
  },
  {
    category: 'trailing-bytes',
    id: /\.trailing-record$/,
    spec: 'unspecified',
    status: 'invalid',
    why: 'what is left in a record is no certificate list',
  },
  {
    category: 'certificate-chain',
    id: /\.certs-(?:17|cut|huge-count|after)$/,
    spec: 'unspecified',
    status: 'invalid',
    why: 'what is left in a record is no certificate list',
  },
]

/** The entry of {@link EXCEPTIONS} or {@link SETTLED} that speaks of this case. */
export function exceptionFor({ id, category, spec }: Case): Exception | undefined {
  const name = id.replace(/^\d+-/, '').slice(category.length + 1)
  return [...EXCEPTIONS, ...SETTLED].find(
    (entry) => entry.category === category && entry.spec === spec && entry.id.test(name),
  )
}
