/** Bundles of a megabyte that are made to keep a reader busy: by depth, by length, by number, and by what is slow to decode. */

import { bundleNamed } from './sigstore.js'

/** What a bundle may be at most. */
export const MAX_BUNDLE = 1024 * 1024

interface Entry {
  logIndex: string
  canonicalizedBody: string
  inclusionProof: { logIndex: string; treeSize: string; hashes: string[]; checkpoint: { envelope: string } }
}
interface Bundle {
  verificationMaterial: {
    certificate: { rawBytes: string }
    tlogEntries: Entry[]
    timestampVerificationData?: { rfc3161Timestamps: { signedTimestamp: string }[] }
  }
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] }
}

const plain = (name = 'a statement, 0.3') => JSON.parse(bundleNamed(name)) as Bundle

/** A change of an ordinary bundle, with as much in it as still fits. */
function filled(fill: (bundle: Bundle, room: number, entry: Entry) => void, of?: string): string {
  const bundle = plain(of)
  fill(bundle, MAX_BUNDLE - JSON.stringify(bundle).length - 1000, bundle.verificationMaterial.tlogEntries[0]!)
  return JSON.stringify(bundle)
}

/** As many of something as fit. */
const many = <T>(room: number, make: (index: number) => T): T[] =>
  Array.from({ length: Math.floor(room / (JSON.stringify(make(1_000_000)).length + 1)) }, (_, index) =>
    make(index),
  )

/** Spread into `push`, so many are too many. */
const append = <T>(list: T[], more: readonly T[]) => more.forEach((item) => list.push(item))

const inBase64 = (room: number, make: (bytes: number) => Uint8Array) =>
  Buffer.from(make(Math.floor((room * 3) / 4) - 100)).toString('base64')

// ---- DER, as X.690 writes it ----

