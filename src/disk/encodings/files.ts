/// <reference types="node" />
/** Wasm within the bytes of a whole file: compressed, or among others in a pack or an archive. */

import { binariesIn } from './binaries.js'
import type { Inflation } from './inflate.js'
import { zlib } from './zlib.js'

type Inflate = (compressed: Uint8Array, options: { maxOutputLength: number }) => Uint8Array

const startsWith = (bytes: Uint8Array, magic: readonly number[]) =>
  magic.every((byte, index) => bytes[index] === byte)

const isGzip = (bytes: Uint8Array) => startsWith(bytes, [0x1f, 0x8b, 0x08])

/** How else a file is compressed. Brotli has no magic number. @see RFC 1952, RFC 8878, section 3.1.1 */
function inflaterOf(name: string, bytes: Uint8Array): Inflate | undefined {
  // Node 20 has none, nor have its types.
  if (startsWith(bytes, [0x28, 0xb5, 0x2f, 0xfd]))
    return (zlib() as { zstdDecompressSync?: Inflate }).zstdDecompressSync
  return /\.br$/i.test(name) ? zlib().brotliDecompressSync : undefined
}

/** The binaries in a compressed file; tar and packs in it are not compressed once more. */
export function* binariesInCompressed(
  name: string,
  content: Uint8Array,
  inflation: Inflation,
): Generator<Uint8Array> {
  const inflate = inflaterOf(name, content)
  const bytes = isGzip(content)
    ? inflation.gzip(content)
    : inflate && inflation.whole((options) => inflate(content, options))
  if (bytes !== undefined) yield* binariesIn(bytes, { isPack: true })
}

const QUOTES = Buffer.from('"\'`')

/** The binaries among other bytes. What follows a quote is a literal in a script. */
export function* binariesInPack(content: Uint8Array): Generator<Uint8Array> {
  for (const bytes of binariesIn(content, { isPack: true })) {
    const before = content[bytes.byteOffset - content.byteOffset - 1]
    if (before === undefined || !QUOTES.includes(before)) yield bytes
  }
}
