/** `signed-wasm sign`: adds a signature to files, or makes it in a file of its own. */

import path from 'node:path'
import { about, problem } from '../../errors/raise.js'
import { equalBytes, fromHex } from '../../format/encoding.js'
import { parsePublicKeys } from '../../trust/keys/read.js'
import { prepareSignature, sign as signBytes, type Signed, type SignOptions } from '../../trust/sign.js'
import { split } from '../../trust/split.js'
import { defineCommand, type Invocation, type Options, UsageError, type Values } from '../define-command.js'
import { EXIT } from '../exit.js'
import {
  DETACHED,
  FORCE,
  INPUT,
  inputFile,
  inputFiles,
  OUTPUT,
  readKeyFile,
  SECRET_KEY,
  secretKey,
  SIGNATURE_FILE,
  SPLIT,
} from '../shared-options.js'

const OPTIONS = {
  ...INPUT,
  ...SECRET_KEY,
  'public-key': {
    type: 'string',
    short: 'K',
    value: '<file>',
    help: 'the public half, where the secret half is elsewhere',
  },
  write: { type: 'boolean', default: false, help: 'sign the files in place' },
  output: { ...OUTPUT.output, help: 'write the signed file there; for one file' },
  'out-dir': {
    type: 'string',
    value: '<folder>',
    help: 'write the signed files there, under their own names',
  },
  'signature-file': {
    ...SIGNATURE_FILE['signature-file'],
    help: 'write the signature there, detached; for one file',
  },
  detached: { ...DETACHED.detached, help: 'write each signature to <file>.sig and leave the file as it is' },
  'key-id': {
    type: 'string',
    default: 'default',
    value: 'default|none|HEX',
    help: 'what the signature calls its key',
  },
  replace: { type: 'boolean', default: false, help: 'drop the signatures that are there' },
  split: {
    ...SPLIT.split,
    help: 'first add delimiters around the custom sections of that name, or prefix with a trailing *',
  },
  'message-out': {
    type: 'string',
    value: '<file>',
    help: 'write the bytes to be signed there, for a key that is elsewhere',
  },
  'signature-in': { type: 'string', value: '<file>', help: 'take the 64 signature bytes from there' },
  ...FORCE,
} as const satisfies Options

type SignInvocation = Invocation<typeof OPTIONS>

/** `signed-wasm sign`. */
export const sign = defineCommand({
  usage: '<files...> -k <name>.key (--write | -o <file> | --out-dir <folder>)',
  options: OPTIONS,
  examples: [
    'npx unplugin-signed-wasm sign --write -k release.key hello.wasm',
    'npx unplugin-signed-wasm sign --detached -k release.key dist/*.wasm',
    'npx unplugin-signed-wasm sign -K release.pub --message-out hello.msg hello.wasm',
    'npx unplugin-signed-wasm sign -K release.pub --signature-in hello.msg.sig --write hello.wasm',
  ],
  run(invocation) {
    const { 'message-out': message } = invocation.values
    if (message !== undefined) return writeMessage(message, invocation)
    const target = readTarget(invocation)
    const files = inputFiles(invocation)
    if (files.length > 1 && isForOneFile(invocation.values))
      throw new UsageError('-o, -S and --signature-in take one file')
    const signer = readSigner(invocation)
    // Everything is signed before anything is written, so a bad file leaves the others as they were.
    const signed = files.map((file) => ({
      file,
      result: about(file, () => signer(readInput(file, invocation))),
    }))
    for (const { file, result } of signed) target(file, result)
    return EXIT.ok
  },
})

function isForOneFile(values: Values<typeof OPTIONS>): boolean {
  const single = [values.output, values['signature-file'], values['signature-in']]
  return single.some((value) => value !== undefined)
}

/** The file, cut into parts first where that is asked for. */
function readInput(file: string, { values, io }: SignInvocation): Uint8Array {
  const bytes = io.read(file)
  const { split: names } = values
  return names.length === 0 ? bytes : split(bytes, names)
}

type Signer = (bytes: Uint8Array) => Signed

function readSigner(invocation: SignInvocation): Signer {
  const { values, io } = invocation
  const options = readSignOptions(values)
  const { 'signature-in': signatureFile } = values
  if (signatureFile === undefined) {
    const key = secretKey(invocation)
    return (bytes) => signBytes(bytes, key, options)
  }
  const publicKey = readPublicKey(invocation)
  const signature = io.read(signatureFile)
  return (bytes) => prepareSignature(bytes, publicKey, options).finish(signature)
}

function readPublicKey({ values, io }: SignInvocation): Uint8Array {
  const { 'public-key': file } = values
  if (file === undefined) throw new UsageError('give the public half of the key: -K <name>.pub')
  const [key, ...others] = parsePublicKeys(readKeyFile(file, io), file)
  if (others.length > 0) throw new UsageError(`${file} holds several keys; give a file with one`)
  return key!.publicKey
}

function readSignOptions({ 'key-id': wanted, replace }: Values<typeof OPTIONS>): SignOptions {
  const keyId = wanted === 'default' || wanted === 'none' ? wanted : fromHex(wanted)
  if (keyId === undefined || (typeof keyId !== 'string' && (keyId.length === 0 || keyId.length > 255))) {
    throw new UsageError('--key-id must be default, none, or 1 to 255 bytes of hexadecimal')
  }
  return { keyId, replace }
}

function writeMessage(output: string, invocation: SignInvocation): number {
  const { values, io } = invocation
  const file = inputFile(invocation)
  const publicKey = readPublicKey(invocation)
  const { message } = about(file, () =>
    prepareSignature(readInput(file, invocation), publicKey, readSignOptions(values)),
  )
  io.write(output, message, { replace: values.force })
  io.out(
    `wrote ${output}: sign these bytes with Ed25519 as they are, then give the signature with --signature-in`,
  )
  return EXIT.ok
}

/** Where signed files go: exactly one of the ways must be asked for. */
function readTarget({ values, io }: SignInvocation): (file: string, result: Signed) => void {
  const { output, 'out-dir': folder, 'signature-file': signatureFile, write, force } = values
  const isDetached = values.detached || signatureFile !== undefined
  const ways = [output, folder, write || undefined].filter((way) => way !== undefined).length
  if (ways > 1 || (ways === 0 && !isDetached))
    throw new UsageError('say where to: --write, -o <file> or --out-dir <folder>')
  return (file, { bytes, signature, original }) => {
    const written = isDetached ? original : bytes
    if (isDetached) {
      const signaturePath = signatureFile ?? `${file}.sig`
      // The signature is over the canonical form, and would not fit the file otherwise.
      if (ways === 0 && !equalBytes(io.read(file), original)) throw problem('NOT_CANONICAL', { file })
      io.write(signaturePath, signature, { replace: force })
      io.out(`signed ${file}: ${signaturePath}`)
    }
    if (ways === 0) return
    const target = output ?? (folder === undefined ? file : path.join(folder, path.basename(file)))
    io.write(target, written, { replace: force || write })
    if (!isDetached) io.out(`signed ${target}`)
  }
}
