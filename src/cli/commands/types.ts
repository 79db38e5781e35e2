/** `signed-wasm types`: declarations without a build. */

import path from 'node:path'
import type { Transpiler } from '../../bindings/jco/transpiled.js'
import { createTranspiler } from '../../bindings/jco/transpiler.js'
import { declareComponent } from '../../bindings/types/declare.js'
import { changedTypes, placeTypes, writeTypes } from '../../bindings/types/folder.js'
import { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import { escapeControls } from '../../errors/text.js'
import { readLayer } from '../../format/wasm.js'
import { type Options, type ResolvedOptions, resolveOptions } from '../../plugin/options.js'
import { judge } from '../../policy/judge.js'
import { createPolicy } from '../../policy/policy.js'
import type { TrustedKey } from '../../trust/keys/trusted-key.js'
import {
  type Command,
  EXIT,
  INPUT_OPTION,
  inputFiles,
  type Invocation,
  KEY_OPTIONS,
  text,
  texts,
  trustedKeys,
  UsageError,
} from '../define-command.js'
import { readSubject } from './verify.js'

/** What is looked for when nothing is named. */
const DEFAULT_FILES = 'src/**/*.wasm'

/** `signed-wasm types`. */
export const types: Command = {
  usage: `[files or globs, default ${DEFAULT_FILES}] --key <name>.pub [--key ...] [--check]`,
  options: {
    input: INPUT_OPTION,
    ...KEY_OPTIONS,
    detached: { type: 'boolean', default: false, help: 'take detached signatures from <file>.sig' },
    mode: {
      type: 'string',
      default: 'strict',
      value: 'strict|lenient',
      help: 'lenient only warns (default: strict)',
    },
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
  },
  examples: [
    'signed-wasm types --key release.pub',
    "signed-wasm types --key release.pub --check 'src/**/*.wasm'",
  ],
  async run(invocation) {
    const { values, io } = invocation
    const mode = text(values, 'mode')
    if (mode !== 'strict' && mode !== 'lenient') throw new UsageError('--mode must be strict or lenient')
    const options = readOptions(invocation)
    const files = inputFiles(withDefault(invocation))
    const keys = trustedKeys(invocation)
    const transpiler = createTranspiler({ jco: options.jco, limits: options.limits })
    const codes: number[] = []
    try {
      for (const file of files) {
        const job = { file, mode, keys, options, transpiler, invocation } as const
        codes.push(await handle(job).catch((error: unknown) => explain(error, file, io)))
      }
    } finally {
      await transpiler.close()
    }
    if (codes.includes(EXIT.refused)) return EXIT.refused
    return Math.max(...codes)
  },
}

function withDefault(invocation: Invocation): Invocation {
  const isGiven = invocation.args.length > 0 || texts(invocation.values, 'input').length > 0
  return isGiven ? invocation : { ...invocation, args: [DEFAULT_FILES] }
}

function readOptions({ values, io }: Invocation): ResolvedOptions {
  const dir = text(values, 'dir')
  if (dir !== undefined && values['sibling'] === true) throw new UsageError('--dir or --sibling, not both')
  const jco = text(values, 'jco')
  return resolveOptions({
    types: values['sibling'] === true ? 'sibling' : dir === undefined ? true : path.resolve(io.cwd, dir),
    imports: Object.fromEntries(texts(values, 'import').map((name) => [name, name])),
    ...(jco === undefined ? {} : { jco: parseJson(jco) as NonNullable<Options['jco']> }),
  })
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new UsageError('--jco must be JSON')
  }
}

interface Job {
  file: string
  mode: 'strict' | 'lenient'
  keys: readonly TrustedKey[]
  options: ResolvedOptions
  transpiler: Transpiler
  invocation: Invocation
}

/** @throws Diagnostic when the file is refused, or its declarations are stale */
async function handle({ file, mode, keys, options, transpiler, invocation }: Job): Promise<number> {
  const { io, values } = invocation
  const subject = readSubject(file, invocation)
  const layer = readLayer(subject.bytes) ?? 'component'
  const judgement = judge({ ...subject, layer }, createPolicy({ mode, signers: keys }))
  if (judgement.action === 'refuse') throw judgement.problem
  if (judgement.action === 'warn') io.err(judgement.problem.message)
  const folder = placeTypes(path.resolve(io.cwd, file), { root: io.cwd, types: options.types })
  if (layer === 'core module' || folder === undefined) {
    io.err(`${escapeControls(file)}: skipped, ${layer === 'core module' ? 'a core module' : OUTSIDE}`)
    return EXIT.ok
  }
  const name = path.basename(file)
  const { jco, imports } = options
  const declarations = await declareComponent(judgement.admitted, {
    transpiler,
    jco,
    imports,
    name,
    display: file,
  })
  const changed = changedTypes(folder, name, declarations)
  if (values['check'] === true && changed.length > 0) throw problem('TYPES_STALE', { file, files: changed })
  if (values['check'] !== true) write(folder, name, declarations, file)
  io.out(`${escapeControls(file)}: ${changed.length === 0 ? 'up to date' : 'written'}`)
  return EXIT.ok
}

const OUTSIDE = 'not in this folder, or in a package'

function write(folder: string, name: string, declarations: Record<string, string>, file: string): void {
  try {
    writeTypes(folder, name, declarations)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    throw problem('FILE_UNWRITABLE', { file: `the declarations of ${file}`, reason: code }, { cause })
  }
}

function explain(error: unknown, file: string, io: Invocation['io']): number {
  if (!(error instanceof Diagnostic)) throw error
  io.err((error.file === undefined ? error.at(file) : error).message)
  return EXIT[error.exit]
}
