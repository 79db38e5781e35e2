/** `signed-wasm keygen`: makes a key pair. */

import { problem } from '../../errors/raise.js'
import { generateKey, trustedKey } from '../../trust/keys/trusted-key.js'
import { formatPublicKey, formatSecretKey, KEY_FORMATS } from '../../trust/keys/write.js'
import { type Command, EXIT, type Invocation, keyFormat, text, UsageError } from '../define-command.js'

/** Only the owner may read a secret key. */
const SECRET_MODE = 0o600

/** `signed-wasm keygen`. */
export const keygen: Command = {
  usage: '[name]',
  options: {
    format: {
      type: 'string',
      default: 'pem',
      value: KEY_FORMATS.join('|'),
      help: 'the format of both files (default: pem)',
    },
    'secret-key': { type: 'string', short: 'k', value: '<file>', help: 'name of the secret key file' },
    'public-key': { type: 'string', short: 'K', value: '<file>', help: 'name of the public key file' },
    force: { type: 'boolean', default: false, help: 'overwrite files that are there' },
  },
  examples: ['signed-wasm keygen release', 'signed-wasm keygen -k secret.key -K public.key --format raw'],
  run: (invocation) => makePair(invocation, pairNames(invocation)),
}

/** `signed-wasm generate-key -o <name>`: the same, raw. */
export const generateKeyAlias: Command = {
  usage: '-o <name>',
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: '<name>',
      help: 'the secret key; its public half gets .pub added',
    },
    format: {
      type: 'string',
      default: 'raw',
      value: KEY_FORMATS.join('|'),
      help: 'the format of both files (default: raw)',
    },
    force: { type: 'boolean', default: false, help: 'overwrite files that are there' },
  },
  examples: ['signed-wasm generate-key -o release.key'],
  run(invocation) {
    const secret = text(invocation.values, 'output')
    if (secret === undefined) throw new UsageError('say where to: -o <name>')
    return makePair(invocation, { secret, public: `${secret}.pub` })
  },
}

function pairNames({ values, args }: Invocation): { secret: string; public: string } {
  if (args.length > 1) throw new UsageError('give one name')
  const [name = 'signed-wasm'] = args
  return {
    secret: text(values, 'secret-key') ?? `${name}.key`,
    public: text(values, 'public-key') ?? `${name}.pub`,
  }
}

function makePair({ values, io }: Invocation, names: { secret: string; public: string }): number {
  const format = keyFormat(values)
  const replace = values['force'] === true
  // Before either is written: half a pair would be worse than none.
  const taken = [names.secret, names.public].find((file) => !replace && io.exists(file))
  if (taken !== undefined) throw problem('FILE_EXISTS', { file: taken })
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
