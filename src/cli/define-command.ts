/** What a command is, and the parts that several of them share. */

import path from 'node:path'
import type { ParseArgsConfig } from 'node:util'
import { expandGlob, isGlob } from '../disk/glob.js'
import { readKeyring } from '../disk/keyring.js'
import { problem } from '../errors/raise.js'
import { parseSecretKey } from '../trust/keys/read.js'
import type { SecretKey, TrustedKey } from '../trust/keys/trusted-key.js'
import { KEY_FORMATS, type KeyFormat } from '../trust/keys/write.js'
import type { Io } from './io.js'

/** The exit codes of `signed-wasm`: accepted or done, refused, wrong usage, a file or key that cannot be read or written. */
export const EXIT = { ok: 0, refused: 1, usage: 2, io: 3 } as const

/** Wrong usage: the message goes to stderr, followed by the command to run for help. */
export class UsageError extends Error {}

/** The values of parsed options, by long name. */
export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

/** What a command works on. */
export interface Invocation {
  values: Values
  /** Positional arguments. */
  args: readonly string[]
  io: Io
}

/** One option: how it is parsed, and its line of help. */
export type Option = NonNullable<ParseArgsConfig['options']>[string] & {
  /** What stands for the value in help, such as `<file>`. */
  value?: string
  help: string
}

/** One command of the CLI. */
export interface Command {
  /** The command line after `signed-wasm <name>`. */
  usage: string
  options: Readonly<Record<string, Option>>
  examples: readonly string[]
  /** @returns the exit code */
  run(invocation: Invocation): number | Promise<number>
}

/** `-i`, for people who come from wsc and wasmsign2. */
export const INPUT_OPTION: Option = {
  type: 'string',
  short: 'i',
  multiple: true,
  default: [],
  value: '<file>',
  help: 'the input, if it is not given as an argument',
}

/** The options of every command that checks signatures. */
export const KEY_OPTIONS: Record<string, Option> = {
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
}

/** The options of every command that signs. */
export const SECRET_OPTIONS: Record<string, Option> = {
  key: { type: 'string', short: 'k', value: '<file>', help: 'the secret key' },
  'key-env': { type: 'string', value: '<name>', help: 'an environment variable that holds the secret key' },
}

/** The value of an option that takes one text. */
export function text(values: Values, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

/** The values of an option that may be repeated. */
export function texts(values: Values, name: string): string[] {
  return (values[name] ?? []) as string[]
}

/**
 * The files a command works on, globs expanded, in the order given.
 * @throws UsageError when there is none
 */
export function inputFiles({ values, args, io }: Invocation): string[] {
  const given = [...texts(values, 'input'), ...args]
  if (given.length === 0) throw new UsageError('give a file')
  return given.flatMap((name) => {
    if (io.exists(name) || !isGlob(name)) return [name]
    const found = expandGlob(name, io.cwd).map((file) => toDisplay(path.relative(io.cwd, file)))
    if (found.length === 0)
      throw problem('FILE_UNREADABLE', { file: name, reason: 'nothing matches this pattern' })
    return found
  })
}

const toDisplay = (file: string) => (path.sep === '\\' ? file.replaceAll('\\', '/') : file)

/** The one file that a command works on. @throws UsageError */
export function inputFile(invocation: Invocation): string {
  const [file, ...others] = inputFiles(invocation)
  if (others.length > 0) throw new UsageError('give one file')
  return file!
}

/** @throws UsageError when no key is named; Diagnostic when one cannot be read */
export function trustedKeys({ values, io }: Invocation): readonly TrustedKey[] {
  const sources = [...texts(values, 'key'), ...texts(values, 'key-env').map((env) => ({ env }))]
  if (sources.length === 0) throw new UsageError('give a trusted key: --key <name>.pub')
  const { keys } = readKeyring(sources, { root: io.cwd, environment: io.env })
  if (keys.length === 0) throw problem('NO_TRUSTED_KEYS', { looked: texts(values, 'key') })
  return keys
}

/** The secret key that the options name. @throws UsageError when none is named; Diagnostic when it cannot be read */
export function secretKey({ values, io }: Invocation): SecretKey {
  const [file, variable] = [text(values, 'key'), text(values, 'key-env')]
  if ((file === undefined) === (variable === undefined))
    throw new UsageError('give the secret key: -k <file> or --key-env <name>')
  if (variable !== undefined) return secretFromVariable(variable, io)
  if (io.isReadableByOthers(file!)) {
    io.err(`warning: ${file} can be read by other users of this machine\n  hint: chmod 600 ${file}`)
  }
  return parseSecretKey(io.read(file!), file!)
}

function secretFromVariable(variable: string, io: Io): SecretKey {
  const value = io.env[variable]
  if (value === undefined || value === '') throw problem('KEY_ENV_UNSET', { variable })
  // Many CI systems keep a multi-line secret on one line, with the two characters \n for a line end.
  return parseSecretKey(value.replaceAll('\\n', '\n'), `env ${variable}`)
}

/** @throws UsageError for a name that is no key format */
export function keyFormat(values: Values): KeyFormat {
  const format = KEY_FORMATS.find((name) => name === values['format'])
  if (format === undefined) throw new UsageError(`--format must be one of ${KEY_FORMATS.join(', ')}`)
  return format
}
