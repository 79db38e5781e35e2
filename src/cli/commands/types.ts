/** `signed-wasm types`: declarations without a build. */

import path from 'node:path'
import { checkJcoOptions, type JcoOptions } from '../../bindings/jco/options.js'
import { openTypes, resolveTypes, type TypesPlace, typesProject } from '../../bindings/declarations/folder.js'
import { Diagnostic } from '../../errors/diagnostic.js'
import { declareAll } from '../declare-project.js'
import { DEMANDED, demandsOf } from '../demanded.js'
import { defineCommand, type Invocation, type Options, UsageError, type Values } from '../define-command.js'
import { exitCodeOf } from '../exit.js'
import { DETACHED, INPUT, readLimit, selectFiles } from '../input.js'
import { openTranspiler } from '../transpiler.js'

/** What is looked for when nothing is named. */
const DEFAULT_FILES = 'src/**/*.wasm'

const OPTIONS = {
  ...INPUT,
  ...DEMANDED,
  ...DETACHED,
  dir: { type: 'string', value: '<folder>', help: 'where to write (default: .signed-wasm/types)' },
  sibling: { type: 'boolean', default: false, help: 'write beside each component instead' },
  check: { type: 'boolean', default: false, help: 'write nothing; fail when something would change' },
  import: {
    type: 'string',
    multiple: true,
    default: [],
    value: '<name>',
    help: "an import that the plugin's option `imports` binds; may be repeated",
  },
  jco: { type: 'string', value: '<json>', help: "the plugin's option `jco`, as JSON" },
} as const satisfies Options

type TypesInvocation = Invocation<typeof OPTIONS>

/** `signed-wasm types`. */
export const types = defineCommand({
  usage: `[files or globs, default ${DEFAULT_FILES}] --key <name>.pub [--key ...] [--check]`,
  options: OPTIONS,
  examples: [
    'npx unplugin-signed-wasm types --key release.pub',
    "npx unplugin-signed-wasm types --key release.pub --check 'src/**/*.wasm'",
  ],
  async run(invocation) {
    const { values, io } = invocation
    const place = readPlace(invocation)
    const options = {
      imports: readImports(values),
      jco: readJco(values),
    }
    readLimit(values) // wrong usage is said before any file is looked at
    const { files, problems } = selectFiles(withDefault(invocation))
    const demanded = demandsOf(invocation)
    const transpiler = openTranspiler(options.jco, io)
    const warn = (problem: Diagnostic) => io.err(...problem.through('command line').message.split('\n'))
    problems.forEach(warn)
    const where = openTypes(io.cwd, place)
    const project = typesProject(where)
    try {
      const failed = await declareAll(files, {
        ...options,
        where,
        project,
        demanded,
        transpiler,
        values,
        io,
        warn,
      })
      return exitCodeOf([...problems, ...failed])
    } finally {
      await transpiler.close()
    }
  },
})

function withDefault(invocation: TypesInvocation): TypesInvocation {
  const isGiven = invocation.args.length > 0 || invocation.values.input.length > 0
  return isGiven ? invocation : { ...invocation, args: [DEFAULT_FILES] }
}

function readPlace({ values: { dir, sibling }, io }: TypesInvocation): TypesPlace {
  if (dir !== undefined && sibling) throw new UsageError('--dir or --sibling, not both')
  return resolveTypes(sibling ? 'sibling' : dir === undefined ? true : path.resolve(io.cwd, dir))
}

function readImports({ import: names }: Values<typeof OPTIONS>): Record<string, string> {
  if (names.includes('')) throw new UsageError('--import takes the name of an import')
  return Object.fromEntries(names.map((name) => [name, name]))
}

/** @throws UsageError; Diagnostic for what cannot be had here */
function readJco({ jco: json }: Values<typeof OPTIONS>): JcoOptions {
  if (json === undefined) return {}
  return checkJcoOptions(parseJson(json))
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new UsageError('--jco must be JSON')
  }
}
