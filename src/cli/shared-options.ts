/** Options that several commands have, and what each of them says. */

import path from 'node:path'
import { expandGlob, isGlob } from '../disk/glob.js'
import { MAX_KEY_FILE_BYTES, readKeyring } from '../disk/keyring.js'
import { toSlashes } from '../disk/paths.js'
import { problem } from '../errors/raise.js'
import type { Subject } from '../policy/judge.js'
import { parseSecretKey } from '../trust/keys/read.js'
import type { SecretKey, TrustedKey } from '../trust/keys/trusted-key.js'
import { KEY_FORMATS, type KeyFormat } from '../trust/keys/write.js'
import { type Invocation, type Options, UsageError, type Values } from './define-command.js'
import type { Io } from './io.js'

/** `-i`, for people who come from wsc and wasmsign2. */
export const INPUT = {
  input: {
    type: 'string',
    short: 'i',
    multiple: true,
    default: [],
    value: '<file>',
    help: 'the input, if it is not given as an argument',
  },
} as const satisfies Options

/**
 * The files a command works on, globs expanded, in the order given.
 * @throws UsageError when there is none
 */
export function inputFiles({ values, args, io }: Invocation<typeof INPUT>): string[] {
  const given = [...values.input, ...args]
  if (given.length === 0) throw new UsageError('give a file')
  return given.flatMap((name) => {
    if (io.exists(name) || !isGlob(name)) return [name]
    const found = expandGlob(name, io.cwd).map((file) => toDisplay(path.relative(io.cwd, file)))
    if (found.length === 0)
      throw problem('FILE_UNREADABLE', { file: name, reason: 'nothing matches this pattern' })
    return found
  })
}

const toDisplay = (file: string) => (path.sep === '\\' ? toSlashes(file) : file)

/** The one file that a command works on. @throws UsageError */
export function inputFile(invocation: Invocation<typeof INPUT>): string {
  const [file, ...others] = inputFiles(invocation)
  if (others.length > 0) throw new UsageError('give one file')
  return file!
}

/** Where the result goes. */
export const OUTPUT = {
  output: { type: 'string', short: 'o', value: '<file>', help: 'where to write' },
} as const satisfies Options

/** Of every command that writes files which may be there already. */
export const FORCE = {
  force: { type: 'boolean', default: false, help: 'overwrite files that are there' },
} as const satisfies Options

/**
 * Looks whether files may be written, before any of them is: half of the work would be worse than none.
 * @throws Diagnostic `FILE_EXISTS`
 */
export function assertFree(
  files: readonly string[],
  { values, io }: Pick<Invocation<typeof FORCE>, 'values' | 'io'>,
): void {
  const taken = files.find((file) => !values.force && io.exists(file))
  if (taken !== undefined) throw problem('FILE_EXISTS', { file: taken })
}

/** The keys of every command that checks signatures. */
export const TRUSTED_KEYS = {
  key: {
    type: 'string',
    short: 'K',
    multiple: true,
    default: [],
    value: '<source>',
    help: 'a trusted public key: file, folder, glob or the key itself; may be repeated',
  },
  'key-env': {
    type: 'string',
    multiple: true,
    default: [],
    value: '<name>',
    help: 'an environment variable that holds a trusted public key',
  },
} as const satisfies Options

/** @throws UsageError when no key is named; Diagnostic when one cannot be read */
export function trustedKeys({
  values,
  io,
}: Pick<Invocation<typeof TRUSTED_KEYS>, 'values' | 'io'>): readonly TrustedKey[] {
  const sources = [...values.key, ...values['key-env'].map((env) => ({ env }))]
  if (sources.length === 0) throw new UsageError('give a trusted key: --key <name>.pub')
  const { keys } = readKeyring(sources, { root: io.cwd, environment: io.env })
  if (keys.length === 0) throw problem('NO_TRUSTED_KEYS', { looked: values.key })
  return keys
}

/** The key of every command that signs. */
export const SECRET_KEY = {
  key: { type: 'string', short: 'k', value: '<file>', help: 'the secret key' },
  'key-env': { type: 'string', value: '<name>', help: 'an environment variable that holds the secret key' },
} as const satisfies Options

