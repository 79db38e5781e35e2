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
    const { constants, gunzipSync } = zlib()
    return attempt(() =>
      // What is missing at the end is no error with this flush.
      gunzipSync(compressed.subarray(0, PEEKED_BYTES), { finishFlush: constants.Z_SYNC_FLUSH }),
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

/** Damaged data is no wasm to anybody else either. */
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
