/** The options that name keys, and the reading of what they name. */

import { MAX_KEY_FILE_BYTES, readKeyring } from '../disk/keyring.js'
import { descriptorOf } from '../disk/streams.js'
import { problem } from '../errors/raise.js'
import { shellWord } from '../errors/text.js'
import { isKeyText, parseSecretKey } from '../trust/keys/read.js'
import type { SecretKey, TrustedKey } from '../trust/keys/trusted-key.js'
import { KEY_FORMATS, type KeyFormat } from '../trust/keys/write.js'
import { type Invocation, type Options, UsageError, type Values } from './define-command.js'
import { STANDARD } from './disk.js'
import type { Io } from './io.js'

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

/** What commands that check signatures are trusted with. */
export interface TrustedKeys {
  keys: readonly TrustedKey[]
  /** Absolute paths of files and folders that the keys were read from. */
  files: readonly string[]
}

/** @throws UsageError when no key is named; Diagnostic when one cannot be read */
export function trustedKeys({
  values,
  io,
}: Pick<Invocation<typeof TRUSTED_KEYS>, 'values' | 'io'>): TrustedKeys {
  const variables = values['key-env'].map((env) => ({ env: asVariable(env) }))
  const sources = [
    ...values.key.map((source) => (isStreamName(source) ? readKeyFile(source, io) : source)),
    ...variables,
  ]
  if (sources.length === 0) throw new UsageError('give a trusted key: --key <name>.pub')
  const nameOf = (index: number) => `--key #${index + 1}`
  const { keys, watch } = readKeyring(sources, { root: io.cwd, environment: io.env, nameOf })
  if (keys.length === 0) throw problem('NO_TRUSTED_KEYS', { looked: values.key })
  return { keys, files: watch }
}

const isStreamName = (source: string) =>
  source === STANDARD || (source.startsWith('/dev/') && descriptorOf(source) !== undefined)

/** The key of every command that signs. */
export const SECRET_KEY = {
  key: { type: 'string', short: 'k', value: '<file>', help: 'the secret key' },
  'key-env': { type: 'string', value: '<name>', help: 'an environment variable that holds the secret key' },
} as const satisfies Options

/** The secret key that the options name. @throws UsageError when none is named; Diagnostic when it cannot be read */
export function secretKey({ values, io }: Pick<Invocation<typeof SECRET_KEY>, 'values' | 'io'>): SecretKey {
  const { key: file, 'key-env': variable } = values
  if (file !== undefined && variable === undefined) return secretFromFile(file, io)
  if (file === undefined && variable !== undefined) return secretFromVariable(asVariable(variable), io)
  throw new UsageError('give the secret key: -k <file> or --key-env <name>')
}

function secretFromFile(file: string, io: Io): SecretKey {
  const key = parseSecretKey(readKeyFile(file, io), file)
  if (io.isReadableByOthers(file))
    io.err(
      `warning: ${file} can be read by other users of this machine`,
      `  hint: chmod 600 ${shellWord(file)}`,
    )
  return key
}

/** A file with a key in it. @throws UsageError, Diagnostic */
export function readKeyFile(file: string, io: Io): Uint8Array {
  // What stands there must not be shown: it may be the secret half.
  if (isKeyText(file) && !io.exists(file))
    throw new UsageError(
      'this is a key where the name of its file belongs; a variable that holds one is named by --key-env',
    )
  return io.read(file, { maxBytes: MAX_KEY_FILE_BYTES })
}

/** The name of a variable. Whoever writes `$KEY` gives what it holds, which must not be shown. */
function asVariable(name: string): string {
  if (name === '' || isKeyText(name) || /[\s=]/.test(name))
    throw new UsageError('--key-env takes the name of a variable, not what it holds')
  return name
}

function secretFromVariable(variable: string, io: Io): SecretKey {
  const value = Object.hasOwn(io.env, variable) ? io.env[variable] : undefined
  if (value === undefined || value.trim() === '')
    throw problem('KEY_ENV_UNSET', { variable, holds: 'secret key' })
  return parseSecretKey(value, `env ${variable}`)
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
