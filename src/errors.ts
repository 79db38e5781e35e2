/**
 * Every error this package raises: one class, one catalogue.
 *
 * The throw site gives values, the catalogue gives words. Codes are for ever.
 */

import { useDiagnostics } from './problem.js'

export { problem } from './problem.js'

/** Escapes everything outside printable ASCII and caps the length: for names that come out of a file. */
export function printable(text: string, maxLength = 120): string {
  const escaped = text.replace(/[^\x20-\x7e]/gu, escapeCharacter)
  return escaped.length > maxLength ? `${escaped.slice(0, maxLength)}...` : escaped
}

/**
 * Escapes control, format (bidi, zero width) and unpaired surrogate characters, keeping letters of
 * every script: for paths and names that people chose.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escapeCharacter)
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`
}

type Text = { what: string; hint: string }

/** What a person can do whatever the reason: the two commands that make and use a key. */
const SIGN_IT = (file: string | undefined) =>
  `sign it: npx signed-wasm sign --write -k <name>.key ${file ?? '<file>'}`

const REINSTALL = 'get the file again from its publisher; if you built it yourself, sign it again'

const list = (items: readonly string[], none: string) => (items.length === 0 ? none : items.join(', '))

/** `file` is a display path: relative to the project, forward slashes, never an absolute path. */
interface AboutFile {
  file?: string
}

/** Why bytes cannot be read. `what` names the part of the file, where whoever reads it says so. */
const REASONS = {
  missing: (offset: number, what = 'a byte') => `${what} is missing at offset ${offset}`,
  'past end': (offset: number, length: number, left: number, what = 'what begins') =>
    `${what} at offset ${offset} runs past the end (${length} bytes, ${left} left)`,
  padded: (offset: number) => `a number at offset ${offset} is not written in its shortest form`,
  'too big': (offset: number, what = 'a number') => `${what} at offset ${offset} does not fit into 32 bits`,
  'left over': (offset: number, bytes: number) => `${bytes} unexpected bytes at offset ${offset}`,
  preamble: () => 'the first 8 bytes are no preamble of a core module or component',
  'section id': (id: number, offset: number) => `section id ${id} at offset ${offset} is out of range`,
  'not UTF-8': (offset: number) => `the section name at offset ${offset} is not UTF-8`,
  layer: (layer: string, offset: number) =>
    `its preamble says ${layer}, and the section at offset ${offset} cannot be one of a ${layer}`,
  depth: (maxDepth: number) => `components nest more than ${maxDepth} deep`,
  misplaced: (offset: number) =>
    `a signature section at offset ${offset}, where only the first section may be one`,
  header: (...bytes: number[]) => `unsupported version, content type or hash function (${bytes.join(', ')})`,
  'signature length': (bytes: number) => `an Ed25519 signature of ${bytes} bytes`,
  count: (count: number, max: number, offset: number) =>
    `a count of ${count} before offset ${offset}, where at most ${max} are possible`,
}

type Reasons = typeof REASONS

/** Why bytes cannot be read, as values: the kind of reason and what its words need. */
export type Reason = { [Kind in keyof Reasons]: [kind: Kind, ...Parameters<Reasons[Kind]>] }[keyof Reasons]

function inWords(reason: string | Reason): string {
  if (typeof reason === 'string') return reason
  const [kind, ...values] = reason
  return (REASONS[kind] as (...values: unknown[]) => string)(...values)
}

