/**
 * The words of every error, by code. Codes are for ever. One table, however long it grows: whoever looks for a code or a
 * sentence finds both here.
 */

import { inWords, type Reason } from './reasons.js'
import { firstOf, groupNames, printable, shellWord } from './text.js'

/** What happened, and what to type next. */
export type Text = { what: string; hint: string }

/** Where the words are read: hints of a build speak of options, those of a command line of flags. */
export type Door = 'options' | 'command line'

/** What an error means for whoever called: a file was refused, the call was wrong, or something could not be read or written. */
export type ExitClass = 'refused' | 'usage' | 'io'

/** One error: its exit class and its words. */
export interface Entry<V> {
  exit: ExitClass
  words: (values: V, door: Door) => Text
}

type Words<V> = Entry<V>['words']
const refusal = <V>(words: Words<V>): Entry<V> => ({ exit: 'refused', words })
const misuse = <V>(words: Words<V>): Entry<V> => ({ exit: 'usage', words })
const unreadable = <V>(words: Words<V>): Entry<V> => ({ exit: 'io', words })

const inDoor = (door: Door, options: string, commandLine: string) =>
  door === 'options' ? options : commandLine

/** What a person can do whatever the reason: the two commands that make and use a key. */
const SIGN_IT = (file: string | undefined) =>
  `sign it: npx unplugin-signed-wasm sign --write -k <name>.key ${asWord(file)}`

/** A file in a command that is to be pasted; what came from standard input has no name there. */
const asWord = (file: string | undefined) => (file === undefined || file === '-' ? '<file>' : shellWord(file))

const REINSTALL = 'get the file again from its publisher; if you built it yourself, sign it again'

const OPTIONS_TABLE = 'see the options table in the README'
const FLAGS_TABLE = 'npx unplugin-signed-wasm <command> --help tells what can be given'

/** How many items of a list are shown: of what somebody has to do something about, and of what a file claims. */
const [MAX_LISTED, MAX_CLAIMED] = [20, 5]

const list = (items: readonly string[], none: string, max = MAX_LISTED) =>
  items.length === 0 ? none : firstOf(items, max).join(', ')

/** What a file says of itself: as short as it takes to compare it. */
const claimed = (items: readonly (string | number)[]) =>
  firstOf(
    items.map((item) => printable(String(item), 64)),
    MAX_CLAIMED,
  ).join(', ')

/** `file` is a display path: relative to the project, forward slashes, never an absolute path. */
interface AboutFile {
  file?: string
}

/** Where something stands in a policy or lock, for what can point there. */
export interface Place {
  /** Display path. */
  file: string
  line: number
  column: number
}

interface Placed {
  place: Place
}

const at = ({ line, column }: Place) => `line ${line}, column ${column}`

/** A rule to be pasted into a policy. */
const pasteRule = (name: string, signers: readonly string[]) =>
  signers.length > 0
    ? `{ "files": ${JSON.stringify(name)}, "signers": [${signers.map((one) => JSON.stringify(one)).join(', ')}] }`
    : `{ "files": ${JSON.stringify(name)}, "unsigned": "<why it may>" }`

export const BOUNDED = 'no usual component takes this much; do not trust this file without knowing why'

