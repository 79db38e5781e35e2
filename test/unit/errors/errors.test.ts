import { describe, expect, it } from 'vitest'
import { ALIASES, COMMANDS } from '../../../src/cli/commands.js'
import { type Code, CODES, type ValuesOf } from '../../../src/errors/catalogue.js'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import { escapeControls, printable } from '../../../src/errors/text.js'
import { problem } from '../../../src/errors/raise.js'

const file = 'src/hello.wasm'
const source = 'release.pub'
const place = { file: 'signed-wasm.json', line: 3, column: 5 }

/** Values for every code, and what the sentence then says: the one place where the wording is checked. */
const WORDING: { [C in Code]: [values: ValuesOf<C>, what: string] } = {
  COMPONENT_UNSIGNED: [{ file }, 'Component must have a valid signature, and this file has none'],
  SIGNER_UNTRUSTED: [
    { file, keyIds: ['3f9a', 'c201'], unknownAlgorithms: [], trusted: ['acme', 'ci'] },
    'signed by key id 3f9a, c201; you trust acme, ci',
  ],
  CONTENT_MODIFIED: [
    { file, signers: ['acme'] },
    'Signature verification failed: acme signed other content than this',
  ],
  SIGNATURE_PARTIAL: [
    { file, signers: [], unsignedBytes: 7 },
    'a trusted key signed only parts of this file; 7 bytes are not covered',
  ],
  SIGNATURE_INVALID: [{ file, reason: 'it is damaged' }, 'Signature verification failed: it is damaged'],
  SIGNATURE_KEYLESS: [
    { file },
    'carries a keyless signature, as wsc embeds it: an identity in the place of a key, which is not verified here',
  ],
  WASM_MALFORMED: [{ file, reason: 'no preamble' }, 'not a WebAssembly binary that can be read: no preamble'],
  FEATURE_UNKNOWN: [
    { file, feature: 'form of a name', byte: 3, offset: 14 },
    'uses a feature that this version does not know: form of a name 0x03 before offset 14',
  ],
  BUNDLE_INVALID: [
    { file, reason: 'it does not hold: certificate has expired' },
    'Signature verification failed: the Sigstore bundle beside it counts for nothing: it does not hold: certificate has expired',
  ],
  SERVICE_UNKNOWN: [
    { file, reason: 'its log is none that the trusted root knows' },
    'the Sigstore bundle beside it is from a service that is not trusted: its log is none that the trusted root knows',
  ],
  BUNDLE_UNSUPPORTED: [
    { file, reason: 'it is signed with a bare key' },
    'the Sigstore bundle beside it is of a kind that is not verified: it is signed with a bare key',
  ],
  BUNDLE_MISMATCH: [
    { file, reason: 'it is about another file' },
    'Signature verification failed: the Sigstore bundle beside it is not for this file: it is about another file',
  ],
  IDENTITY_UNTRUSTED: [
    { file, reason: 'it is signed by somebody', trusted: ['a workflow, by an issuer'] },
    'the Sigstore bundle beside it is not of an identity that is trusted: it is signed by somebody; you trust a workflow, by an issuer',
  ],
  LAYER_MISMATCH: [
    { file, found: 'a core module', wanted: 'component' },
    'this is a core module, and a component is needed here',
  ],
  SIGNER_REVOKED: [{ file, signers: ['acme'] }, 'signed by acme, which is revoked'],
  DIGEST_MISMATCH: [{ file }, 'this is not the file of the build'],
  FILE_REVOKED: [{ file, digest: 'ab12' }, 'the content ab12 is revoked'],
  NO_RULE: [
    { file, name: 'npm:hello/a.wasm', signers: [], known: ['release'] },
    'no rule of the policy names npm:hello/a.wasm, and what no rule names is refused',
  ],
  SIGNERS_MISSING: [
    { file, rule: 'npm:@acme/pay', wanted: ['release', 'security'], threshold: 2, found: ['release'] },
    'the rule for npm:@acme/pay wants 2 of release, security, and it is signed by release',
  ],
  IMPORT_NOT_ALLOWED: [
    { file, rule: 'src/**', imports: ['wasi:filesystem/preopens@0.2', 'wasi:filesystem/types@0.2', 'log'] },
    'imports wasi:filesystem/{preopens,types}@0.2, log, which the rule for src/** does not allow',
  ],
  LOCK_MISSING: [
    { file, name: 'npm:hello/a.wasm', lock: 'signed-wasm.lock.json' },
    'npm:hello/a.wasm is not in signed-wasm.lock.json, and a rule wants it to be',
  ],
  LOCK_DIFFERS: [
    { file, lock: 'signed-wasm.lock.json', differences: ['imports + log', 'other content'], place },
    'is not what signed-wasm.lock.json holds: imports + log, other content',
  ],
  LOCK_INVALID: [{ file: 'signed-wasm.lock.json', place, reason: 'it is' }, 'line 3, column 5: it is'],
  REPORT_INVALID: [{ file: 'report.json', place, reason: 'it is' }, 'line 3, column 5: it is'],
  OUTPUT_ADDED: [{ file }, 'is or holds WebAssembly, and the report of the build has no such output'],
  OUTPUT_CHANGED: [{ file }, 'holds other WebAssembly than the report of the build says'],
  OUTPUT_MISSING: [{ file }, 'is not there, and the report of the build says that it is'],
  FILE_UNREADABLE: [{ file, reason: 'EACCES' }, 'cannot be read: EACCES'],
  FILE_TOO_LARGE: [{ file, bytes: 9, maxBytes: 8 }, 'is 9 bytes, and at most 8 are read'],
  FILE_NOT_REGULAR: [{ file }, 'is not a regular file'],
  FILE_OUTSIDE: [
    { file },
    'was found through a link that leads out of the repository, and is not looked at unasked',
  ],
  NOTHING_MATCHED: [
    { pattern: 'src/*.wasm', leftOut: ['node_modules (1)'] },
    'nothing matches src/*.wasm; left out were: node_modules (1)',
  ],
  OUTPUT_CLASH: [{ file, other: 'release.key' }, 'would be written in the place of release.key'],
  COMMAND_MISUSED: [{ what: 'give a file', command: 'verify' }, 'give a file'],
  FILE_EXISTS: [{ file }, 'is there already, and is left as it is'],
  FILE_UNWRITABLE: [{ file, reason: 'ENOSPC' }, 'cannot be written: ENOSPC'],
  NO_TRUSTED_KEYS: [{ looked: ['keys/*.pub'] }, 'No trusted keys found (looked at keys/*.pub)'],
  KEY_NOT_FOUND: [{ source, folder: '/app' }, 'no key file matches release.pub in /app'],
  KEY_UNREADABLE: [{ source, reason: 'it is empty' }, 'release.pub cannot be read as a key: it is empty'],
  KEY_WEAK: [
    { source, reason: 'it is of small order' },
    'release.pub is not a safe Ed25519 public key: it is of small order',
  ],
  KEY_SECRET: [{ source }, 'release.pub is a secret key where a public key belongs'],
  KEY_NOT_SECRET: [{ source }, 'release.pub is a public key, and signing takes the secret one'],
  KEY_ENCRYPTED: [{ source }, 'release.pub is protected by a passphrase, which is not supported'],
  KEY_MISMATCH: [{ source }, 'release.pub holds a public half that does not belong to its secret half'],
  KEY_ENV_UNSET: [{ variable: 'TRUSTED' }, 'the environment variable TRUSTED, named in `keys`, is not set'],
  KEY_FINGERPRINT: [
    { source, found: ['ab'], wanted: 'cd' },
    'release.pub holds ab, not the key cd that is pinned',
  ],
  ALREADY_SIGNED: [{ file }, 'carries a signature already'],
  NOT_SIGNED: [{ file }, 'carries no signature'],
  SIGNATURE_UNUSABLE: [
    { file, reason: 'it is short' },
    'the signature that was made elsewhere cannot be used: it is short',
  ],
  NOT_CANONICAL: [
    { file },
    'has section lengths that are not in their shortest form, and a signature is over that form',
  ],
  SIGNATURE_STALE: [{ file }, 'the detached signature beside it is over other content than this'],
  SIGNATURE_DUPLICATE: [{ file }, 'is already signed by this key'],
  UNSAFE_NAME: [{ file, name: 'a"b', reason: 'a quote' }, 'holds the name "a"b": a quote'],
  IMPORTS_MISSING: [{ file, names: ['a', 'b'] }, 'imports a, b, which nobody provides'],
  NESTING_TOO_DEEP: [{ file, maxDepth: 32 }, 'components nest more than 32 deep'],
  TRANSPILE_FAILED: [{ file, reason: 'a trap' }, 'jco cannot make bindings for it: a trap'],
  TRANSPILE_TIMEOUT: [{ file, timeoutMs: 5 }, 'jco did not finish within 5 ms'],
  TRANSPILE_MEMORY: [{ file, maxMemoryBytes: 5 }, 'jco took more than 5 bytes of memory'],
  TRANSPILE_TOO_LARGE: [
    { file, outputBytes: 6, maxOutputBytes: 5 },
    'jco made 6 bytes of bindings for it, and at most 5 are taken',
  ],
  SEAM_CHANGED: [
    { file, seam: 'loader', matches: 2 },
    "jco's code has the loader 2 times where one is expected",
  ],
  VERIFICATION_OFF: [{}, "no signature is verified, because `mode` is 'off'"],
  UNVERIFIED_WASM: [
    { file, reason: 'an asset' },
    'this output is or holds WebAssembly that no import brought in and nobody verified: an asset',
  ],
  WASM_EXTERNAL: [
    { file, importer: 'main.js' },
    'the import in main.js is left in the output, and nobody verifies the file that it gets when it runs',
  ],
  PACKAGE_UNVERIFIED: [
    { packages: [{ name: 'undici', files: ['lib/a.wasm'] }] },
    "packages bring core modules that no trusted key has signed, and `packages: 'verify'` demands it: undici (lib/a.wasm)",
  ],
  PACKAGE_ZIPPED: [
    { file, name: '@acme/pay' },
    'lies in an archive of Yarn, into which the commands of the policy cannot look, so that nothing of it could be locked',
  ],
  PACKAGE_REFUSED: [
    {
      files: [
        { name: 'npm:undici/lib/a.wasm', code: 'NO_RULE', through: ['got', 'http'] },
        { name: 'npm:x/a.wasm', code: 'LOCK_DIFFERS', through: [] },
      ],
      rules: ['npm:undici/lib/a.wasm'],
    },
    'packages bring WebAssembly that the policy does not let in: npm:undici/lib/a.wasm (NO_RULE, through got), npm:x/a.wasm (LOCK_DIFFERS)',
  ],
  RECHECK_BY_DIGEST: [
    { file },
    'several rules, several signers or an identity bind this file, so that a page checks by its digest that it is the file of the build',
  ],
  FILE_CHANGED: [{ file }, 'changed while the build was running'],
  RECHECK_UNSUPPORTED: [
    { file, recheck: 'digest' },
    "`recheck: 'digest'` needs the whole file, and here its core modules are files of their own",
  ],
  MODULES_UNSUPPORTED: [
    { file, where: 'the format cjs' },
    'its core modules cannot be files of their own in the format cjs',
  ],
  MODULES_UNCLEAR: [
    { file },
    'its core modules are to be files of their own, and this bundler does not tell for what it builds',
  ],
  SHIM_UNUSABLE: [
    { file, shim: '@bytecodealliance/preview2-shim/cli', runtime: 'workerd' },
    'this component uses WASI, and @bytecodealliance/preview2-shim/cli is not found in a form for workerd',
  ],
  SHIM_MISSING: [
    { file, shim: '@bytecodealliance/preview2-shim' },
    'this component uses WASI, and @bytecodealliance/preview2-shim, which implements it, is not installed',
  ],
  TOP_LEVEL_AWAIT: [
    { file, where: 'the format iife' },
    'its exports come out of a top-level await, which the format iife does not have',
  ],
  IMPORT_UNSUPPORTED: [
    { file, asks: '`import source`' },
    '`import source` asks for something else than the exports of a component, which are all that it gives',
  ],
  REQUIRE_UNSUPPORTED: [{ file }, 'require() cannot wait for a component to be compiled'],
  CORE_MODULE_UNSUPPORTED: [{ file }, 'it is a core module, which this Node imports only with a flag'],
  ENTRY_MISMATCH: [
    { entry: 'esbuild', where: 'Bun', use: 'import another' },
    'unplugin-signed-wasm/esbuild has no effect in Bun, and nothing would be verified',
  ],
  COMPONENT_UNLISTED: [
    { file },
    'Turbopack takes what next.config has found in the project and its packages, and this component was not there then',
  ],
  NEXT_UNSUPPORTED: [
    { found: 'Next.js 15.4.0', why: 'it is too old' },
    'Next.js 15.4.0 is not supported: it is too old',
  ],
  FARM_PERSISTENT_CACHE: [
    {},
    "Farm's persistent cache would let files into the bundle that this build has not verified",
  ],
  TYPES_NOT_WRITTEN: [{ file, reason: 'EACCES' }, 'its TypeScript declarations are not written: EACCES'],
  TYPES_FOREIGN: [{ file }, 'is there already, was not written here, and is left as it is'],
  TYPES_STALE: [{ file, files: ['a.d.ts'] }, 'its TypeScript declarations are not up to date: a.d.ts'],
  PLUGIN_TWICE: [{}, 'the plugin is used twice in one build, and the first to see a file would decide alone'],
  NO_POLICY: [{}, 'there is no signed-wasm.json here, nor above in the repository'],
  POLICY_INVALID: [{ file: 'signed-wasm.json', place, reason: 'it is' }, 'line 3, column 5: it is'],
  IDENTITY_INVALID: [
    { name: 'ci', reason: 'its "issuer" must be an address' },
    'the identity ci cannot be that of any signer: its "issuer" must be an address',
  ],
  TRUSTED_ROOT_INVALID: [
    { file, reason: 'it is not UTF-8' },
    'this is no trusted root of Sigstore: it is not UTF-8',
  ],
  SIGNER_TWICE: [
    { file: 'signed-wasm.json', place, name: 'ci', other: 'release' },
    'line 3, column 5: the signer ci has the key of release, and one key is one signer',
  ],
  OPTION_UNKNOWN: [{ option: 'key', nearest: 'keys', known: ['keys', 'mode'] }, 'unknown option `key`'],
  OPTION_INVALID: [{ option: 'mode', must: 'one of three' }, '`mode` must be one of three'],
}

