/**
 * Sigstore bundles: what one claims, read within limits and judged by nobody.
 * @see https://github.com/sigstore/protobuf-specs, sigstore_bundle.proto, versions 0.1 to 0.3
 */

import { decodeUtf8, equalBytes, fromBase64, toLatin1, toHex } from './encoding.js'
import { type BundleFault, Fields, lookUp } from './fields.js'
import { readPlainJson } from './plain-json.js'

/** What a bundle may have at most: bytes of the file, then of its parts. Real ones have a few kilobytes. */
export const MAX_BUNDLE_BYTES = 1024 * 1024
const MAX = {
  certificate: 16_384,
  signature: 2_048,
  digest: 64,
  time: 16_384,
  entry: 65_536,
  checkpoint: 8_192,
  hashes: 64,
  chain: 8,
}

/** What a bundle claims. */
export interface BundleClaims {
  /** The certificate of whoever signed, DER. */
  certificate: Uint8Array
  /** What was signed: the bytes of a file, or a statement about one, in base64 until it is known to be worth reading. */
  signed: { kind: 'bytes'; sha256: Uint8Array } | { kind: 'statement'; payload: string }
  /** The certificate or key that the log has for the same signature: DER, or the text of a PEM. */
  recorded: Uint8Array
  /** The log that has the signature, by the base64 of what it is known by. */
  log: string
  /** The bundle, for the one who verifies: own members only, and nothing that was not looked at here. */
  json: unknown
}

const MEDIA_TYPES = [
  'application/vnd.dev.sigstore.bundle+json;version=0.1',
  'application/vnd.dev.sigstore.bundle+json;version=0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
  'application/vnd.dev.sigstore.bundle.v0.3+json',
]

export const IN_TOTO = 'application/vnd.in-toto+json'

/**
 * Reads a bundle.
 * @throws what `fault` makes of the first thing that is not as it should be
 */
export function decodeBundle(bytes: Uint8Array, fault: BundleFault): BundleClaims {
  if (bytes.length > MAX_BUNDLE_BYTES)
    throw fault('unreadable', `it is larger than ${MAX_BUNDLE_BYTES} bytes`)
  const text = decodeUtf8(bytes)
  if (text === undefined) throw fault('unreadable', 'it is not UTF-8')
  const json = readPlainJson(text, (reason) => fault('unreadable', reason))
  const bundle = new Fields(json, 'the bundle', fault)
  if (bundle.has('base64Signature'))
    throw fault('unsupported', 'it is what cosign wrote before there were bundles')
  if (!MEDIA_TYPES.includes(bundle.text('mediaType')))
    throw fault('unsupported', 'its media type is none of a bundle 0.1 to 0.3')
  const material = bundle.object('verificationMaterial')
  const signed = readSigned(bundle, fault)
  const certificate = readCertificate(material, fault)
  checkTimes(material)
  if (material.count('tlogEntries') === 0 && toLatin1(certificate).includes('GitHub, Inc.'))
    throw fault('unsupported', "it is signed by GitHub's private instance")
  const entry = material.only('tlogEntries')
  checkEntry(entry, fault)
  return { certificate, signed, recorded: readRecorded(entry, fault), log: logOf(entry), json }
}

function readSigned(bundle: Fields, fault: BundleFault): BundleClaims['signed'] {
  if (bundle.has('messageSignature') === bundle.has('dsseEnvelope'))
    throw fault('unreadable', 'it has not just one of messageSignature and dsseEnvelope')
  if (bundle.has('dsseEnvelope')) {
    const envelope = bundle.object('dsseEnvelope')
    if (envelope.text('payloadType') !== IN_TOTO)
      throw fault('other statement', 'its payload is no in-toto statement')
    envelope.only('signatures').bytes('sig', MAX.signature)
    return { kind: 'statement', payload: envelope.base64('payload', MAX_BUNDLE_BYTES) }
  }
  const message = bundle.object('messageSignature')
  message.bytes('signature', MAX.signature)
  const digest = message.object('messageDigest')
  if (digest.text('algorithm') !== 'SHA2_256') throw fault('unreadable', 'its digest is no SHA-256')
  return { kind: 'bytes', sha256: digest.bytes('digest', 32) }
}

function readCertificate(material: Fields, fault: BundleFault): Uint8Array {
  if (material.has('publicKey')) throw fault('unsupported', 'it is signed with a bare key')
  if (material.has('certificate') === material.has('x509CertificateChain'))
    throw fault('unreadable', 'it has not just one certificate')
  if (material.has('certificate')) return material.object('certificate').bytes('rawBytes', MAX.certificate)
  const chain = material.object('x509CertificateChain').list('certificates', MAX.chain)
  if (chain.length === 0) throw fault('unreadable', 'its chain of certificates is empty')
  return chain.map((one) => one.bytes('rawBytes', MAX.certificate))[0]!
}