/** Every error. The throw site gives values, this table gives words. */
export const CATALOGUE = {
  // Verdicts about a file.
  COMPONENT_UNSIGNED: refusal(
    (v: AboutFile & { layer?: string | undefined; isByIdentity?: boolean | undefined }) => ({
      what: `${v.layer === 'core module' ? 'Core module' : 'Component'} must have a valid signature, and this file has none`,
      hint: v.isByIdentity
        ? `put the Sigstore bundle of its release workflow beside it, as ${asWord(v.file)}.sigstore.json`
        : `${SIGN_IT(v.file)}, or ask its publisher for a signed one`,
    }),
  ),
  SIGNER_UNTRUSTED: refusal(
    (
      v: AboutFile & {
        keyIds: readonly string[]
        unknownAlgorithms: readonly number[]
        trusted: readonly string[]
      },
      door,
    ) => ({
      what:
        `signed by ${v.keyIds.length > 0 ? `key id ${claimed(v.keyIds)}` : 'a key that gives no id'}` +
        (v.unknownAlgorithms.length > 0
          ? ` (skipped unknown algorithm ${claimed(v.unknownAlgorithms)})`
          : '') +
        `; you trust ${list(v.trusted, 'nobody', MAX_CLAIMED)}`,
      hint: `if you trust that signer, ${inDoor(door, 'add their public key to `keys`', 'name their public key with --key')}; otherwise don't ship this file`,
    }),
  ),
  CONTENT_MODIFIED: refusal((v: AboutFile & { signers: readonly string[] }) => ({
    what: `Signature verification failed: ${list(v.signers, 'a trusted key', MAX_CLAIMED)} signed other content than this`,
    hint: REINSTALL,
  })),
  SIGNATURE_PARTIAL: refusal((v: AboutFile & { signers: readonly string[]; unsignedBytes: number }) => ({
    what: `${list(v.signers, 'a trusted key', MAX_CLAIMED)} signed only parts of this file; ${v.unsignedBytes} bytes are not covered`,
    hint: `${SIGN_IT(v.file)}, which covers the whole file`,
  })),
  SIGNATURE_INVALID: refusal(
    (v: (AboutFile & { reason: string | Reason }) | (AboutFile & { damage: Reason })) => ({
      what: `Signature verification failed: ${'damage' in v ? `the signature data is damaged: ${inWords(v.damage)}` : inWords(v.reason)}`,
      hint: REINSTALL,
    }),
  ),
  SIGNATURE_KEYLESS: refusal((v: AboutFile) => ({
    what: 'carries a keyless signature, as wsc embeds it: an identity in the place of a key, which is not verified here',
    hint: `ask its publisher for a signature by a key, or make your own in its place: npx unplugin-signed-wasm sign --write --replace -k <name>.key ${asWord(v.file)}`,
  })),
  BUNDLE_INVALID: refusal((v: AboutFile & { reason: string }) => ({
    what: `Signature verification failed: the Sigstore bundle beside it counts for nothing: ${v.reason}`,
    hint: 'get the file and its bundle once more from the same release',
  })),
  SERVICE_UNKNOWN: refusal((v: AboutFile & { reason: string }, door) => ({
    what: `the Sigstore bundle beside it is from a service that is not trusted: ${v.reason}`,
    hint: `if it is a new one of the public services, update unplugin-signed-wasm; else name a trusted root that has it by ${inDoor(door, '`trustedRoot`', '--trusted-root')}`,
  })),
  BUNDLE_UNSUPPORTED: refusal((v: AboutFile & { reason: string }) => ({
    what: `the Sigstore bundle beside it is of a kind that is not verified: ${v.reason}`,
    hint: 'have the file signed by a release workflow on the public Sigstore services, or with a key: npx unplugin-signed-wasm sign',
  })),
  BUNDLE_MISMATCH: refusal((v: AboutFile & { reason: string }) => ({
    what: `Signature verification failed: the Sigstore bundle beside it is not for this file: ${v.reason}`,
    hint: 'get the file and its bundle from the same release; sign with a key first and make the bundle last, since it covers every byte',
  })),
  IDENTITY_UNTRUSTED: refusal((v: AboutFile & { reason: string; trusted: readonly string[] }) => ({
    what: `the Sigstore bundle beside it is not of an identity that is trusted: ${v.reason}; you trust ${list(v.trusted, 'nobody', MAX_CLAIMED)}`,
    hint: "if you trust that identity, add it as it stands there; otherwise don't ship this file",
  })),
  WASM_MALFORMED: refusal((v: AboutFile & { reason: string | Reason }) => ({
    what: `not a WebAssembly binary that can be read: ${inWords(v.reason)}`,
    hint: 'check that the file is complete and is what its name says',
  })),
  FEATURE_UNKNOWN: refusal((v: AboutFile & { feature: string; byte: number; offset: number }) => ({
    what: `uses a feature that this version does not know: ${v.feature} 0x${v.byte.toString(16).padStart(2, '0')} before offset ${v.offset}`,
    hint: 'update unplugin-signed-wasm, or have the component built without that feature',
  })),
  LAYER_MISMATCH: refusal((v: AboutFile & { found: string; wanted: string }) => ({
    what: `this is ${v.found}, and a ${v.wanted} is needed here`,
    hint:
      v.wanted === 'component'
        ? 'make a component of it first, e.g. with `jco new` or `jco parse`, and sign the result'
        : 'use the core module itself',
  })),
  SIGNER_REVOKED: refusal((v: AboutFile & { signers: readonly string[] }) => ({
    what: `signed by ${list(v.signers, 'a key', MAX_CLAIMED)}, which is revoked`,
    hint: 'get a file signed by a key that is still trusted',
  })),
  DIGEST_MISMATCH: refusal((_: AboutFile) => ({
    what: 'this is not the file of the build',
    hint: 'deploy the .wasm files and the JavaScript of one build together, or build again',
  })),
  FILE_REVOKED: refusal((v: AboutFile & { digest: string }) => ({
    what: `the content ${v.digest} is revoked`,
    hint: 'use another release of this file',
  })),

  // What a policy demands of a file beside a signature.
  PACKAGE_ZIPPED: refusal((v: AboutFile & { name: string }) => ({
    what: 'lies in an archive of Yarn, into which the commands of the policy cannot look, so that nothing of it could be locked',
    hint: `have Yarn lay the package down as files: yarn unplug ${shellWord(v.name)}, or all of them with "nodeLinker: node-modules" in .yarnrc.yml`,
  })),
  NO_RULE: refusal(
    (v: AboutFile & { name?: string | undefined; signers: readonly string[]; known: readonly string[] }) => ({
      what: `no rule of the policy names ${v.name ?? 'it'}, and what no rule names is refused`,
      hint: `if it may ship, add a rule to signed-wasm.json: ${pasteRule(v.name ?? '<file>', v.signers.length > 0 || v.known.length === 0 ? v.signers : v.known)}`,
    }),
  ),
  SIGNERS_MISSING: refusal(
    (
      v: AboutFile &
        Partial<Placed> & {
          rule: string
          found: readonly string[]
          wanted?: readonly string[]
          threshold?: number
          ended?: readonly string[]
        },
    ) =>
      v.wanted === undefined
        ? {
            what: `the rule for ${v.rule} pins it as unsigned, and it carries a signature${v.found.length > 0 ? ` of ${list(v.found, '', MAX_CLAIMED)}` : ''}`,
            hint: 'name who may sign it in that rule, "signers" in the place of "unsigned"',
          }
        : {
            what: `the rule for ${v.rule} wants ${v.threshold === 1 && v.wanted.length === 1 ? '' : `${v.threshold} of `}${list(v.wanted, 'nobody')}, and it is signed by ${list(v.found, 'nobody', MAX_CLAIMED)}${v.ended ? `; over is the time of ${list(v.ended, '')}` : ''}`,
            hint: `have them sign it as well: npx unplugin-signed-wasm sign --write -k <name>.key ${asWord(v.file)}`,
          },
  ),
  IMPORT_NOT_ALLOWED: refusal(
    (v: AboutFile & Partial<Placed> & { rule: string; imports: readonly string[] }) => ({
      what: `imports ${list(groupNames(v.imports), 'nothing')}, which the rule for ${v.rule} does not allow`,
      hint: 'if it may, add what it imports to "imports" of that rule; if nobody expects it to, do not ship this file',
    }),
  ),

  LOCK_MISSING: refusal((v: AboutFile & { name: string; lock: string }) => ({
    what: `${v.name} is not in ${v.lock}, and a rule wants it to be`,
    hint: `look at what it is, then lock it: npx unplugin-signed-wasm lock ${asWord(v.file)}`,
  })),
  LOCK_DIFFERS: refusal((v: AboutFile & Placed & { lock: string; differences: readonly string[] }) => ({
    what: `is not what ${v.lock} holds: ${list(v.differences, 'it differs')}`,
    hint: `if that is meant to be, lock it anew: npx unplugin-signed-wasm lock ${asWord(v.file)}`,
  })),

  // Reading files.
  FILE_UNREADABLE: unreadable((v: AboutFile & { reason: string }) => ({
    what: `cannot be read: ${v.reason}`,
    hint: 'check the path and its permissions',
  })),
  FILE_TOO_LARGE: unreadable((v: AboutFile & { bytes?: number; maxBytes: number }, door) => ({
    what: `is ${v.bytes ?? 'more'} bytes, and at most ${v.maxBytes} are read`,
    hint: inDoor(
      door,
      'raise `limits.maxFileBytes` if the file is meant to be this large',
      'check that this is the file you mean; --max-bytes raises what is read of a component, up to 2147483647',
    ),
  })),
  FILE_NOT_REGULAR: unreadable((_: AboutFile) => ({
    what: 'is not a regular file',
    hint: 'point at the file itself, not at a folder, pipe or device',
  })),

  FILE_OUTSIDE: refusal((_: AboutFile) => ({
    what: 'was found through a link that leads out of the repository, and is not looked at unasked',
    hint: 'name it by its own path if it is meant, or take the link away',
  })),
  NOTHING_MATCHED: unreadable((v: { pattern: string; leftOut: readonly string[] }) => ({
    what: `nothing matches ${v.pattern}${v.leftOut.length === 0 ? '' : `; left out were: ${list(v.leftOut, '')}`}`,
    hint: 'check the pattern, and quote it, so that the shell leaves it as it is; it counts from the current folder',
  })),

  FILE_EXISTS: unreadable((_: AboutFile, door) => ({
    what: 'is there already, and is left as it is',
    hint: inDoor(
      door,
      'choose another name, or remove it',
      'choose another name, or overwrite it with --force',
    ),
  })),
  FILE_UNWRITABLE: unreadable((v: AboutFile & { reason: string }) => ({
    what: `cannot be written: ${v.reason}`,
    hint: 'check the folder, its permissions and the free space',
  })),

  OUTPUT_CLASH: misuse((v: AboutFile & { other: string }) => ({
    what: `would be written in the place of ${v.other}`,
    hint: 'choose another name for it',
  })),
  COMMAND_MISUSED: misuse((v: { what: string; command: string }) => ({
    what: v.what,
    hint: `npx unplugin-signed-wasm ${v.command} --help`,
  })),

  // Keys.
  NO_TRUSTED_KEYS: unreadable((v: { looked: readonly string[] }, door) => ({
    what: `No trusted keys found (looked at ${list(v.looked, inDoor(door, 'no source: `keys` is empty', 'no source'))})`,
    hint:
      'make a key and sign with it:\n' +
      '    npx unplugin-signed-wasm keygen release\n' +
      '    npx unplugin-signed-wasm sign --write -k release.key <file>\n' +
      `  then trust it: ${inDoor(door, "keys: ['release.pub']", '--key release.pub')}`,
  })),
  KEY_NOT_FOUND: unreadable((v: { source: string; folder: string }, door) => ({
    what: `no key file matches ${v.source} in ${v.folder}`,
    hint: `check the path: ${inDoor(door, 'in `keys` it counts from the project root', 'it counts from the current folder')}, and in a policy file from the folder of that`,
  })),
  KEY_UNREADABLE: unreadable((v: { source: string; reason: string; isUnopened?: boolean }) => ({
    what: `${v.source} cannot be read as a key: ${v.reason}`,
    hint: v.isUnopened
      ? 'check the path and its permissions, or take it out of the folder'
      : 'give an Ed25519 key as PEM, DER, JWK, OpenSSH line, raw bytes, hex or base64',
  })),
  KEY_WEAK: unreadable((v: { source: string; reason: string }) => ({
    what: `${v.source} is not a safe Ed25519 public key: ${v.reason}`,
    hint: 'remove it and make a new key: npx unplugin-signed-wasm keygen <name>',
  })),
  KEY_SECRET: unreadable((v: { source: string }) => ({
    what: `${v.source} is a secret key where a public key belongs`,
    hint: 'use the public half (the .pub file), and keep the secret half out of the project',
  })),
  KEY_NOT_SECRET: unreadable((v: { source: string }) => ({
    what: `${v.source} is a public key, and signing takes the secret one`,
    hint: 'use the .key file that was made together with it',
  })),
  KEY_ENCRYPTED: unreadable((v: { source: string }) => ({
    what: `${v.source} is protected by a passphrase, which is not supported`,
    hint: 'decrypt it first, e.g. with `openssl pkey` or `ssh-keygen -p`',
  })),
  KEY_MISMATCH: unreadable((v: { source: string }) => ({
    what: `${v.source} holds a public half that does not belong to its secret half`,
    hint: 'make a new pair: npx unplugin-signed-wasm keygen <name>',
  })),
  KEY_ENV_UNSET: unreadable((v: { variable: string; holds?: 'public key' | 'secret key' }, door) => ({
    what: `the environment variable ${v.variable}, named ${inDoor(door, 'in `keys`', 'by --key-env')}, is not set`,
    hint: `set ${v.variable} to a ${v.holds ?? 'public key'}, or ${
      v.holds === 'secret key'
        ? 'name a file that holds one with -k'
        : inDoor(door, `remove { env: '${v.variable}' } from \`keys\``, `leave out --key-env ${v.variable}`)
    }`,
  })),
  KEY_FINGERPRINT: unreadable((v: { source: string; found: readonly string[]; wanted: string }) => ({
    what: `${v.source} holds ${list(v.found, 'no key')}, not the key ${v.wanted} that is pinned`,
    hint: 'correct the value, or the `fingerprint` beside it if the key was changed on purpose',
  })),
  ALREADY_SIGNED: refusal((_: AboutFile) => ({
    what: 'carries a signature already',
    hint: 'take it off first: npx unplugin-signed-wasm detach <file> -o <file> -S <file>.sig',
  })),
  NOT_SIGNED: refusal((_: AboutFile) => ({
    what: 'carries no signature',
    hint: 'sign it first: npx unplugin-signed-wasm sign --write -k <name>.key <file>',
  })),
  SIGNATURE_UNUSABLE: refusal((v: AboutFile & { reason: string }) => ({
    what: `the signature that was made elsewhere cannot be used: ${v.reason}`,
    hint: 'sign the bytes of --message-out, unhashed, with the Ed25519 key whose public half you gave',
  })),
  NOT_CANONICAL: refusal((v: AboutFile) => ({
    what: 'has section lengths that are not in their shortest form, and a signature is over that form',
    hint: `write that form as well: npx unplugin-signed-wasm sign --detached --write -k <name>.key ${asWord(v.file)}`,
  })),
  SIGNATURE_STALE: refusal((v: AboutFile) => ({
    what: 'the detached signature beside it is over other content than this',
    hint: `make a new one in its place: npx unplugin-signed-wasm sign --detached --replace -k <name>.key ${asWord(v.file)}`,
  })),
  SIGNATURE_DUPLICATE: refusal((v: AboutFile) => ({
    what: 'is already signed by this key',
    hint: 'nothing to do; verify it: npx unplugin-signed-wasm verify --key <name>.pub ' + asWord(v.file),
  })),

  // Bindings.
  UNSAFE_NAME: refusal((v: AboutFile & { name: string; reason: string }) => ({
    what: `holds the name "${printable(v.name)}": ${v.reason}`,
    hint: 'names of imports and exports become part of generated code; have the component rebuilt with a plain name',
  })),
  IMPORTS_MISSING: refusal((v: AboutFile & { names: readonly string[] }) => ({
    what: `imports ${list(
      v.names.map((name) => printable(name)),
      'nothing',
    )}, which nobody provides`,
    hint: 'name a module for each in `imports`, or import the file with `?instantiate` and pass them yourself',
  })),
  NESTING_TOO_DEEP: refusal((v: AboutFile & { maxDepth: number }) => ({
    what: `components nest more than ${v.maxDepth} deep`,
    hint: 'no toolchain does this by itself; do not trust this file',
  })),
  TRANSPILE_FAILED: refusal((v: AboutFile & { reason: string }) => ({
    what: `jco cannot make bindings for it: ${printable(v.reason, 500)}`,
    hint: 'check that the component is valid and was made by a current toolchain',
  })),
  TRANSPILE_TIMEOUT: refusal((v: AboutFile & { timeoutMs: number }, door) => ({
    what: `jco did not finish within ${v.timeoutMs} ms`,
    hint: inDoor(door, 'raise `limits.timeoutMs` if the component is meant to be this complex', BOUNDED),
  })),
  TRANSPILE_MEMORY: refusal((v: AboutFile & { maxMemoryBytes: number }, door) => ({
    what: `jco took more than ${v.maxMemoryBytes} bytes of memory`,
    hint: inDoor(door, 'raise `limits.maxMemoryBytes` if the component is meant to be this complex', BOUNDED),
  })),
  TRANSPILE_TOO_LARGE: refusal((v: AboutFile & { outputBytes: number; maxOutputBytes: number }, door) => ({
    what: `jco made ${v.outputBytes} bytes of bindings for it, and at most ${v.maxOutputBytes} are taken`,
    hint: inDoor(door, 'raise `limits.maxOutputBytes` if the component is meant to be this large', BOUNDED),
  })),
  SEAM_CHANGED: refusal((v: AboutFile & { seam: string; matches: number }) => ({
    what: `jco's code has the ${v.seam} ${v.matches} times where one is expected`,
    hint: 'report it with the component: this package has one version of jco, and did not expect this of it',
  })),

  // Builds.
  VERIFICATION_OFF: refusal((_: object, door) => ({
    what: inDoor(
      door,
      "no signature is verified, because `mode` is 'off'",
      'nothing can be said, because the policy opens no key: its "mode" is "off"',
    ),
    hint: inDoor(
      door,
      "set `mode` to 'strict' to let only components signed by keys you trust into the bundle",
      'take "mode" out of signed-wasm.json, or make it "strict"',
    ),
  })),
  UNVERIFIED_WASM: refusal((v: AboutFile & { reason: string }) => ({
    what: `this output is or holds WebAssembly that no import brought in and nobody verified: ${v.reason}`,
    hint: 'import the file by name so that it is verified first, sign it, or list its source in `exclude`',
  })),
  WASM_EXTERNAL: refusal((v: AboutFile & { importer?: string | undefined }) => ({
    what: `the import ${v.importer === undefined ? '' : `in ${v.importer} `}is left in the output, and nobody verifies the file that it gets when it runs`,
    hint: `let the bundler have it: take it out of \`external\` and the like; or let it pass: exclude: ['${v.file ?? '<file>'}']`,
  })),
  PACKAGE_UNVERIFIED: refusal((v: { packages: readonly { name: string; files: readonly string[] }[] }) => ({
    what:
      "packages bring core modules that no trusted key has signed, and `packages: 'verify'` demands it: " +
      v.packages.map(({ name, files }) => `${name} (${list(files, 'none', MAX_CLAIMED)})`).join('; '),
    hint: `let those pass that you have reviewed: exclude: [${v.packages.map(({ name }) => `'npm:${name}'`).join(', ')}]`,
  })),
  PACKAGE_REFUSED: refusal(
    (v: {
      files: readonly { name: string; code: string; through: readonly string[] }[]
      rules: readonly string[]
    }) => ({
      what: `packages bring WebAssembly that the policy does not let in: ${list(
        v.files.map(
          ({ name, code, through }) =>
            `${name} (${[code, ...through.slice(0, 1).map((one) => `through ${one}`)].join(', ')})`,
        ),
        'none',
      )}`,
      hint:
        v.rules.length === 0
          ? 'npx unplugin-signed-wasm explain <file> says what is wrong with each'
          : `if they may ship, add to "rules" of signed-wasm.json: ${v.rules.map((name) => pasteRule(name, [])).join(', ')}`,
    }),
  ),
  RECHECK_BY_DIGEST: refusal((_: AboutFile) => ({
    what: 'several rules, several signers or an identity bind this file, so that a page checks by its digest that it is the file of the build',
    hint: "nothing to do; with recheck: 'digest' it is the same for all files",
  })),
  FILE_CHANGED: unreadable((_: AboutFile) => ({
    what: 'changed while the build was running',
    hint: 'build again',
  })),
  RECHECK_UNSUPPORTED: refusal((v: AboutFile & { recheck: string }) => ({
    what: `\`recheck: '${v.recheck}'\` needs the whole file, and here its core modules are files of their own`,
    hint: "set `recheck` to 'off': what a build ships it has verified",
  })),
  MODULES_UNSUPPORTED: refusal((v: AboutFile & { where: string }) => ({
    what: `its core modules cannot be files of their own in ${v.where}`,
    hint: "set `asset` to 'file' or 'inline'; for a runtime that compiles nothing, choose ES modules and a bundler that the README names",
  })),
  MODULES_UNCLEAR: refusal((_: AboutFile) => ({
    what: 'its core modules are to be files of their own, and this bundler does not tell for what it builds',
    hint: "asset: { modules: 'import' } for a runtime that hands them over compiled, { modules: 'url' } for pages and Node",
  })),
  SHIM_MISSING: refusal((v: AboutFile & { shim: string }) => ({
    what: `this component uses WASI, and ${v.shim}, which implements it, is not installed`,
    hint: `npm install ${v.shim}`,
  })),
  SHIM_UNUSABLE: refusal((v: AboutFile & { shim: string; runtime: string }) => ({
    what: `this component uses WASI, and ${v.shim} is not found in a form for ${v.runtime}`,
    hint: "take 'node' out of the conditions of this build, let it resolve packages, or name modules of yours in `imports`",
  })),
  TOP_LEVEL_AWAIT: refusal((v: AboutFile & { specifier?: string | undefined; where: string }) => ({
    what: `its exports come out of a top-level await, which ${v.where} does not have`,
    hint: `import instantiate from '${printable(v.specifier ?? v.file ?? '<file>')}?instantiate', and call it: const { <export> } = await instantiate()`,
  })),
  IMPORT_UNSUPPORTED: refusal((v: AboutFile & { asks: string; forFile?: string }) => ({
    what: `${v.asks} asks for something else than the exports of a component, which are all that it gives`,
    hint: `import hello from '${v.file ?? '<file>'}' for its exports, or ${v.forFile ?? `new URL('${v.file ?? '<file>'}', import.meta.url)`} for the file`,
  })),
  REQUIRE_UNSUPPORTED: refusal((v: AboutFile) => ({
    what: 'require() cannot wait for a component to be compiled',
    hint: `const hello = await import('./${v.file?.replace(/^.*[\\/]/, '') ?? '<file>'}')`,
  })),
  CORE_MODULE_UNSUPPORTED: refusal((v: AboutFile & { isDeno?: boolean }) =>
    v.isDeno === true
      ? {
          what: 'it is a core module, which Deno does not take from hooks',
          hint: `load it instead: loadVerified(new URL('${v.file ?? '<file>'}', import.meta.url), { keys, as: 'module' }), from unplugin-signed-wasm/runtime`,
        }
      : {
          what: 'it is a core module, which this Node imports only with a flag',
          hint: 'start it with --experimental-wasm-modules, or take Node 22.19, 24.5 or later',
        },
  ),
  ENTRY_MISMATCH: misuse((v: { entry: string; where: string; use: string }) => ({
    what: `unplugin-signed-wasm/${v.entry} has no effect in ${v.where}, and nothing would be verified`,
    hint: v.use,
  })),
  COMPONENT_UNLISTED: refusal((_: AboutFile) => ({
    what: 'Turbopack takes what next.config has found in the project and its packages, and this component was not there then',
    hint: 'start Next.js again, in the folder of the project; move what lies elsewhere into it, or into a package',
  })),
  NEXT_UNSUPPORTED: misuse((v: { found: string; why: string }) => ({
    what: `${v.found} is not supported: ${v.why}`,
    hint: 'take Next.js 16.2 or later, or from 15.5 on its webpack: `--webpack` in 16, and no `--turbopack` in 15',
  })),
  FARM_PERSISTENT_CACHE: misuse((_: object) => ({
    what: "Farm's persistent cache would let files into the bundle that this build has not verified",
    hint: 'set `compilation.persistentCache` to false in the Farm config',
  })),

  PLUGIN_TWICE: misuse((_: object) => ({
    what: 'the plugin is used twice in one build, and the first to see a file would decide alone',
    hint: 'use it once, with the options of both; `keys` takes several sources, and `worker.plugins` of Vite has it already',
  })),

  // Declarations.
  TYPES_NOT_WRITTEN: refusal((v: AboutFile & { reason: string }) => ({
    what: `its TypeScript declarations are not written: ${printable(v.reason, 300)}`,
    hint: 'the build goes on without them; set `types` to another folder, or to false',
  })),
  TYPES_FOREIGN: unreadable((_: AboutFile) => ({
    what: 'is there already, was not written here, and is left as it is',
    hint: 'move it away, or have the declarations written into another folder',
  })),
  TYPES_STALE: refusal((v: AboutFile & { files: readonly string[] }) => ({
    what: `its TypeScript declarations are not up to date: ${list(v.files, 'none')}`,
    hint: 'write them again: npx unplugin-signed-wasm types, with the same options and without --check',
  })),

  // Policies and locks.
  NO_POLICY: unreadable((_: object) => ({
    what: 'there is no signed-wasm.json here, nor above in the repository',
    hint: 'npx unplugin-signed-wasm init writes one to start from',
  })),
  POLICY_INVALID: misuse((v: AboutFile & Placed & { reason: string }) => ({
    what: `${at(v.place)}: ${v.reason}`,
    hint: 'correct it there; a "$schema" at its top lets an editor check it as you type',
  })),
  IDENTITY_INVALID: misuse((v: Partial<Placed> & { name: string; reason: string }) => ({
    what: `${v.place ? `${at(v.place)}: ` : ''}the identity ${v.name} cannot be that of any signer: ${v.reason}`,
    hint: 'write it as the certificate has it: npx unplugin-signed-wasm inspect <file>.wasm shows what a bundle says',
  })),
  TRUSTED_ROOT_INVALID: unreadable((v: AboutFile & { reason: string }) => ({
    what: `this is no trusted root of Sigstore: ${v.reason}`,
    hint: 'make it again: gh attestation trusted-root, or cosign trusted-root create',
  })),
  SIGNER_TWICE: misuse((v: AboutFile & Placed & { name: string; other: string }) => ({
    what: `${at(v.place)}: ${v.name === v.other ? `the signer ${v.name} stands here a second time` : `the signer ${v.name} has the key of ${v.other}`}, and one key is one signer`,
    hint: 'take one of the two out',
  })),

  LOCK_INVALID: misuse((v: AboutFile & Placed & { reason: string }) => ({
    what: `${at(v.place)}: ${v.reason}`,
    hint: 'where two branches met, take the lines of both; or remove the file and lock all anew: npx unplugin-signed-wasm lock',
  })),

  REPORT_INVALID: misuse((v: AboutFile & Placed & { reason: string }) => ({
    what: `${at(v.place)}: ${v.reason}`,
    hint: 'take the file that a build has written, as its configuration names it',
  })),
  OUTPUT_ADDED: refusal((_: AboutFile) => ({
    what: 'is or holds WebAssembly, and the report of the build has no such output',
    hint: 'find out where it comes from; if it is meant, build anew, with it in the output',
  })),
  OUTPUT_CHANGED: refusal((_: AboutFile) => ({
    what: 'holds other WebAssembly than the report of the build says',
    hint: 'deploy what was built, or build anew',
  })),
  OUTPUT_MISSING: refusal((_: AboutFile) => ({
    what: 'is not there, and the report of the build says that it is',
    hint: 'deploy all that was built; the folder to be named is that of the output, or the one that all outputs of the build are in',
  })),

  // Options.
  OPTION_UNKNOWN: misuse((v: { option: string; nearest?: string | undefined; known: readonly string[] }) => ({
    what: `unknown option \`${v.option}\``,
    hint: `${v.nearest ? `did you mean \`${v.nearest}\`? ` : ''}there are: ${v.known.join(', ')}`,
  })),
  OPTION_INVALID: misuse((v: { option: string; must: string }, door) => ({
    what: `\`${v.option}\` must be ${v.must}`,
    hint: inDoor(door, OPTIONS_TABLE, FLAGS_TABLE),
  })),
} satisfies Record<string, Entry<never>>

/** Every error code. */
export type Code = keyof typeof CATALOGUE

/** The values that the catalogue's words for one code are made from. */
export type ValuesOf<C extends Code> = Parameters<(typeof CATALOGUE)[C]['words']>[0]

/** Every code, for tests and documentation. */
export const CODES = Object.keys(CATALOGUE) as readonly Code[]
