/// <reference types="node" />
/** What a command is: how it is called, what it takes, and what it does with values that are typed by that. */

import { parseArgs, type ParseArgsConfig } from 'node:util'
import { nearest } from '../errors/nearest.js'
import type { Io } from './io.js'

/** Wrong usage: the message goes to stderr, followed by the command to run for help. */
export class UsageError extends Error {}

/** One option: how it is parsed, and its line of help. */
export type Option = Switch | Text | List

interface Described {
  /** One letter. */
  short?: string
  help: string
}

/** An option that stands alone. */
interface Switch extends Described {
  type: 'boolean'
  value?: undefined
  default: boolean
}

/** An option with a text after it. */
interface Text extends Described {
  type: 'string'
  /** What stands for the text in help, such as `<file>`. */
  value: string
  multiple?: false
  default?: string
}

/** An option with a text after it that may be repeated. */
interface List extends Described {
  type: 'string'
  value: string
  multiple: true
  default: readonly string[]
}

/** The options of a command, by long name. */
export type Options = Readonly<Record<string, Option>>

/** What was given for each option, or its default. */
export type Values<O extends Options> = { readonly [Name in keyof O]: ValueOf<O[Name]> }

type ValueOf<O extends Option> = O extends Switch
  ? boolean
  : O extends List
    ? readonly string[]
    : O extends { default: string }
      ? string
      : string | undefined

/** What a command works on. */
export interface Invocation<O extends Options> {
  values: Values<O>
  /** Positional arguments. */
  args: readonly string[]
  io: Io
}

/** What is the same in a command for whoever writes it and for whoever runs it. */
interface Manual<O extends Options> {
  /** The command line after `signed-wasm <name>`. */
  usage: string
  options: O
  examples: readonly string[]
}

/** One command of the CLI. */
export interface Command extends Manual<Options> {
  /**
   * @param args all that stands after its name
   * @returns the exit code
   * @throws UsageError, Diagnostic
   */
  run(args: readonly string[], io: Io): Promise<number>
}

/** Makes a command. @param definition.run gets exactly the values that `options` name, and gives the exit code */
export function defineCommand<const O extends Options>({
  run,
  ...manual
}: Manual<O> & { run(invocation: Invocation<O>): number | Promise<number> }): Command {
  return {
    ...manual,
    run: async (args, io) => run({ ...parse(args, manual.options), io }),
  }
}

/** @throws UsageError */
function parse<O extends Options>(
  args: readonly string[],
  options: O,
): { values: Values<O>; args: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: options as Options as NonNullable<ParseArgsConfig['options']>,
      allowPositionals: true,
    })
    // Node gives what the options ask for; its own types do not follow them this far.
    return { values: values as Values<O>, args: positionals }
  } catch (error) {
    throw isMisuse(error) ? new UsageError(describeMisuse(error, options), { cause: error }) : error
  }
}

function isMisuse(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')
}

/** How much of a word that nobody knows is shown. */
export const MAX_SHOWN = 40

/** Node's text for an unknown option is long and knows no better name. */
function describeMisuse({ message }: Error, options: Options): string {
  const unknown = /^Unknown option '--?([^']+)'/.exec(message)?.[1]
  if (unknown === undefined) return message
  // Nobody meant that for an option, and what it is must not be shown: it may be a key.
  if (unknown.length > MAX_SHOWN) return 'unknown option, of many letters'
  const meant = nearest(unknown, Object.keys(options))
  return `unknown option --${unknown}${meant ? `; did you mean --${meant}?` : ''}`
}
