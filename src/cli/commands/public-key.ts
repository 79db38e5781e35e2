/** `signed-wasm public-key`: the public half of a key, in any format. */

import { Diagnostic } from '../../errors/diagnostic.js'
import { decodeUtf8 } from '../../format/encoding.js'
import { parsePublicKeys, parseSecretKey } from '../../trust/keys/read.js'
import { type TrustedKey, trustedKey } from '../../trust/keys/trusted-key.js'
import { formatPublicKey } from '../../trust/keys/write.js'
import { defineCommand, type Invocation, type Options, UsageError } from '../define-command.js'
import { EXIT } from '../exit.js'
import { KEY_FORMAT, keyFormat, readKeyFile, SECRET_KEY, secretKey } from '../key-options.js'
import { assertApart, FORCE, OUTPUT } from '../output.js'

const EMIT = {
  output: { ...OUTPUT.output, help: 'write it there instead of to the terminal' },
  ...FORCE,
  ...KEY_FORMAT,
} as const satisfies Options

/** `signed-wasm public-key`. */
export const publicKey = defineCommand({
  usage: '<key file>',
  options: {
    ...EMIT,
    show: { type: 'boolean', default: false, help: 'show the fingerprint only' },
  },
  examples: [
    'npx unplugin-signed-wasm public-key release.key --format openssh',
    'npx unplugin-signed-wasm public-key --show release.pub',
  ],
  run(invocation) {
    const { values, args, io } = invocation
    const [file, ...others] = args
    if (file === undefined || others.length > 0) throw new UsageError('give one key file')
    const key = readAnyKey(readKeyFile(file, io), file)
    if (!values.show) return emit(invocation, key, file)
    io.out(`fingerprint ${key.fingerprint}`)
    return EXIT.ok
  },
})

/** `signed-wasm export-public-key -k <secret> -o <public>`: the same, raw. */
export const exportPublicKeyAlias = defineCommand({
  usage: '-k <file> -o <file>',
  options: {
    ...SECRET_KEY,
    ...EMIT,
    format: { ...KEY_FORMAT.format, default: 'raw', help: 'the format to write (default: raw)' },
  },
  examples: ['npx unplugin-signed-wasm export-public-key -k release.key -o exported.pub'],
  run: (invocation) =>
    emit(invocation, trustedKey(secretKey(invocation).publicKey, 'the secret key'), invocation.values.key),
})

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

/** @param from the file that the key was read from, which nothing may take the place of */
function emit({ values, io }: Invocation<typeof EMIT>, key: TrustedKey, from: string | undefined): number {
  const format = keyFormat(values)
  const bytes = formatPublicKey(key, format)
  const { output } = values
  if (output !== undefined) {
    assertApart([output], { kept: from === undefined ? [] : [from], io })
    io.write(output, bytes, { replace: values.force, links: 'refuse' })
    io.out(`wrote ${output}`)
  } else if (format === 'raw')
    throw new UsageError('the raw format is binary: give -o <file>, or -o - for standard output')
  else io.print(decodeUtf8(bytes)!.trimEnd())
  return EXIT.ok
}
