/** One command line, from its arguments to its exit code. */

import { parseArgs } from 'node:util'
import { Diagnostic } from '../errors/diagnostic.js'
import { escapeControls } from '../errors/text.js'
import { ALIASES, COMMANDS } from './commands.js'
import { type Command, EXIT, UsageError, type Values } from './define-command.js'
import { helpOf, overview } from './help.js'
import type { Io } from './io.js'

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