const CATALOGUE = {
  // Verdicts about a file.
  COMPONENT_UNSIGNED: (v: AboutFile) => ({
    what: 'Component must have a valid signature, and this file has none',
    hint: `${SIGN_IT(v.file)}, or ask its publisher for a signed one`,
  }),
  SIGNER_UNTRUSTED: (
    v: AboutFile & {
      keyIds: readonly string[]
      unknownAlgorithms: readonly number[]
      trusted: readonly string[]
    },
  ) => ({
    what:
      `signed by ${v.keyIds.length > 0 ? `key id ${v.keyIds.join(', ')}` : 'a key that gives no id'}` +
      (v.unknownAlgorithms.length > 0
        ? ` (skipped unknown algorithm ${v.unknownAlgorithms.join(', ')})`
        : '') +
      `; you trust ${list(v.trusted, 'nobody')}`,
    hint: "if you trust that signer, add their public key to `keys`; otherwise don't ship this file",
  }),
  CONTENT_MODIFIED: (v: AboutFile & { signers: readonly string[] }) => ({
    what: `Signature verification failed: ${list(v.signers, 'a trusted key')} signed other content than this`,
    hint: REINSTALL,
  }),
  SIGNATURE_PARTIAL: (v: AboutFile & { signers: readonly string[]; unsignedBytes: number }) => ({
    what: `${list(v.signers, 'a trusted key')} signed only parts of this file; ${v.unsignedBytes} bytes are not covered`,
    hint: `${SIGN_IT(v.file)}, which covers the whole file`,
  }),
  SIGNATURE_INVALID: (v: (AboutFile & { reason: string | Reason }) | (AboutFile & { damage: Reason })) => ({
    what: `Signature verification failed: ${'damage' in v ? `the signature data is damaged: ${inWords(v.damage)}` : inWords(v.reason)}`,
    hint: REINSTALL,
  }),
  WASM_MALFORMED: (v: AboutFile & { reason: string | Reason }) => ({
    what: `not a WebAssembly binary that can be read: ${inWords(v.reason)}`,
    hint: 'check that the file is complete and is what its name says',
  }),
  LAYER_MISMATCH: (v: AboutFile & { found: string; wanted: string }) => ({
    what: `this is ${v.found}, and a ${v.wanted} is needed here`,
    hint:
      v.wanted === 'component'
        ? 'make a component of it first, e.g. with `jco new` or `jco parse`, and sign the result'
        : 'use the core module itself',
  }),
  SIGNER_REVOKED: (v: AboutFile & { signers: readonly string[] }) => ({
    what: `signed by ${list(v.signers, 'a key')}, which is revoked`,
    hint: 'get a file signed by a key that is still trusted',
  }),
  DIGEST_MISMATCH: (_: AboutFile) => ({
    what: 'this is not the file of the build',
    hint: 'deploy the .wasm files and the JavaScript of one build together, or build again',
  }),
  FILE_REVOKED: (v: AboutFile & { digest: string }) => ({
    what: `the content ${v.digest} is revoked`,
    hint: 'use another release of this file',
  }),

  // Reading files.
  FILE_UNREADABLE: (v: AboutFile & { reason: string }) => ({
    what: `cannot be read: ${v.reason}`,
    hint: 'check the path and its permissions',
  }),
  FILE_TOO_LARGE: (v: AboutFile & { bytes: number; maxBytes: number }) => ({
    what: `is ${v.bytes} bytes, and at most ${v.maxBytes} are read`,
    hint: 'raise `limits.maxFileBytes` if the file is meant to be this large',
  }),
  FILE_NOT_REGULAR: (_: AboutFile) => ({
    what: 'is not a regular file',
    hint: 'point at the file itself, not at a folder, pipe or device',
  }),

  FILE_EXISTS: (_: AboutFile) => ({
    what: 'is there already, and is left as it is',
    hint: 'choose another name, or overwrite it with --force',
  }),
  FILE_UNWRITABLE: (v: AboutFile & { reason: string }) => ({
    what: `cannot be written: ${v.reason}`,
    hint: 'check the folder, its permissions and the free space',
  }),

  // Keys.
  NO_TRUSTED_KEYS: (v: { looked: readonly string[] }) => ({
    what: `No trusted keys found (looked at ${list(v.looked, 'no source: `keys` is empty')})`,
    hint:
      'make a key and sign with it:\n' +
      '    npx signed-wasm keygen release\n' +
      '    npx signed-wasm sign --write -k release.key <file>\n' +
      "  then trust it: keys: ['release.pub']",
  }),
  KEY_NOT_FOUND: (v: { source: string }) => ({
    what: `no key file matches ${v.source}`,
    hint: 'check the path: in `keys` it counts from the project root, on a command line from the current folder',
  }),
  KEY_UNREADABLE: (v: { source: string; reason: string }) => ({
    what: `${v.source} cannot be read as a key: ${v.reason}`,
    hint: 'give an Ed25519 key as PEM, DER, JWK, OpenSSH line, raw bytes, hex or base64',
  }),
  KEY_WEAK: (v: { source: string; reason: string }) => ({
    what: `${v.source} is not a safe Ed25519 public key: ${v.reason}`,
    hint: 'remove it and make a new key: npx signed-wasm keygen <name>',
  }),
  KEY_SECRET: (v: { source: string }) => ({
    what: `${v.source} is a secret key where a public key belongs`,
    hint: 'use the public half (the .pub file), and keep the secret half out of the project',
  }),
  KEY_NOT_SECRET: (v: { source: string }) => ({
    what: `${v.source} is a public key, and signing takes the secret one`,
    hint: 'use the .key file that was made together with it',
  }),
  KEY_ENCRYPTED: (v: { source: string }) => ({
    what: `${v.source} is protected by a passphrase, which is not supported`,
    hint: 'decrypt it first, e.g. with `openssl pkey` or `ssh-keygen -p`',
  }),
  KEY_MISMATCH: (v: { source: string }) => ({
    what: `${v.source} holds a public half that does not belong to its secret half`,
    hint: 'make a new pair: npx signed-wasm keygen <name>',
  }),
  KEY_ENV_UNSET: (v: { variable: string }) => ({
    what: `the environment variable ${v.variable}, named in \`keys\`, is not set`,
    hint: `set ${v.variable} to a public key, or remove { env: '${v.variable}' } from \`keys\``,
  }),
  KEY_FINGERPRINT: (v: { source: string; found: readonly string[]; wanted: string }) => ({
    what: `${v.source} holds ${list(v.found, 'no key')}, not the key ${v.wanted} that is pinned`,
    hint: 'correct the value, or the `fingerprint` beside it if the key was changed on purpose',
  }),
  ALREADY_SIGNED: (_: AboutFile) => ({
    what: 'carries a signature already',
    hint: 'take it off first: npx signed-wasm detach <file> -o <file> -S <file>.sig',
  }),
  NOT_SIGNED: (_: AboutFile) => ({
    what: 'carries no signature',
    hint: 'sign it first: npx signed-wasm sign --write -k <name>.key <file>',
  }),
  SIGNATURE_UNUSABLE: (v: AboutFile & { reason: string }) => ({
    what: `the signature that was made elsewhere cannot be used: ${v.reason}`,
    hint: 'sign the bytes of --message-out, unhashed, with the Ed25519 key whose public half you gave',
  }),
  NOT_CANONICAL: (v: AboutFile) => ({
    what: 'has section lengths that are not in their shortest form, and a signature is over that form',
    hint: `write that form as well: npx signed-wasm sign --detached --write -k <name>.key ${v.file ?? '<file>'}`,
  }),
  SIGNATURE_DUPLICATE: (v: AboutFile) => ({
    what: 'is already signed by this key',
    hint: 'nothing to do; verify it: npx signed-wasm verify --key <name>.pub ' + (v.file ?? '<file>'),
  }),

  // Bindings.
  UNSAFE_NAME: (v: AboutFile & { name: string; reason: string }) => ({
    what: `holds the name "${printable(v.name)}": ${v.reason}`,
    hint: 'names of imports and exports become part of generated code; have the component rebuilt with a plain name',
  }),
  IMPORTS_MISSING: (v: AboutFile & { names: readonly string[] }) => ({
    what: `imports ${list(
      v.names.map((name) => printable(name)),
      'nothing',
    )}, which nobody provides`,
    hint: 'name a module for each in `imports`, or import the file with `?instantiate` and pass them yourself',
  }),
  NESTING_TOO_DEEP: (v: AboutFile & { maxDepth: number }) => ({
    what: `components nest more than ${v.maxDepth} deep`,
    hint: 'no toolchain does this by itself; do not trust this file',
  }),
  TRANSPILE_FAILED: (v: AboutFile & { reason: string }) => ({
    what: `jco cannot make bindings for it: ${printable(v.reason, 500)}`,
    hint: 'check that the component is valid and was made by a current toolchain',
  }),
  TRANSPILE_TIMEOUT: (v: AboutFile & { timeoutMs: number }) => ({
    what: `jco did not finish within ${v.timeoutMs} ms`,
    hint: 'raise `limits.timeoutMs` if the component is meant to be this complex',
  }),
  TRANSPILE_MEMORY: (v: AboutFile & { maxMemoryBytes: number }) => ({
    what: `jco took more than ${v.maxMemoryBytes} bytes of memory`,
    hint: 'raise `limits.maxMemoryBytes` if the component is meant to be this complex',
  }),
  TRANSPILE_TOO_LARGE: (v: AboutFile & { outputBytes: number; maxOutputBytes: number }) => ({
    what: `jco made ${v.outputBytes} bytes of bindings for it, and at most ${v.maxOutputBytes} are taken`,
    hint: 'raise `limits.maxOutputBytes` if the component is meant to be this large',
  }),
  SEAM_CHANGED: (v: AboutFile & { seam: string; matches: number }) => ({
    what: `jco's code has the ${v.seam} ${v.matches} times where one is expected`,
    hint: 'install the exact version of @bytecodealliance/jco-transpile that this package depends on',
  }),

  // Builds.
  VERIFICATION_OFF: (_: object) => ({
    what: "no signature is verified, because `mode` is 'off'",
    hint: "set `mode` to 'strict' to let only components signed by keys you trust into the bundle",
  }),
  UNVERIFIED_WASM: (v: AboutFile & { reason: string }) => ({
    what: `this output is or holds WebAssembly that no import brought in and nobody verified: ${v.reason}`,
    hint: 'import the file by name so that it is verified first, sign it, or list its source in `exclude`',
  }),
  FILE_CHANGED: (_: AboutFile) => ({
    what: 'changed while the build was running',
    hint: 'build again',
  }),
  SHIM_MISSING: (v: AboutFile & { shim: string }) => ({
    what: `this component uses WASI, and ${v.shim}, which implements it, is not installed`,
    hint: `npm install ${v.shim}`,
  }),
  TOP_LEVEL_AWAIT: (v: AboutFile & { where: string }) => ({
    what: `its exports come out of a top-level await, which ${v.where} does not have`,
    hint: `import instantiate from '${v.file ?? '<file>'}?instantiate', and call it: const { <export> } = await instantiate()`,
  }),
  FARM_PERSISTENT_CACHE: (_: object) => ({
    what: "Farm's persistent cache would let files into the bundle that this build has not verified",
    hint: 'set `compilation.persistentCache` to false in the Farm config',
  }),

  PLUGIN_TWICE: (_: object) => ({
    what: 'the plugin is used twice in one build, and the first to see a file would decide alone',
    hint: 'use it once, with the options of both; `keys` takes several sources, and `worker.plugins` of Vite has it already',
  }),

  // Declarations.
  TYPES_NOT_WRITTEN: (v: AboutFile & { reason: string }) => ({
    what: `its TypeScript declarations are not written: ${printable(v.reason, 300)}`,
    hint: 'the build goes on without them; set `types` to another folder, or to false',
  }),
  TYPES_STALE: (v: AboutFile & { files: readonly string[] }) => ({
    what: `its TypeScript declarations are not up to date: ${list(v.files, 'none')}`,
    hint: 'write them again: npx signed-wasm types, with the same options and without --check',
  }),

  // Options.
  OPTION_UNKNOWN: (v: { option: string; nearest?: string | undefined }) => ({
    what: `unknown option \`${v.option}\``,
    hint: v.nearest ? `did you mean \`${v.nearest}\`?` : 'see the options table in the README',
  }),
  OPTION_INVALID: (v: { option: string; must: string }) => ({
    what: `\`${v.option}\` must be ${v.must}`,
    hint: 'see the options table in the README',
  }),
} satisfies Record<string, (values: never) => Text>

