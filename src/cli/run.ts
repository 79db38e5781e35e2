/** One command line, from its arguments to its exit code. */

import { Diagnostic } from '../errors/diagnostic.js'
import { nearest } from '../errors/nearest.js'
import { ALIASES, COMMANDS } from './commands.js'
import { MAX_SHOWN, UsageError } from './define-command.js'
import { EXIT, exitCodeOf } from './exit.js'
import { helpOf, overview } from './help.js'
import type { Io } from './io.js'

/**
 * Runs one command.
 * @param args without node and script
 * @returns 0 accepted or done, 1 refused, 2 wrong usage, 3 a file or key that cannot be read or written
 * @throws what nobody expected: whoever called ends with 4 then
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
  if (entry === undefined) return misuse(io, unknownCommand(name), 'npx unplugin-signed-wasm --help')
  const command = await entry.load()
  if (rest.includes('--help') || rest.includes('-h')) return print(io, helpOf(name, entry, command))
  try {
    return await command.run(rest, io)
  } catch (error) {
    if (error instanceof Diagnostic) return fail(io, error)
    if (error instanceof UsageError)
      return misuse(io, error.message, `npx unplugin-signed-wasm ${name} --help`)
    throw error
  }
}

function print(io: Io, text: string): number {
  io.print(text)
  return EXIT.ok
}

function misuse(io: Io, text: string, help: string): number {
  io.err(text, `  hint: ${help}`)
  return EXIT.usage
}

function fail(io: Io, error: Diagnostic): number {
  // Each line by itself: what stands in them was escaped when they were made.
  io.err(...error.through('command line').message.split('\n'))
  return exitCodeOf([error])
}

function unknownCommand(name: string): string {
  if (name.length > MAX_SHOWN) return 'unknown command, of many letters'
  const meant = nearest(name, Object.keys(COMMANDS))
  return `unknown command ${name}${meant ? `; did you mean ${meant}?` : ''}`
}