function checkTimes(material: Fields): void {
  if (!material.has('timestampVerificationData')) return
  const data = material.object('timestampVerificationData')
  if (data.has('rfc3161Timestamps'))
    for (const time of data.list('rfc3161Timestamps', 4)) time.bytes('signedTimestamp', MAX.time)
}

const logOf = (entry: Fields) => entry.object('logId').base64('keyId', MAX.digest)

/** Everything in an entry that whoever verifies would decode in its own, wider way. */
function checkEntry(entry: Fields, fault: BundleFault): void {
  logOf(entry)
  for (const name of ['logIndex', 'integratedTime']) entry.number(name)
  if (entry.has('inclusionPromise'))
    entry.object('inclusionPromise').bytes('signedEntryTimestamp', MAX.signature)
  if (!entry.has('inclusionProof')) throw fault('unreadable', 'its log entry has a promise and no proof')
  const proof = entry.object('inclusionProof')
  const [rootHash, size] = [proof.bytes('rootHash', 32), proof.number('treeSize')]
  proof.number('logIndex')
  if (proof.has('hashes'))
    proof.texts('hashes', MAX.hashes).forEach((hash) => proof.decode(hash, 'a hash', 32))
  checkCheckpoint(proof.object('checkpoint').text('envelope'), { rootHash, size }, fault)
}

/**
 * A checkpoint in the one form that logs write: name, size, root, more lines, then signatures, one of them by that name.
 * @see https://github.com/transparency-dev/formats/blob/main/log/README.md
 */
function checkCheckpoint(
  text: string,
  tree: { rootHash: Uint8Array; size: string },
  fault: BundleFault,
): void {
  const bad = () => fault('unreadable', 'the checkpoint of its log entry is none')
  if (text.length > MAX.checkpoint) throw bad()
  const [note, signatures, ...more] = text.split('\n\n')
  if (note === undefined || signatures === undefined || more.length > 0) throw bad()
  const [origin, size, root] = note.split('\n')
  const lines = signatures.split('\n')
  if (lines.pop() !== '') throw bad()
  if (!lines.every((line) => /^\u2014 \S+ [A-Za-z0-9+/]{8,}={0,2}$/.test(line))) throw bad()
  if (new Set(lines.map(keyOf)).size < lines.length || lines.some((line) => keyOf(line) === undefined))
    throw bad()
  if (!lines.some((line) => line.split(' ')[1] === origin?.split(' - ')[0])) throw bad()
  if (size !== tree.size || !equalBytes(fromBase64(root ?? '') ?? new Uint8Array(0), tree.rootHash))
    throw bad()
}

/** The key that a line of a checkpoint names: each signs once. Nothing for a line that holds no signature. */
function keyOf(line: string): string | undefined {
  const [, name, value = ''] = line.split(' ')
  const bytes = value.length % 4 === 0 ? fromBase64(value) : undefined
  return bytes === undefined || bytes.length <= 4 ? undefined : `${name} ${toHex(bytes.subarray(0, 4))}`
}

/** Where entries of each kind have the certificate of their signature. */
const RECORDED: Record<string, readonly (readonly (string | number)[])[]> = {
  hashedrekord: [
    ['spec', 'signature', 'publicKey', 'content'],
    ['spec', 'hashedRekordV002', 'signature', 'verifier', 'x509Certificate', 'rawBytes'],
  ],
  dsse: [
    ['spec', 'signatures', 0, 'verifier'],
    ['spec', 'dsseV002', 'signatures', 0, 'verifier', 'x509Certificate', 'rawBytes'],
  ],
  intoto: [['spec', 'content', 'envelope', 'signatures', 0, 'publicKey']],
}

function readRecorded(entry: Fields, fault: BundleFault): Uint8Array {
  const text = decodeUtf8(entry.bytes('canonicalizedBody', MAX.entry))
  if (text === undefined) throw fault('unreadable', 'its log entry is not UTF-8')
  const body = readPlainJson(text, (reason) => fault('unreadable', reason))
  const kind = entry.object('kindVersion').text('kind')
  const places = Object.hasOwn(RECORDED, kind) ? RECORDED[kind]! : []
  const found = places.map((place) => lookUp(body, place)).find((value) => typeof value === 'string')
  if (found === undefined) throw fault('unreadable', 'its log entry has no certificate')
  return entry.decode(found as string, 'the certificate', 2 * MAX.certificate)
}
