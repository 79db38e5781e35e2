/** A reader that cannot run past its end. Pure ECMAScript. */

import type { Reason } from '../errors/reasons.js'

/** Makes the error that is thrown, from why bytes cannot be read. */
export type Fail = (...reason: Reason) => Error

/** Reads forward through a range of bytes; every length is checked before it is used. */
export class Reader {
  /** The next byte to be read, as an offset into the whole array. */
  offset: number
  private readonly end: number

  /**
   * No object with `start` and `end`: one without an end would have that of a polluted prototype.
   * @param fail makes the error that is thrown; @param end exclusive
   */
  constructor(
    readonly bytes: Uint8Array,
    readonly fail: Fail,
    start = 0,
    end: number = bytes.length,
  ) {
    this.offset = start
    this.end = end
  }

  get remaining(): number {
    return this.end - this.offset
  }

  /** One byte. `what` names it in the error. */
  byte(what?: string): number {
    if (this.offset >= this.end) throw this.fail('missing', this.offset, what)
    return this.bytes[this.offset++]!
  }

  /** The next `length` bytes; the result aliases the input. */
  take(length: number, what?: string): Uint8Array {
    if (length > this.remaining) throw this.fail('past end', this.offset, length, this.remaining, what)
    const start = this.offset
    this.offset += length
    return this.bytes.subarray(start, this.offset)
  }

  /**
   * An unsigned 32-bit LEB128 number.
   * @see WebAssembly core specification 5.2.2: at most ceil(32 / 7) = 5 bytes, unused bits zero
   */
  varuint32(what?: string): number {
    const start = this.offset
    let value = 0
    for (let index = 0; index < 5; index++) {
      const byte = this.byte(what)
      if (index === 4 && byte > 0x0f) break
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) return value
    }
    throw this.fail('too big', start, what)
  }

  /** Like {@link varuint32}, and insists on its shortest encoding. */
  shortestVaruint32(): number {
    const start = this.offset
    const value = this.varuint32()
    if (this.offset > start + 1 && this.bytes[this.offset - 1] === 0) throw this.fail('padded', start)
    return value
  }

  /** Insists that nothing is left. */
  finish(): void {
    if (this.remaining !== 0) throw this.fail('left over', this.offset, this.remaining)
  }
}
