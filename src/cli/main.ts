#!/usr/bin/env node
/// <reference types="node" />
/** The bin: parses the command line, runs one command, ends with its exit code. */

import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Diagnostic } from '../errors/diagnostic.js'
import { escapeControls } from '../errors/text.js'
import { type Command, EXIT, UsageError, type Values } from './define-command.js'
import { type Entry, helpOf, overview } from './help.js'
import { type Io, realIo } from './io.js'

export const COMMANDS: Readonly<Record<string, Entry>> = {
  keygen: {
    summary: 'make a key pair',
    load: async () => (await import('./commands/keygen.js')).keygen,
  },
  'public-key': {
    summary: 'write the public half of a key, or show its id and fingerprint',
    load: async () => (await import('./commands/public-key.js')).publicKey,
  },
  sign: {
    summary: 'add a signature to components or core modules',
    load: async () => (await import('./commands/sign.js')).sign,
  },
  verify: {
    summary: 'check that a trusted key signed each file, as it is',
    load: async () => (await import('./commands/verify.js')).verify,
  },
  types: {
    summary: 'write TypeScript declarations for components, after verifying them',
    load: async () => (await import('./commands/types.js')).types,
  },
  inspect: {
    summary: 'show sections, signatures, key ids, imports and exports; judges nothing',
    load: async () => (await import('./commands/inspect.js')).inspect,
  },
  split: {
    summary: 'add delimiters, so that some custom sections can be left out of a check',
    load: async () => (await import('./commands/parts.js')).split,
  },
  detach: {
    summary: 'take the signature off, into a file of its own',
    load: async () => (await import('./commands/parts.js')).detach,
  },
  attach: {
    summary: 'embed a detached signature',
    load: async () => (await import('./commands/parts.js')).attach,
  },
  matrix: {
    summary: 'tell which of several keys signed which parts of a file',
    load: async () => (await import('./commands/matrix.js')).matrix,
  },
  keys: {
    summary: "download an account's public keys into a file, to be reviewed",
    load: async () => (await import('./commands/keys.js')).keys,
  },
}

/** Other names, as wsc and wasmsign2 have them. Accepted, but not in the overview. */
const ALIASES: Readonly<Record<string, Entry>> = {
  'generate-key': {
    summary: 'make a key pair in the raw format',
    load: async () => (await import('./commands/keygen.js')).generateKeyAlias,
  },
  'export-public-key': {
    summary: 'write the public half of a secret key in the raw format',
    load: async () => (await import('./commands/public-key.js')).exportPublicKeyAlias,
  },
  show: COMMANDS['inspect']!,
  verify_matrix: COMMANDS['matrix']!,
  'verify-matrix': COMMANDS['matrix']!,
}

/**
 * Runs one command.
 * @param args without node and script
 * @returns 0 accepted or done, 1 refused, 2 wrong usage, 3 a file or key that cannot be read or written
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const [name = '--help', ...rest] = args
  if (['--help', '-h', 'help'].includes(name)) return print(io, overview())
  if (['--version', '-v'].includes(name)) {
    const { packageVersion } = await import('../disk/versions.js')
    return print(io, packageVersion())
  }
  const all = { ...COMMANDS, ...ALIASES }
  const entry = Object.hasOwn(all, name) ? all[name] : undefined
  if (entry === undefined) return misuse(io, await unknownCommand(name), 'signed-wasm --help')
  const command = await entry.load()
  if (rest.includes('--help') || rest.includes('-h')) return print(io, helpOf(name, entry, command))
  try {
    const { values, positionals } = parseArgs({
      args: rest,
      options: command.options,
      allowPositionals: true,
    })
    return await command.run({ values: values as Values, args: positionals, io })
  } catch (error) {
    if (error instanceof Diagnostic) return fail(io, error)
    if (!isMisuse(error)) throw error
    return misuse(io, await misuseText(error, command), `signed-wasm ${name} --help`)
  }
}

function print(io: Io, text: string): number {
  io.out(text)
  return EXIT.ok
}

function misuse(io: Io, text: string, help: string): number {
  io.err(`${escapeControls(text)}\n  hint: ${help}`)
  return EXIT.usage
}

function fail(io: Io, error: Diagnostic): number {
  io.err(error.through('command line').message)
  return EXIT[error.exit]
}

function isMisuse(error: unknown): error is Error {
  if (error instanceof UsageError) return true
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')
}

async function nearestTo(name: string, candidates: readonly string[]): Promise<string | undefined> {
  const { nearest } = await import('../errors/nearest.js')
  return nearest(name, candidates)
}

/** Node's text for an unknown option is long and knows no better name. */
async function misuseText(error: Error, { options }: Command): Promise<string> {
  const unknown = /^Unknown option '--?([^']+)'/.exec(error.message)?.[1]
  if (unknown === undefined) return error.message
  const meant = await nearestTo(unknown, Object.keys(options))
  return `unknown option --${unknown}${meant ? `; did you mean --${meant}?` : ''}`
}

async function unknownCommand(name: string): Promise<string> {
  const meant = await nearestTo(name, Object.keys(COMMANDS))
  return `unknown command ${name}${meant ? `; did you mean ${meant}?` : ''}`
}

// A package manager's bin is a link, so compare what it points at.
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await run(process.argv.slice(2), realIo)
}
