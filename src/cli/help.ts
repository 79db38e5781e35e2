/** Help, made from the declarations that parse. */

import { COMMANDS, type Entry } from './commands.js'
import type { Command, Option } from './define-command.js'

/** The help of `signed-wasm` itself: a line for each command. */
export function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
  return [
    'npx unplugin-signed-wasm <command> [options]: sign WebAssembly components and check who signed them',
    '',
    ...lines,
    '',
    'npx unplugin-signed-wasm <command> --help tells more; in a project that has it installed, signed-wasm is enough.',
  ].join('\n')
}

/** The help of one command: how it is called, what it takes, and examples. */
export function helpOf(name: string, { summary }: Entry, { usage, options, examples }: Command): string {
  const flags = Object.entries(options).map(([option, { short, value, help }]): [string, string] => [
    describeFlag(option, short, value),
    help,
  ])
  const width = Math.max(...flags.map(([flag]) => flag.length)) + 2
  return [
    `npx unplugin-signed-wasm ${name} ${usage}`,
    `  ${summary}`,
    '',
    ...flags.map(([flag, help]) => `  ${flag.padEnd(width)}${help}`),
    '',
    ...examples.map((line) => `  $ ${line}`),
  ].join('\n')
}

function describeFlag(option: string, short: Option['short'], value: Option['value']): string {
  return `${short ? `-${short}, ` : ''}--${option}${value ? ` ${value}` : ''}`
}
