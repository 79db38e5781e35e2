/** `signed-wasm sign`: adds a signature to files, or makes it in a file of its own. */

import path from 'node:path'
import { about, problem } from '../../errors/raise.js'
import { equalBytes, fromHex } from '../../format/encoding.js'
import { parsePublicKeys } from '../../trust/keys/read.js'
import type { SecretKey } from '../../trust/keys/trusted-key.js'
import { prepareSignature, sign as signBytes, type Signed, type SignOptions } from '../../trust/sign.js'
import { split } from '../../trust/split.js'
import {
  type Command,
  EXIT,
  INPUT_OPTION,
  inputFile,
  inputFiles,
  type Invocation,
  SECRET_OPTIONS,
  secretKey,
  text,
  texts,
  UsageError,
  type Values,
} from '../define-command.js'

/** `signed-wasm sign`. */
export const sign: Command = {
  usage: '<files...> -k <name>.key (--write | -o <file> | --out-dir <folder>)',
  options: {
    input: INPUT_OPTION,
    ...SECRET_OPTIONS,
    'public-key': {
      type: 'string',
      short: 'K',
      value: '<file>',
      help: 'the public half, where the secret half is elsewhere',
    },
    write: { type: 'boolean', default: false, help: 'sign the files in place' },
    output: {
      type: 'string',
      short: 'o',
      value: '<file>',
      help: 'write the signed file there; for one file',
    },
    'out-dir': {
      type: 'string',
      value: '<folder>',
      help: 'write the signed files there, under their own names',
    },
    'signature-file': {
      type: 'string',
      short: 'S',
      value: '<file>',
      help: 'write the signature there, detached; for one file',
    },
    detached: {
      type: 'boolean',
      default: false,
      help: 'write each signature to <file>.sig and leave the file as it is',
    },
    'key-id': {
      type: 'string',
      default: 'default',
      value: 'default|none|HEX',
      help: 'what the signature calls its key',
    },
    replace: { type: 'boolean', default: false, help: 'drop the signatures that are there' },
    split: {
      type: 'string',
      multiple: true,
      default: [],
      value: '<name>',
      help: 'first add delimiters around the custom sections of that name, or prefix with a trailing *',
    },
    'message-out': {
      type: 'string',
      value: '<file>',
      help: 'write the bytes to be signed there, for a key that is elsewhere',
    },
    'signature-in': { type: 'string', value: '<file>', help: 'take the 64 signature bytes from there' },
    force: { type: 'boolean', default: false, help: 'overwrite output files' },
  },
  examples: [
    'signed-wasm sign --write -k release.key hello.wasm',
    'signed-wasm sign --detached -k release.key dist/*.wasm',
    'signed-wasm sign -K release.pub --message-out hello.msg hello.wasm',
    'signed-wasm sign -K release.pub --signature-in hello.msg.sig --write hello.wasm',
  ],
  run(invocation) {
    if (text(invocation.values, 'message-out') !== undefined) return writeMessage(invocation)
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
}

function isForOneFile(values: Values): boolean {
  return ['output', 'signature-file', 'signature-in'].some((name) => values[name] !== undefined)
}

/** The file, cut into parts first where that is asked for. */
function readInput(file: string, { values, io }: Invocation): Uint8Array {
  const bytes = io.read(file)
  const names = texts(values, 'split')
  return names.length === 0 ? bytes : split(bytes, names)
}

type Signer = (bytes: Uint8Array) => Signed

function readSigner(invocation: Invocation): Signer {
  const { values, io } = invocation
  const options = readSignOptions(values)
  const signatureFile = text(values, 'signature-in')
  if (signatureFile === undefined) {
    const key: SecretKey = secretKey(invocation)
    return (bytes) => signBytes(bytes, key, options)
  }
  const publicKey = readPublicKey(invocation)
  const signature = io.read(signatureFile)
  return (bytes) => prepareSignature(bytes, publicKey, options).finish(signature)
}

function readPublicKey({ values, io }: Invocation): Uint8Array {
  const file = text(values, 'public-key')
  if (file === undefined) throw new UsageError('give the public half of the key: -K <name>.pub')
  const [key, ...others] = parsePublicKeys(io.read(file), file)
  if (others.length > 0) throw new UsageError(`${file} holds several keys; give a file with one`)
  return key!.publicKey
}

function readSignOptions(values: Values): SignOptions {
  const wanted = text(values, 'key-id') ?? 'default'
  const keyId = wanted === 'default' || wanted === 'none' ? wanted : fromHex(wanted)
  if (keyId === undefined || (typeof keyId !== 'string' && (keyId.length === 0 || keyId.length > 255))) {
    throw new UsageError('--key-id must be default, none, or 1 to 255 bytes of hexadecimal')
  }
  return { keyId, replace: values['replace'] === true }
}

function writeMessage(invocation: Invocation): number {
  const { values, io } = invocation
  const file = inputFile(invocation)
  const publicKey = readPublicKey(invocation)
  const output = text(values, 'message-out')!
  const { message } = about(file, () =>
    prepareSignature(readInput(file, invocation), publicKey, readSignOptions(values)),
  )
  io.write(output, message, { replace: values['force'] === true })
  io.out(
    `wrote ${output}: sign these bytes with Ed25519 as they are, then give the signature with --signature-in`,
  )
  return EXIT.ok
}

/** Where signed files go: exactly one of the ways must be asked for. */
function readTarget({ values, io }: Invocation): (file: string, result: Signed) => void {
  const [output, folder, signatureFile] = [
    text(values, 'output'),
    text(values, 'out-dir'),
    text(values, 'signature-file'),
  ]
  const isDetached = values['detached'] === true || signatureFile !== undefined
  const ways = [output, folder, values['write'] === true || undefined].filter(
    (way) => way !== undefined,
  ).length
  if (ways > 1 || (ways === 0 && !isDetached))
    throw new UsageError('say where to: --write, -o <file> or --out-dir <folder>')
  const replace = values['force'] === true
  return (file, { bytes, signature, original }) => {
    const written = isDetached ? original : bytes
    if (isDetached) {
      const signaturePath = signatureFile ?? `${file}.sig`
      // The signature is over the canonical form, and would not fit the file otherwise.
      if (ways === 0 && !equalBytes(io.read(file), original)) throw problem('NOT_CANONICAL', { file })
      io.write(signaturePath, signature, { replace })
      io.out(`signed ${file}: ${signaturePath}`)
    }
    if (ways === 0) return
    const target = output ?? (folder === undefined ? file : path.join(folder, path.basename(file)))
    io.write(target, written, { replace: replace || values['write'] === true })
    if (!isDetached) io.out(`signed ${target}`)
  }
}
