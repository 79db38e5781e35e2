/** `signed-wasm sign`: adds a signature to files, or makes it in a file of its own. */

import { about, problem } from '../../errors/raise.js'
import { equalBytes, fromBase64, fromHex, toLatin1 } from '../../format/encoding.js'
import { parsePublicKeys } from '../../trust/keys/read.js'
import { prepareSignature, sign as signBytes, type Signed, type SignOptions } from '../../trust/sign.js'
import { split } from '../../trust/split.js'
import { defineCommand, type Invocation, type Options, UsageError, type Values } from '../define-command.js'
import { EXIT } from '../exit.js'
import { INPUT, inputFile, inputFiles, readInput, SPLIT } from '../input.js'
import { readKeyFile, SECRET_KEY, secretKey } from '../key-options.js'
import { assertApart } from '../output.js'
import { placesOf, type Place, PLACES, readExisting, warnAboutOthers, writeSigned } from '../sign-places.js'

const OPTIONS = {
  ...INPUT,
  ...SECRET_KEY,
  'public-key': {
    type: 'string',
    short: 'K',
    value: '<file>',
    help: 'the public half, where the secret half is elsewhere',
  },
  ...PLACES,
  'key-id': {
    type: 'string',
    default: 'default',
    value: 'default|none|HEX',
    help: 'what the signature calls its key',
  },
  split: {
    ...SPLIT.split,
    help: 'first add delimiters around the custom sections of that name, or prefix with a trailing *',
  },
  'message-out': {
    type: 'string',
    value: '<file>',
    help: 'write the bytes to be signed there, for a key that is elsewhere',
  },
  'signature-in': {
    type: 'string',
    value: '<file>',
    help: 'take the 64 signature bytes from there, as they are, in hex or in base64',
  },
} as const satisfies Options

type SignInvocation = Invocation<typeof OPTIONS>

/** `signed-wasm sign`. */
export const sign = defineCommand({
  usage: '<files...> -k <name>.key (--write | -o <file> | --out-dir <folder> | --detached)',
  options: OPTIONS,
  examples: [
    'npx unplugin-signed-wasm sign --write -k release.key hello.wasm',
    'npx unplugin-signed-wasm sign --detached -k release.key dist/*.wasm',
    'npx unplugin-signed-wasm sign -K release.pub --message-out hello.msg hello.wasm',
    'npx unplugin-signed-wasm sign -K release.pub --signature-in hello.msg.sig --write hello.wasm',
  ],
  run(invocation) {
    const { io, values } = invocation
    if (values['message-out'] !== undefined) return writeMessage(values['message-out'], invocation)
    const files = [...new Set(inputFiles(invocation, { writes: true }))]
    if (files.length > 1 && isForOneFile(values))
      throw new UsageError('-o, -S and --signature-in take one file')
    const places = placesOf(files, invocation, keptFiles(values))
    const signer = readSigner(invocation)
    // Everything is signed before anything is written, so a bad file leaves the others as they were.
    const signed = places.map((place) => ({
      place,
      result: about(place.file, () => signPlace(place, signer, invocation)),
    }))
    for (const { place, result } of signed) warnAboutOthers(place, result, io)
    for (const { place, result } of signed) writeSigned(place, result, invocation)
    return EXIT.ok
  },
})

function isForOneFile(values: Values<typeof OPTIONS>): boolean {
  const single = [values.output, values['signature-file'], values['signature-in']]
  return single.some((value) => value !== undefined)
}

/** What is read beside the files, which nothing may take the place of. */
function keptFiles(values: Values<typeof OPTIONS>): string[] {
  return [values.key, values['public-key'], values['signature-in']].filter((file) => file !== undefined)
}

/** The file, cut into parts where that is asked for. */
function cut(bytes: Uint8Array, { split: names }: Values<typeof OPTIONS>): Uint8Array {
  return names.length === 0 ? bytes : split(bytes, names)
}

/** Makes the signature of some bytes, by a key that is here or elsewhere. */
type Signer = (bytes: Uint8Array, detached: Uint8Array | undefined) => Signed

function readSigner({ values, io }: SignInvocation): Signer {
  const options = readSignOptions(values)
  const { 'signature-in': signatureFile } = values
  if (signatureFile === undefined) {
    const key = secretKey({ values, io })
    return (bytes, detached) => signBytes(bytes, key, { ...options, detached })
  }
  const publicKey = readPublicKey({ values, io })
  const signature = decodeSignatureText(io.read(signatureFile))
  return (bytes, detached) => prepareSignature(bytes, publicKey, { ...options, detached }).finish(signature)
}

function signPlace(place: Place, signer: Signer, invocation: SignInvocation): Signed {
  const { file, target } = place
  const bytes = readInput(file, invocation)
  const signed = signer(cut(bytes, invocation.values), readExisting(place, invocation))
  // The signature is over the canonical form, and would not fit a file in another form that is left as it is.
  if (target === undefined && !equalBytes(bytes, signed.original)) throw problem('NOT_CANONICAL', { file })
  return signed
}

/** The bytes of a signature, which tools also give as text. Others are left as they are, and refused for their length. */
function decodeSignatureText(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 64) return bytes
  const text = toLatin1(bytes).replace(/\s/g, '')
  const decoded = fromHex(text) ?? fromBase64(text)
  return decoded?.length === 64 ? decoded : bytes
}

function readPublicKey({ values, io }: Pick<SignInvocation, 'values' | 'io'>): Uint8Array {
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
  assertApart([output], { kept: [file, ...keptFiles(values)], io })
  const publicKey = readPublicKey(invocation)
  const { message } = about(file, () =>
    prepareSignature(cut(readInput(file, invocation), values), publicKey, readSignOptions(values)),
  )
  io.write(output, message, { replace: values.force })
  io.out(
    `wrote ${output}: sign these bytes with Ed25519 as they are, then give the signature with --signature-in`,
  )
  return EXIT.ok
}