/** Every error code. */
export type Code = keyof typeof CATALOGUE

/** The values that the catalogue's words for one code are made from. */
export type ValuesOf<C extends Code> = Parameters<(typeof CATALOGUE)[C]>[0]

/** Every code, for tests and documentation. */
export const CODES = Object.keys(CATALOGUE) as readonly Code[]

/** Names of files, keys and options stand in hints as well, so every text is escaped before it becomes words. */
function escapeAll(value: unknown): unknown {
  if (typeof value === 'string') return escapeControls(value)
  if (Array.isArray(value)) return value.map(escapeAll)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, escapeAll(item)]))
}

/**
 * An error with a stable code, what happened, and what to type next.
 *
 * The code and the hint stand in `message` too, because bundlers move or drop own properties.
 */
export class Diagnostic extends Error {
  override readonly name = 'Diagnostic'
  readonly code: Code
  /** What happened, in one sentence, without code or file. */
  declare readonly what: string
  /** What to do next. */
  declare readonly hint: string
  /** The display path of the file concerned, when there is one. */
  declare readonly file: string | undefined
  // Private, because consoles print own properties below a message that says the same.
  readonly #values: Record<string, unknown>

  constructor(code: Code, values: Record<string, unknown>, options?: ErrorOptions) {
    const shown = escapeAll(values) as Record<string, unknown>
    const { what, hint } = (CATALOGUE[code] as (values: unknown) => Text)(shown)
    const file = typeof shown['file'] === 'string' ? shown['file'] : undefined
    super(`[signed-wasm] ${code}${file === undefined ? '' : ` ${file}`}: ${what}\n  hint: ${hint}`, options)
    this.code = code
    this.#values = values
    // Hidden from consoles as well, but writable: Astro sets `hint` on every error that it shows.
    for (const [name, value] of Object.entries({ what, hint, file }))
      Object.defineProperty(this, name, { value, writable: true, configurable: true })
  }

  /** The same error, about that file. */
  at(file: string): Diagnostic {
    return new Diagnostic(this.code, { ...this.#values, file }, { cause: this.cause })
  }
}

/** Does some work on a file, and names it in a Diagnostic that does not name one. */
export function about<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof Diagnostic && error.file === undefined ? error.at(file) : error
  }
}

// `sideEffects` in package.json names this file, so that bundlers keep this line.
useDiagnostics((code, values, options) => new Diagnostic(code, values, options))
