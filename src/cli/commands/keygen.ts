/** `signed-wasm keygen`: makes a key pair. */

import { generateKey, trustedKey } from '../../trust/keys/trusted-key.js'
import { formatPublicKey, formatSecretKey } from '../../trust/keys/write.js'
import { defineCommand, type Invocation, type Options, UsageError } from '../define-command.js'
import { EXIT } from '../exit.js'
import { assertFree, FORCE, KEY_FORMAT, keyFormat, OUTPUT } from '../shared-options.js'

/** Only the owner may read a secret key. */
const SECRET_MODE = 0o600

const NAMES = {
  'secret-key': { type: 'string', short: 'k', value: '<file>', help: 'name of the secret key file' },
  'public-key': { type: 'string', short: 'K', value: '<file>', help: 'name of the public key file' },
} as const satisfies Options

/** `signed-wasm keygen`. */
export const keygen = defineCommand({
  usage: '[name]',
  options: {
    format: { ...KEY_FORMAT.format, help: 'the format of both files (default: pem)' },
    ...NAMES,
    ...FORCE,
  },
  examples: [
    'npx unplugin-signed-wasm keygen release',
    'npx unplugin-signed-wasm keygen -k secret.key -K public.key --format raw',
  ],
  run: (invocation) => makePair(invocation, pairNames(invocation)),
})

/** `signed-wasm generate-key -o <name>`: the same, raw. */
export const generateKeyAlias = defineCommand({
  usage: '-o <name>',
  options: {
    output: { ...OUTPUT.output, value: '<name>', help: 'the secret key; its public half gets .pub added' },
    format: { ...KEY_FORMAT.format, default: 'raw', help: 'the format of both files (default: raw)' },
    ...FORCE,
  },
  examples: ['npx unplugin-signed-wasm generate-key -o release.key'],
  run(invocation) {
    const { output: secret } = invocation.values
    if (secret === undefined) throw new UsageError('say where to: -o <name>')
    return makePair(invocation, { secret, public: `${secret}.pub` })
  },
})

interface Pair {
  secret: string
  public: string
}

function pairNames({ values, args }: Invocation<typeof NAMES>): Pair {
  if (args.length > 1) throw new UsageError('give one name')
  const [name = 'signed-wasm'] = args
  return {
    secret: values['secret-key'] ?? `${name}.key`,
    public: values['public-key'] ?? `${name}.pub`,
  }
}

function makePair(invocation: Invocation<typeof KEY_FORMAT & typeof FORCE>, names: Pair): number {
  const { values, io } = invocation
  const format = keyFormat(values)
  const replace = values.force
  assertFree([names.secret, names.public], invocation)
  const key = generateKey()
  io.write(names.secret, formatSecretKey(key, format), { mode: SECRET_MODE, replace })
  io.write(names.public, formatPublicKey(key, format), { replace })
  const { fingerprint, keyId } = trustedKey(key.publicKey, names.public)
  io.out(`${names.secret}  secret: keep it out of the repository`)
  io.out(`${names.public}  public: trust it with keys: ['${names.public}']`)
  io.out(`fingerprint ${fingerprint}`)
  io.out(`key id      ${keyId}`)
  if (format !== 'raw') io.err('wsc and wasmsign2 read only raw keys: use --format raw for those')
  return EXIT.ok
}
