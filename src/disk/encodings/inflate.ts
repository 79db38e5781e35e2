/// <reference types="node" />
/** What is compressed in an output, inflated up to a limit. */

import { zlib } from './zlib.js'

/** How much of one output is inflated, in bytes that come out. As large as the largest component that is read. */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024

/** How many compressed pieces of one output are looked into. Each takes some microseconds, however short it is. */
export const MAX_INFLATIONS = 4096

/** How much of a piece is inflated to see how it begins. */
const PEEKED_BYTES = 1024

/** What may still be inflated of one output. */
export class Inflation {
  #bytes = MAX_INFLATED_BYTES
  #pieces = MAX_INFLATIONS

  /** Whether something was left compressed because a limit was reached. */
  isExhausted = false

  /** How gzip data begins, inflated; nothing when it is none. */
  peek(compressed: Uint8Array): Uint8Array | undefined {
    if (this.#pieces === 0) {
      this.isExhausted = true
      return undefined
    }
    this.#pieces--
    return attempt(() => zlib().inflateRawSync(bodyOf(compressed).subarray(0, PEEKED_BYTES), lenient()))
  }

  /** Gzip data, whether its checksums hold or not: not every script looks at them. Of what is damaged otherwise, the beginning. */
  gzip(compressed: Uint8Array): Uint8Array | undefined {
    const bytes = this.whole((options) => zlib().gunzipSync(compressed, options))
    if (bytes !== undefined || this.isExhausted) return bytes
    const body = bodyOf(compressed)
    return (
      this.whole((options) => zlib().inflateRawSync(body, { ...options, ...lenient() })) ??
      this.peek(compressed)
    )
  }

  /** All of something, unless it would be too much. @param inflate one of Node's functions, which throw where data is damaged */
  whole(inflate: (options: { maxOutputLength: number }) => Uint8Array): Uint8Array | undefined {
    if (this.#bytes === 0) this.isExhausted = true
    if (this.isExhausted) return undefined
    const bytes = attempt(
      () => inflate({ maxOutputLength: this.#bytes }),
      (error) => {
        this.isExhausted ||= error.code === 'ERR_BUFFER_TOO_LARGE'
      },
    )
    this.#bytes -= bytes?.length ?? 0
    return bytes
  }
}

/** With these options, what is missing at the end is no error. */
const lenient = () => ({ finishFlush: zlib().constants.Z_SYNC_FLUSH })

/** What stands behind the header of gzip data. @see RFC 1952, section 2.3 */
function bodyOf(compressed: Uint8Array): Uint8Array {
  const flags = compressed[3] ?? 0
  let at = 10
  if (flags & 0x04) at += 2 + (compressed[at] ?? 0) + 256 * (compressed[at + 1] ?? 0)
  for (const text of [0x08, 0x10]) if (flags & text) at = compressed.indexOf(0, at) + 1 || compressed.length
  if (flags & 0x02) at += 2
  return compressed.subarray(at)
}

/** What cannot be inflated at all is no wasm to anybody else either. */
function attempt(
  inflate: () => Uint8Array,
  onError: (error: { code?: unknown }) => void = () => {},
): Uint8Array | undefined {
  try {
    return inflate()
  } catch (error) {
    onError(error as { code?: unknown })
    return undefined
  }
}