/** The secret key that the options name. @throws UsageError when none is named; Diagnostic when it cannot be read */
export function secretKey({ values, io }: Pick<Invocation<typeof SECRET_KEY>, 'values' | 'io'>): SecretKey {
  const { key: file, 'key-env': variable } = values
  if (file !== undefined && variable === undefined) return secretFromFile(file, io)
  if (file === undefined && variable !== undefined) return secretFromVariable(variable, io)
  throw new UsageError('give the secret key: -k <file> or --key-env <name>')
}

function secretFromFile(file: string, io: Io): SecretKey {
  const bytes = readKeyFile(file, io)
  if (io.isReadableByOthers(file)) {
    io.err(`warning: ${file} can be read by other users of this machine\n  hint: chmod 600 ${file}`)
  }
  return parseSecretKey(bytes, file)
}

/** A file with a key in it. @throws Diagnostic */
export function readKeyFile(file: string, io: Io): Uint8Array {
  return io.read(file, { maxBytes: MAX_KEY_FILE_BYTES })
}

function secretFromVariable(variable: string, io: Io): SecretKey {
  const value = Object.hasOwn(io.env, variable) ? io.env[variable] : undefined
  if (value === undefined || value === '') throw problem('KEY_ENV_UNSET', { variable, holds: 'secret key' })
  // Many CI systems keep a multi-line secret on one line, with the two characters \n for a line end.
  return parseSecretKey(value.replaceAll('\\n', '\n'), `env ${variable}`)
}

/** Of every command that writes keys. */
export const KEY_FORMAT = {
  format: {
    type: 'string',
    default: 'pem',
    value: KEY_FORMATS.join('|'),
    help: 'the format to write (default: pem)',
  },
} as const satisfies Options

/** @throws UsageError for a name that is no key format */
export function keyFormat({ format: wanted }: Values<typeof KEY_FORMAT>): KeyFormat {
  const format = KEY_FORMATS.find((name) => name === wanted)
  if (format === undefined) throw new UsageError(`--format must be one of ${KEY_FORMATS.join(', ')}`)
  return format
}

/** Of every command that decides about files. */
export const MODE = {
  mode: {
    type: 'string',
    default: 'strict',
    value: 'strict|lenient',
    help: 'lenient only warns (default: strict)',
  },
} as const satisfies Options

/** How strict a command is. */
export type CliMode = 'strict' | 'lenient'

/** @throws UsageError */
export function readMode({ mode }: Values<typeof MODE>): CliMode {
  if (mode !== 'strict' && mode !== 'lenient') throw new UsageError('--mode must be strict or lenient')
  return mode
}

/** The detached signature of one file. */
export const SIGNATURE_FILE = {
  'signature-file': {
    type: 'string',
    short: 'S',
    value: '<file>',
    help: 'the detached signature of the one file',
  },
} as const satisfies Options

/** The detached signatures of all files. */
export const DETACHED = {
  detached: { type: 'boolean', default: false, help: 'take detached signatures from <file>.sig' },
} as const satisfies Options

/** Custom sections, by name. */
export const SPLIT = {
  split: {
    type: 'string',
    multiple: true,
    default: [],
    value: '<name>',
    help: 'check only parts with the program and the custom sections of that name, or prefix with a trailing *',
  },
} as const satisfies Options

type CheckValues = Values<typeof DETACHED> & Partial<Values<typeof SIGNATURE_FILE & typeof SPLIT>>

/** A file and what lies beside it, for the judge. @throws Diagnostic when it cannot be read */
export function readSubject(file: string, { values, io }: { values: CheckValues; io: Io }): Subject {
  const { split: sections = [] } = values
  const beside = values.detached && io.exists(`${file}.sig`) ? `${file}.sig` : undefined
  const signatureFile = values['signature-file'] ?? beside
  return {
    name: file,
    bytes: io.read(file),
    ...(sections.length > 0 && { sections }),
    ...(signatureFile !== undefined && { sidecars: { signature: io.read(signatureFile) } }),
  }
}
