/** Help, made from the declarations that parse. */

import type { Command, Option } from './define-command.js'
import { COMMANDS } from './main.js'

export interface Entry {
  summary: string
  /** Loaded only when it is called for: starting fast is half of being pleasant. */
  load: () => Promise<Command>
}

export function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
  return [
    'signed-wasm <command> [options]: sign WebAssembly components and check who signed them',
    '',
    ...lines,
    '',
    'signed-wasm <command> --help tells more.',
  ].join('\n')
}

export function helpOf(name: string, { summary }: Entry, { usage, options, examples }: Command): string {
  const flags = Object.entries(options).map(([option, { short, value, help }]): [string, string] => [
    describeFlag(option, short, value),
    help,
  ])
  const width = Math.max(...flags.map(([flag]) => flag.length)) + 2
  return [
    `signed-wasm ${name} ${usage}`,
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
