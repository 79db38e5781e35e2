/** `signed-wasm split`, `detach` and `attach`: what is done to files around signatures. */

import { about, problem } from '../../errors/raise.js'
import { attach as attachBytes, detach as detachBytes } from '../../trust/sign.js'
import { split as splitBytes } from '../../trust/split.js'
import {
  type Command,
  EXIT,
  INPUT_OPTION,
  inputFile,
  type Invocation,
  type Option,
  text,
  texts,
  UsageError,
} from '../define-command.js'

const OUTPUT_OPTIONS: Record<string, Option> = {
  input: INPUT_OPTION,
  output: { type: 'string', short: 'o', value: '<file>', help: 'where to write' },
  force: { type: 'boolean', default: false, help: 'overwrite output files' },
}

const SIGNATURE_OPTION: Option = {
  type: 'string',
  short: 'S',
  value: '<file>',
  help: 'the detached signature (default: <file>.sig)',
}

/** `signed-wasm split`. */
export const split: Command = {
  usage: '<file> -o <file> [-s <name> ...]',
  options: {
    ...OUTPUT_OPTIONS,
    split: {
      type: 'string',
      short: 's',
      multiple: true,
      default: [],
      value: '<name>',
      help: 'a custom section that belongs with the program, or a prefix with a trailing *',
    },
  },
  examples: ["signed-wasm split hello.wasm -o hello.split.wasm -s producers -s '.debug*'"],
  run(invocation) {
    const names = texts(invocation.values, 'split')
    return rewrite(invocation, (bytes) => splitBytes(bytes, names.length === 0 ? () => true : names))
  },
}

/** `signed-wasm attach`. */
export const attach: Command = {
  usage: '<file> -S <file>.sig -o <file>',
  options: { ...OUTPUT_OPTIONS, 'signature-file': SIGNATURE_OPTION },
  examples: ['signed-wasm attach hello.wasm -S hello.wasm.sig -o hello.signed.wasm'],
  run(invocation) {
    const signature = invocation.io.read(signaturePath(invocation))
    return rewrite(invocation, (bytes) => attachBytes(bytes, signature))
  },
}

/** `signed-wasm detach`. */
export const detach: Command = {
  usage: '<file> -o <file> -S <file>.sig',
  options: { ...OUTPUT_OPTIONS, 'signature-file': SIGNATURE_OPTION },
  examples: ['signed-wasm detach hello.wasm -o hello.unsigned.wasm -S hello.wasm.sig'],
  run(invocation) {
    const { io, values } = invocation
    const target = signaturePath(invocation)
    const replace = values['force'] === true
    if (!replace && io.exists(target)) throw problem('FILE_EXISTS', { file: target })
    return rewrite(invocation, (input) => {
      const { bytes, signature } = detachBytes(input)
      io.write(target, signature, { replace })
      return bytes
    })
  },
}

function signaturePath(invocation: Invocation): string {
  return text(invocation.values, 'signature-file') ?? `${inputFile(invocation)}.sig`
}

function rewrite(invocation: Invocation, change: (bytes: Uint8Array) => Uint8Array): number {
  const { values, io } = invocation
  const output = text(values, 'output')
  if (output === undefined) throw new UsageError('say where to: -o <file>')
  const replace = values['force'] === true
  if (!replace && io.exists(output)) throw problem('FILE_EXISTS', { file: output })
  const file = inputFile(invocation)
  io.write(
    output,
    about(file, () => change(io.read(file))),
    { replace },
  )
  io.out(`wrote ${output}`)
  return EXIT.ok
}