const make = (code: Code) => problem(code, WORDING[code][0] as never)

describe.each(CODES)('%s', (code) => {
  const error = make(code)

  it('says what happened and what to do, with the code in the text', () => {
    expect(error).toBeInstanceOf(Error)
    expect(error.code).toBe(code)
    expect(error.what).toBe(WORDING[code][1])
    expect(error.hint.length).toBeGreaterThan(10)
    const about = error.file === undefined ? '' : ` ${WORDING[code][0]['file' as never]}`
    expect(error.message).toBe(`[signed-wasm] ${code}${about}: ${error.what}\n  hint: ${error.hint}`)
  })

  it('leaves no hole in its text', () =>
    expect(error.message).not.toMatch(/undefined|null|NaN|\[object|\$\{/))

  it('can be said of another file, with its cause kept', () => {
    const cause = new Error('why')
    const moved = problem(code, WORDING[code][0] as never, { cause }).at('lib/other.wasm')
    expect(moved).toBeInstanceOf(Diagnostic)
    expect(moved.file).toBe('lib/other.wasm')
    expect(moved.cause).toBe(cause)
    expect(moved.message).toContain(`[signed-wasm] ${code} lib/other.wasm: ${moved.what}`)
    expect(moved.message).not.toContain('src/hello.wasm')
  })
})

describe('a tool that shows an error', () => {
  it('may write on it what it found out itself, as Astro does with `hint`', () => {
    const error = make('COMPONENT_UNSIGNED')
    expect(Object.assign(error, { hint: 'another', file: '/app/src/hello.wasm' }).hint).toBe('another')
  })

  it('does not print its parts below its message', () => {
    const error = make('COMPONENT_UNSIGNED')
    expect(Object.keys(error).filter((name) => name !== 'name' && name !== 'code')).toEqual([])
  })
})

describe('the words of users of the seed', () => {
  it('are still there to be searched for', () => {
    const words = {
      NO_TRUSTED_KEYS: 'No trusted keys found',
      CONTENT_MODIFIED: 'Signature verification failed',
      SIGNATURE_INVALID: 'Signature verification failed',
      COMPONENT_UNSIGNED: 'Component must have a valid signature',
    } as const
    for (const [code, text] of Object.entries(words)) expect(make(code as Code).message).toContain(text)
  })

  it('name the commands that make and use a key', () => {
    expect(make('NO_TRUSTED_KEYS').hint).toMatch(/signed-wasm keygen release\n.*signed-wasm sign/)
  })
})

/** What no command can meet: builds and pages alone say these. */
const ELSEWHERE: readonly Code[] = [
  'KEY_FINGERPRINT',
  'IMPORTS_MISSING',
  'DIGEST_MISMATCH',
  'UNVERIFIED_WASM',
  'FILE_CHANGED',
  'RECHECK_UNSUPPORTED',
  'MODULES_UNSUPPORTED',
  'MODULES_UNCLEAR',
  'SHIM_UNUSABLE',
  'SHIM_MISSING',
  'TOP_LEVEL_AWAIT',
  'IMPORT_UNSUPPORTED',
  'REQUIRE_UNSUPPORTED',
  'CORE_MODULE_UNSUPPORTED',
  'ENTRY_MISMATCH',
  'COMPONENT_UNLISTED',
  'NEXT_UNSUPPORTED',
  'FARM_PERSISTENT_CACHE',
  'PACKAGE_UNVERIFIED',
  'PACKAGE_REFUSED',
  'RECHECK_BY_DIGEST',
  'WASM_EXTERNAL',
  'PLUGIN_TWICE',
  'TYPES_NOT_WRITTEN',
]

/** The commands that print a code whose hint names a flag. */
const PRINTED_BY: Partial<Record<Code, readonly string[]>> = {
  SIGNER_UNTRUSTED: ['verify', 'types'],
  SERVICE_UNKNOWN: ['verify'],
  FILE_TOO_LARGE: ['verify', 'types', 'matrix', 'inspect', 'sign', 'split', 'attach', 'detach'],
  FILE_EXISTS: ['keygen', 'generate-key', 'public-key', 'sign', 'split', 'attach', 'detach', 'keys'],
  NO_TRUSTED_KEYS: ['verify', 'types', 'matrix'],
  KEY_ENV_UNSET: ['verify', 'types', 'matrix'],
  SIGNATURE_UNUSABLE: ['sign'],
  TYPES_STALE: ['types'],
}

/** Long and short flags of one of our commands. */
async function flagsOf(name: string): Promise<string[]> {
  const { options } = await { ...COMMANDS, ...ALIASES }[name]!.load()
  return ['--help', ...Object.entries(options).flatMap(([long, { short }]) => [`--${long}`, `-${short}`])]
}

const flagsIn = (text: string) => text.match(/(?<=^|\s)--?[a-z][a-z-]*/g) ?? []

describe.each(CODES.filter((code) => !ELSEWHERE.includes(code)))('the hint of %s in a terminal', (code) => {
  const { hint, what } = make(code).through('command line')
  const ours = /npx unplugin-signed-wasm ([a-z]\S*)((?: [^\s,]+)*)/g

  it.skipIf(code.startsWith('OPTION_'))('names no option of the plugin', () => {
    const quoted = [...`${what} ${hint}`.matchAll(/`([^`]*)`/g)].map((match) => match[1])
    expect(quoted.filter((text) => !/^(?:jco|openssl|ssh-keygen) /.test(text!))).toEqual([])
  })

  it('names flags that exist', async () => {
    for (const [, name, rest] of hint.matchAll(ours))
      expect(await flagsOf(name!.replace(',', ''))).toEqual(expect.arrayContaining(flagsIn(rest!)))
    const bare = flagsIn(
      hint.replace(ours, '').replace(/`[^`]*`|npx unplugin-signed-wasm <command> --help/g, ''),
    )
    for (const name of bare.length > 0 ? PRINTED_BY[code]! : [])
      expect(await flagsOf(name)).toEqual(expect.arrayContaining([...bare]))
  })
})

/** Control, format (bidi, zero width), surrogate and line-separating characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** The same values with something hostile in every text. */
function spoil(value: unknown): unknown {
  if (typeof value === 'string') return `${value}\x1b[2J\u202e`
  if (Array.isArray(value)) return value.map(spoil)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, spoil(item)]))
}

