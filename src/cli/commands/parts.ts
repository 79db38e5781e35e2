/** `signed-wasm split`, `detach` and `attach`: what is done to files around signatures. */

import { about } from '../../errors/raise.js'
import { attach as attachBytes, detach as detachBytes } from '../../trust/sign.js'
import { split as splitBytes } from '../../trust/split.js'
import { defineCommand, type Invocation, type Options, UsageError } from '../define-command.js'
import { EXIT } from '../exit.js'
import { assertFree, FORCE, INPUT, inputFile, OUTPUT, SIGNATURE_FILE, SPLIT } from '../shared-options.js'

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
    return rewrite(invocation, (bytes) => splitBytes(bytes, names.length === 0 ? () => true : names))
  },
})

/** `signed-wasm attach`. */
export const attach = defineCommand({
  usage: '<file> -S <file>.sig -o <file>',
  options: { ...REWRITE, ...SIGNATURE },
  examples: ['npx unplugin-signed-wasm attach hello.wasm -S hello.wasm.sig -o hello.signed.wasm'],
  run(invocation) {
    const signature = invocation.io.read(signaturePath(invocation))
    return rewrite(invocation, (bytes) => attachBytes(bytes, signature))
  },
})

/** `signed-wasm detach`. */
export const detach = defineCommand({
  usage: '<file> -o <file> -S <file>.sig',
  options: { ...REWRITE, ...SIGNATURE },
  examples: ['npx unplugin-signed-wasm detach hello.wasm -o hello.unsigned.wasm -S hello.wasm.sig'],
  run(invocation) {
    const { io, values } = invocation
    const target = signaturePath(invocation)
    assertFree([target], invocation)
    return rewrite(invocation, (input) => {
      const { bytes, signature } = detachBytes(input)
      io.write(target, signature, { replace: values.force })
      return bytes
    })
  },
})

function signaturePath(invocation: Invocation<typeof INPUT & typeof SIGNATURE>): string {
  return invocation.values['signature-file'] ?? `${inputFile(invocation)}.sig`
}

function rewrite(invocation: Invocation<typeof REWRITE>, change: (bytes: Uint8Array) => Uint8Array): number {
  const { values, io } = invocation
  const { output, force: replace } = values
  if (output === undefined) throw new UsageError('say where to: -o <file>')
  assertFree([output], invocation)
  const file = inputFile(invocation)
  io.write(
    output,
    about(file, () => change(io.read(file))),
    { replace },
  )
  io.out(`wrote ${output}`)
  return EXIT.ok
}
