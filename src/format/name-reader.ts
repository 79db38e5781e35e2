/** A reader that tells of the names that it comes by. */

import type { Diagnostic } from '../errors/diagnostic.js'
import { malformed, problem } from '../errors/raise.js'
import { type Budget, itemBudget, sectionBudget } from './budget.js'
import { decodeUtf8, toLatin1 } from './encoding.js'
import { Reader } from './reader.js'
import type { Section } from './wasm.js'

/** Who is told of a name. @param name bytes that alias the file; @param place such as `export of a core module` */
export type NameVisitor = (name: Uint8Array, place: string) => void

/** One walk through the names of a file: who is told, and how much there may be. */
export interface NameWalk {
  visit: NameVisitor
  sections: Budget
  items: Budget
}

/** A walk through one file. */
export function startWalk(visit: NameVisitor): NameWalk {
  return { visit, sections: sectionBudget(), items: itemBudget() }
}

/** Reads forward through a section and tells of each name. */
export class NameReader extends Reader {
  constructor(
    bytes: Uint8Array,
    { payloadStart, end }: Section,
    private readonly walk: NameWalk,
  ) {
    super(bytes, malformed, payloadStart, end)
  }

  /** A name; the result aliases the input. */
  name(place: string): Uint8Array {
    const name = this.take(this.varuint32('the length of a name'), 'a name')
    this.walk.visit(name, place)
    return name
  }

  /** Like {@link NameReader.name}, as text; with a character for each byte where it is not UTF-8. */
  text(place: string): string {
    const name = this.name(place)
    return decodeUtf8(name) ?? toLatin1(name)
  }

  /** A count, and that many items. Each takes a byte at least, so a count beyond the end fails before it costs anything. */
  items(readItem: (reader: NameReader) => void): void {
    for (let left = this.varuint32('a count'); left > 0; left--) {
      this.walk.items.spend()
      readItem(this)
    }
  }

  /** A LEB128 number of up to 64 bits, of either sign, whose value does not matter here. */
  skipInteger(): void {
    for (let length = 1; this.byte('a number') & 0x80; length++) {
      if (length === 10) throw this.damage('a number does not end')
    }
  }

  /** What is thrown when the byte that was read last says nothing that is known here: what follows has an unknown width. */
  unknown(feature: string, byte: number): Diagnostic {
    return problem('FEATURE_UNKNOWN', { feature, byte, offset: this.offset })
  }

  /** What is thrown for what no version of the format can mean. */
  damage(reason: string): Diagnostic {
    return problem('WASM_MALFORMED', { reason: `${reason} before offset ${this.offset}` })
  }
}

/** Reads the items of a section, and insists that nothing is left over. */
export function readVector(reader: NameReader, readItem: (reader: NameReader) => void): void {
  reader.items(readItem)
  reader.finish()
}
