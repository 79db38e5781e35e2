/** `signed-wasm split`, `detach` and `attach`: what is done to files around signatures. */

import { about } from '../../errors/raise.js'
import { attach as attachBytes, detach as detachBytes } from '../../trust/sign.js'
import { split as splitBytes } from '../../trust/split.js'
import { defineCommand, type Invocation, type Options, UsageError } from '../define-command.js'
import { STANDARD } from '../disk.js'
import { EXIT } from '../exit.js'
import { INPUT, inputFile, readInput, SIGNATURE_FILE, SPLIT } from '../input.js'
import { assertApart, assertFree, FORCE, OUTPUT } from '../output.js'

const REWRITE = { ...INPUT, ...OUTPUT, ...FORCE }

const SIGNATURE = {
  'signature-file': {
    ...SIGNATURE_FILE['signature-file'],
    help: 'the detached signature (default: <file>.sig)',
  },
} as const satisfies Options

/** `signed-wasm split`. */
export const split = defineCommand({
  usage: '<file> -o <file> [-s <name> ...]',
  options: {
    ...REWRITE,
    split: {
      ...SPLIT.split,
      short: 's',
      help: 'a custom section that belongs with the program, or a prefix with a trailing *',
    },
  },
  examples: ["npx unplugin-signed-wasm split hello.wasm -o hello.split.wasm -s producers -s '.debug*'"],
  run(invocation) {
    const { split: names } = invocation.values
    const job = readJob(invocation)
    return rewrite(job, invocation, (bytes) => splitBytes(bytes, names.length === 0 ? () => true : names))
  },
})

/** `signed-wasm attach`. */
export const attach = defineCommand({
  usage: '<file> -S <file>.sig -o <file>',
  options: { ...REWRITE, ...SIGNATURE },
  examples: ['npx unplugin-signed-wasm attach hello.wasm -S hello.wasm.sig -o hello.signed.wasm'],
  run(invocation) {
    const { io } = invocation
    const job = readJob(invocation)
    const from = signaturePath(job, invocation)
    assertApart([job.output], { kept: [from], io })
    const signature = io.read(from)
    return rewrite(job, invocation, (bytes) => attachBytes(bytes, signature))
  },
})

/** `signed-wasm detach`. */
export const detach = defineCommand({
  usage: '<file> -o <file> -S <file>.sig',
  options: { ...REWRITE, ...SIGNATURE },
  examples: ['npx unplugin-signed-wasm detach hello.wasm -o hello.unsigned.wasm -S hello.wasm.sig'],
  run(invocation) {
    const { io, values } = invocation
    const job = readJob(invocation)
    const target = signaturePath(job, invocation)
    assertApart([job.output, target], { kept: [], io })
    assertApart([target], { kept: [job.file], io })
    assertFree([target], invocation)
    return rewrite(job, invocation, (input) => {
      const { bytes, signature } = detachBytes(input)
      io.write(target, signature, { replace: values.force })
      return bytes
    })
  },
})

/** What is read, and what is written. */
interface Job {
  file: string
  output: string
}

/** @throws UsageError; Diagnostic `FILE_EXISTS` */
function readJob(invocation: Invocation<typeof REWRITE>): Job {
  const { output } = invocation.values
  if (output === undefined) throw new UsageError('say where to: -o <file>')
  const file = inputFile(invocation, { writes: true })
  assertFree([output], invocation)
  return { file, output }
}

function signaturePath({ file }: Job, { values }: Invocation<typeof INPUT & typeof SIGNATURE>): string {
  const { 'signature-file': given } = values
  if (given === undefined && file === STANDARD)
    throw new UsageError('what is read from standard input has no name: use -S <file>')
  return given ?? `${file}.sig`
}

function rewrite(
  { file, output }: Job,
  invocation: Invocation<typeof REWRITE>,
  change: (bytes: Uint8Array) => Uint8Array,
): number {
  const { io, values } = invocation
  const bytes = about(file, () => change(readInput(file, invocation)))
  io.write(output, bytes, { replace: values.force })
  io.out(`wrote ${output}`)
  return EXIT.ok
}
