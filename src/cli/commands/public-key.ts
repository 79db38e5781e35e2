/** `signed-wasm public-key`: the public half of a secret key, in any format. */

import { Diagnostic } from '../../errors/diagnostic.js'
import { decodeUtf8 } from '../../format/encoding.js'
import { parsePublicKeys, parseSecretKey } from '../../trust/keys/read.js'
import { type TrustedKey, trustedKey } from '../../trust/keys/trusted-key.js'
import { formatPublicKey, KEY_FORMATS } from '../../trust/keys/write.js'
import {
  type Command,
  EXIT,
  type Invocation,
  keyFormat,
  type Option,
  SECRET_OPTIONS,
  secretKey,
  text,
  UsageError,
} from '../define-command.js'

const OUTPUT: Record<string, Option> = {
  output: { type: 'string', short: 'o', value: '<file>', help: 'write it there instead of to the terminal' },
  force: { type: 'boolean', default: false, help: 'overwrite the output file' },
}

/** `signed-wasm public-key`. */
export const publicKey: Command = {
  usage: '<key file>',
  options: {
    ...OUTPUT,
    format: {
      type: 'string',
      default: 'pem',
      value: KEY_FORMATS.join('|'),
      help: 'the format to write (default: pem)',
    },
    show: { type: 'boolean', default: false, help: 'show the fingerprint and the key id only' },
  },
  examples: [
    'signed-wasm public-key release.key --format openssh',
    'signed-wasm public-key --show release.pub',
  ],
  run(invocation) {
    const { values, args, io } = invocation
    const [file, ...others] = args
    if (file === undefined || others.length > 0) throw new UsageError('give one key file')
    const key = readAnyKey(io.read(file), file)
    if (values['show'] !== true) return emit(invocation, key)
    io.out(`fingerprint ${key.fingerprint}`)
    io.out(`key id      ${key.keyId}`)
    return EXIT.ok
  },
}

/** `signed-wasm export-public-key -k <secret> -o <public>`: the same, raw. */
export const exportPublicKeyAlias: Command = {
  usage: '-k <file> -o <file>',
  options: {
    ...SECRET_OPTIONS,
    ...OUTPUT,
    format: {
      type: 'string',
      default: 'raw',
      value: KEY_FORMATS.join('|'),
      help: 'the format to write (default: raw)',
    },
  },
  examples: ['signed-wasm export-public-key -k release.key -o release.pub'],
  run: (invocation) => emit(invocation, trustedKey(secretKey(invocation).publicKey, 'the secret key')),
}

/** The public half of either kind of key. */
function readAnyKey(data: Uint8Array, file: string): TrustedKey {
  try {
    const [key, ...others] = parsePublicKeys(data, file)
    if (others.length > 0)
      throw new UsageError(`${file} holds ${others.length + 1} keys; give a file with one`)
    return key!
  } catch (error) {
    if (!(error instanceof Diagnostic) || error.code !== 'KEY_SECRET') throw error
    return trustedKey(parseSecretKey(data, file).publicKey, file)
  }
}

function emit({ values, io }: Invocation, key: TrustedKey): number {
  const format = keyFormat(values)
  const bytes = formatPublicKey(key, format)
  const output = text(values, 'output')
  if (output !== undefined) {
    io.write(output, bytes, { replace: values['force'] === true })
    io.out(`wrote ${output}`)
  } else if (format === 'raw') throw new UsageError('the raw format is binary: give -o <file>')
  else io.out(decodeUtf8(bytes)!.trimEnd())
  return EXIT.ok
}