describe('names that come from elsewhere', () => {
  it.each(CODES)('cannot reach the terminal through any value of %s', (code) => {
    const error = problem(code, spoil(WORDING[code][0]) as never)
    const lineEnds = /\n(?= {2}hint: )|\n(?= {2,4}(?:npx|then))/g
    expect(error.message.replace(lineEnds, '')).not.toMatch(UNSEEN)
  })

  const HOSTILE = [
    ['an escape sequence', '\x1b[2J'],
    ['a C1 control', '\x9b31m'],
    ['a line feed', 'a\nb'],
    ['a carriage return', 'a\rb'],
    ['a bidi override', 'gpj\u202e.exe'],
    ['an isolate', '\u2066a\u2069'],
    ['a zero-width space', 'a\u200bb'],
    ['a byte order mark', '\ufeffa'],
    ['a line separator', 'a\u2028b'],
    ['a lone surrogate', 'a\ud800b'],
    ['NUL', 'a\0b'],
  ] as const

  it.each(HOSTILE)('cannot reach the terminal with %s', (_, name) => {
    const said = problem('UNSAFE_NAME', { file: `src/${name}.wasm`, name, reason: 'it is' }).message
    expect(said.split('\n')).toHaveLength(2)
    expect(said.replace('\n', '')).not.toMatch(UNSEEN)
    expect(said).toContain('\\u{')
  })

  it('keep letters of every script in paths, and only ASCII in what files say', () => {
    expect(escapeControls('src/größe-数.wasm')).toBe('src/größe-数.wasm')
    expect(printable('größe')).toBe('gr\\u{f6}\\u{df}e')
    expect(printable('a😀')).toBe('a\\u{1f600}')
  })

  it('are cut when they are long', () => {
    expect(printable('x'.repeat(1000))).toBe(`${'x'.repeat(120)}...`)
    expect(problem('UNSAFE_NAME', { name: 'y'.repeat(1e6), reason: 'long' }).message.length).toBeLessThan(500)
  })
})
