/** `signed-wasm keygen`: makes a key pair. */

import { generateKey, trustedKey } from '../../trust/keys/trusted-key.js'
import { formatPublicKey, formatSecretKey } from '../../trust/keys/write.js'
import { defineCommand, type Invocation, type Options, UsageError } from '../define-command.js'
import { EXIT } from '../exit.js'
import { isUnignored } from '../git.js'
import type { Io } from '../io.js'
import { KEY_FORMAT, keyFormat } from '../key-options.js'
import { assertApart, assertFree, FORCE, OUTPUT } from '../output.js'

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
  assertApart([names.secret, names.public], { kept: [], io })
  assertFree([names.secret, names.public], invocation)
  const key = generateKey()
  const halves = { secret: formatSecretKey(key, format), public: formatPublicKey(key, format) }
  writePair(names, halves, { replace: values.force, io })
  const { fingerprint } = trustedKey(key.publicKey, names.public)
  io.out(
    `${names.secret}  secret: keep it out of the repository`,
    `${names.public}  public: trust it with keys: ['${names.public}']`,
    `fingerprint ${fingerprint}`,
  )
  warn(names.secret, io)
  if (format === 'jwk' || format === 'openssh') io.err('wsc and wasmsign2 read raw keys only: --format raw')
  return EXIT.ok
}

/** Both halves or none. The public one first: alone it is of no use to anyone, and an old secret one is still there. */
function writePair(
  names: Pair,
  halves: Record<keyof Pair, Uint8Array>,
  { replace, io }: { replace: boolean; io: Io },
): void {
  const before = io.isTaken(names.public) ? io.read(names.public) : undefined
  io.write(names.public, halves.public, { replace, links: 'refuse' })
  try {
    // Where capital letters make no difference, two names are one file, which shows once it is there.
    assertApart([names.public, names.secret], { kept: [], io })
    io.write(names.secret, halves.secret, { mode: SECRET_MODE, replace, links: 'refuse' })
  } catch (error) {
    if (before === undefined) io.remove(names.public)
    else io.write(names.public, before, { replace: true, links: 'refuse' })
    throw error
  }
}

function warn(secret: string, io: Io): void {
  if (io.isReadableByOthers(secret))
    io.err(
      `warning: ${secret} can be read by other users of this machine: its file system keeps no permissions`,
    )
  if (isUnignored(secret, io))
    io.err(
      `warning: ${secret} lies in a git work tree that does not ignore it`,
      `  hint: add ${secret} to .gitignore`,
    )
}