const tlv = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts)
  const length = content.length
  const size =
    length < 128
      ? [length]
      : length < 65536
        ? [0x82, length >> 8, length & 255]
        : [0x83, length >> 16, (length >> 8) & 255, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

/** The members of something that is made of others. */
function members(der: Uint8Array): Buffer[] {
  const found = []
  for (let at = headOf(der, 0).start; at < der.length;) {
    const { start, length } = headOf(der, at)
    found.push(Buffer.from(der.subarray(at, start + length)))
    at = start + length
  }
  return found
}

function headOf(der: Uint8Array, at: number) {
  const first = der[at + 1]!
  const count = first < 128 ? 0 : first & 127
  const length =
    count === 0 ? first : der.subarray(at + 2, at + 2 + count).reduce((sum, byte) => sum * 256 + byte, 0)
  return { start: at + 2 + count, length }
}

/** An ordinary certificate with one extension more. */
function certificateWith(extension: Uint8Array): Buffer {
  const [tbs, ...rest] = members(Buffer.from(plain().verificationMaterial.certificate.rawBytes, 'base64'))
  const fields = members(tbs!)
  const extensions = members(members(fields.at(-1)!)[0]!)
  return tlv(0x30, tlv(0x30, ...fields.slice(0, -1), tlv(0xa3, tlv(0x30, extension, ...extensions))), ...rest)
}

const NULL = tlv(0x05)
/** An object identifier with one number of so many digits: a reader that multiplies as it goes takes the square of that. */
const longOid = (bytes: number) => tlv(0x06, Buffer.of(0x2b), Buffer.alloc(bytes, 0xff), Buffer.of(1))
const nested = (tag: number, depth: number) => {
  let inner = NULL
  for (let level = 0; level < depth; level++) inner = tlv(tag, inner)
  return inner
}

/** Signatures of a log that do not hold, each to be tried with its key. */
function signatureLines(room: number, entry: Entry): string {
  const [, line] = /\n\n(\u2014 .*\n)/.exec(entry.inclusionProof.checkpoint.envelope)!
  const [start, bytes] = [line!.slice(0, line!.lastIndexOf(' ') + 1), line!.slice(line!.lastIndexOf(' ') + 1)]
  const forged = Buffer.from(bytes, 'base64')
  forged[forged.length - 9]! ^= 1
  return `${start}${forged.toString('base64')}\n`.repeat(Math.floor(room / (line!.length + 2)))
}

/** What each of them is, and its text. */
export const HOSTILE_BUNDLES: readonly (readonly [string, () => string])[] = [
  ['brackets and nothing else', () => '['.repeat(MAX_BUNDLE)],
  ['objects in objects', () => '{"a":'.repeat(MAX_BUNDLE / 5 - 1)],
  [
    'brackets in a member that nobody reads',
    () =>
      filled((bundle) => Object.assign(bundle, { more: 0 })).replace(
        '"more":0',
        () => `"more":${'['.repeat(500_000)}${']'.repeat(500_000)}`,
      ),
  ],
  ['one name, again and again', () => `{${'"a":0,'.repeat(MAX_BUNDLE / 6 - 1)}"b":0}`],
  [
    'names without end',
    () =>
      `{${many(MAX_BUNDLE - 100, (index) => index)
        .map((index) => `"${index}":0`)
        .join(',')
        .slice(0, MAX_BUNDLE - 20)}`,
  ],
  ['escapes and no end', () => `"${'\\u0000'.repeat(MAX_BUNDLE / 6 - 1)}`],
  ['space', () => ' '.repeat(MAX_BUNDLE)],
  ['a number without end', () => '9'.repeat(MAX_BUNDLE)],
  [
    'thousands of entries',
    () =>
      filled(({ verificationMaterial }, room, entry) => {
        append(
          verificationMaterial.tlogEntries,
          many(room, (index) => ({ ...entry, logIndex: String(index) })),
        )
      }),
  ],
  [
    'thousands of empty entries',
    () =>
      filled(({ verificationMaterial }, room) => {
        append(
          verificationMaterial.tlogEntries,
          many(room, () => ({}) as Entry),
        )
      }),
  ],
  [
    'thousands of times',
    () =>
      filled(({ verificationMaterial }, room) => {
        const { rfc3161Timestamps: times } = verificationMaterial.timestampVerificationData!
        append(
          times,
          many(room, () => times[0]!),
        )
      }, 'timed by the log and by an authority'),
  ],
  [
    'thousands of signatures',
    () =>
      filled(({ dsseEnvelope }, room) => {
        append(
          dsseEnvelope.signatures,
          many(room, () => dsseEnvelope.signatures[0]!),
        )
      }),
  ],
  [
    'thousands of certificates',
    () =>
      filled((bundle, room) => {
        const { certificate, ...rest } = bundle.verificationMaterial
        Object.assign(bundle, {
          mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
          verificationMaterial: {
            ...rest,
            x509CertificateChain: { certificates: many(room, () => certificate) },
          },
        })
      }),
  ],
  [
    'thousands of hashes in a proof',
    () =>
      filled((_, room, { inclusionProof }) => {
        append(
          inclusionProof.hashes,
          many(room, () => Buffer.alloc(32).toString('base64')),
        )
      }),
  ],
  [
    'thousands of subjects',
    () =>
      filled(({ dsseEnvelope }, room) => {
        dsseEnvelope.payload = inBase64(room, (bytes) =>
          Buffer.from(
            JSON.stringify({
              _type: 'https://in-toto.io/Statement/v1',
              subject: many(bytes - 200, (index) => ({ name: String(index), digest: { sha256: '' } })),
              predicateType: 'https://slsa.dev/provenance/v1',
            }),
          ),
        )
      }),
  ],
  [
    'brackets in a statement',
    () =>
      filled(({ dsseEnvelope }, room) => {
        dsseEnvelope.payload = inBase64(room, (bytes) => Buffer.alloc(bytes, '['))
      }),
  ],
  [
    'brackets in what the log says',
    () =>
      filled((_, room, entry) => {
        entry.canonicalizedBody = inBase64(room, (bytes) => Buffer.alloc(bytes, '['))
      }),
  ],
  [
    'a checkpoint with a line without end',
    () =>
      filled((_, room, { inclusionProof }) => {
        inclusionProof.checkpoint.envelope = `${'a'.repeat(room)}\n\n\u2014 log.test AAAAAAAA\n`
      }),
  ],
  [
    'a checkpoint with a size without end',
    () =>
      filled((_, room, { inclusionProof }) => {
        inclusionProof.checkpoint.envelope = inclusionProof.checkpoint.envelope.replace(
          '\n1\n',
          `\n${'9'.repeat(room)}\n`,
        )
      }),
  ],
  [
    'a checkpoint with thousands of lines',
    () =>
      filled((_, room, { inclusionProof }) => {
        inclusionProof.checkpoint.envelope = inclusionProof.checkpoint.envelope.replace(
          '\n\n',
          `${'\na'.repeat(room / 4)}\n\n`,
        )
      }),
  ],
  [
    'a checkpoint with thousands of signatures',
    () =>
      filled((_, room, entry) => {
        const { checkpoint } = entry.inclusionProof
        checkpoint.envelope = checkpoint.envelope.replace(
          '\n\n',
          () => `\n\n${signatureLines(room - 20_000, entry)}`,
        )
      }),
  ],
  [
    'a checkpoint with thousands of dashes',
    () =>
      filled((_, room, { inclusionProof }) => {
        inclusionProof.checkpoint.envelope += '\u2014 '.repeat(room / 5)
      }),
  ],
  [
    'a place in the log without end',
    () =>
      filled((_, room, { inclusionProof }) => {
        inclusionProof.logIndex = '9'.repeat(room)
      }),
  ],
  [
    'a payload type without end',
    () =>
      filled(({ dsseEnvelope }, room) => {
        dsseEnvelope.payloadType = 'a'.repeat(room)
      }),
  ],
  ['a certificate of zeros', () => withCertificate((bytes) => Buffer.alloc(bytes))],
  [
    'a certificate that is cut off',
    () => withCertificate((bytes) => tlv(0x30, Buffer.alloc(bytes)).subarray(0, bytes)),
  ],
  ['a certificate of sequences in sequences', () => withCertificate(() => nested(0x30, 2_000))],
  ['a certificate of octets in octets', () => withCertificate(() => certificateWith(nested(0x04, 2_000)))],
  [
    'a certificate with thousands of members',
    () => withCertificate((bytes) => tlv(0x30, Buffer.alloc(bytes - (bytes % 2), NULL))),
  ],
  [
    'a certificate with thousands of extensions',
    () =>
      withCertificate((bytes) =>
        certificateWith(Buffer.alloc(bytes - 3000 - (bytes % 7), tlv(0x30, tlv(0x06, Buffer.of(42)), NULL))),
      ),
  ],
  [
    'a certificate with an identifier without end',
    () => withCertificate((bytes) => certificateWith(tlv(0x30, longOid(bytes - 3000), tlv(0x04, NULL)))),
  ],
  [
    'a certificate with a name without end',
    () =>
      withCertificate((bytes) =>
        certificateWith(
          tlv(
            0x30,
            tlv(0x06, Buffer.of(0x55, 0x1d, 0x11)),
            tlv(0x04, tlv(0x30, tlv(0x86, Buffer.alloc(bytes - 3000, 'a')))),
          ),
        ),
      ),
  ],
  [
    'a time with an identifier without end',
    () =>
      filled(({ verificationMaterial }, room) => {
        verificationMaterial.timestampVerificationData = {
          rfc3161Timestamps: [
            {
              signedTimestamp: inBase64(room, (bytes) =>
                tlv(0x30, tlv(0x30, tlv(0x02, Buffer.of(0))), tlv(0x30, longOid(bytes))),
              ),
            },
          ],
        }
      }),
  ],
  [
    'a time with a number without end',
    () =>
      filled(({ verificationMaterial }, room) => {
        verificationMaterial.timestampVerificationData = {
          rfc3161Timestamps: [
            {
              signedTimestamp: inBase64(room, (bytes) =>
                tlv(0x30, tlv(0x30, tlv(0x02, Buffer.alloc(bytes, 0x7f))), tlv(0x30, NULL)),
              ),
            },
          ],
        }
      }),
  ],
]

function withCertificate(make: (bytes: number) => Uint8Array): string {
  return filled(({ verificationMaterial }, room) => {
    verificationMaterial.certificate.rawBytes = inBase64(room, make)
  })
}
