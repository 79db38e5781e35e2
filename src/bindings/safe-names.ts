/**
 * What may stand in generated code: jco writes some names of a component into JavaScript as they are, quoted with plain
 * `'…'` and no escaping (seen with jco-transpile 0.15.0). Pure.
 */

import { problem } from '../errors/raise.js'
import { MAX_DEPTH } from '../format/budget.js'
import { isUtf8, toLatin1 } from '../format/encoding.js'
import { type ComponentNames, readNames } from '../format/names.js'

/** The longest name taken, in bytes of UTF-8; mangled names of real core modules stay far below. */
const MAX_NAME_BYTES = 4096

/**
 * The names of a component, none of which could end a string, a template or a comment in generated code, at whatever depth
 * and in whatever place it stands.
 * @param maxDepth how deep components may nest
 * @throws Diagnostic `UNSAFE_NAME`, `NESTING_TOO_DEEP`, and what {@link readNames} throws
 */
export function checkNames(bytes: Uint8Array, { maxDepth = MAX_DEPTH } = {}): ComponentNames {
  return readNames(bytes, {
    component(depth) {
      if (depth > maxDepth) throw problem('NESTING_TOO_DEEP', { maxDepth })
    },
    name(name, place) {
      const reason = defect(name)
      if (reason === undefined) return
      throw problem('UNSAFE_NAME', {
        name: toLatin1(name.subarray(0, 64)),
        reason: `this ${place} ${reason}`,
      })
    },
  })
}

/** What could leave a string, a template or a comment of generated JavaScript, or hide in it. @see THREATS 2 */
function defect(name: Uint8Array): string | undefined {
  if (name.length > MAX_NAME_BYTES)
    return `is ${name.length} bytes long, and at most ${MAX_NAME_BYTES} are taken`
  if (!isUtf8(name)) return 'is not UTF-8'
  for (let index = 0; index < name.length; index++) {
    const byte = name[index]!
    const second = name[index + 1]
    const third = name[index + 2]
    if (byte === 0x22 || byte === 0x27 || byte === 0x60) return 'contains a quote'
    if (byte === 0x5c) return 'contains a backslash'
    if (byte < 0x20 || byte === 0x7f) return 'contains a control character'
    if (byte === 0xc2 && second! < 0xa0) return 'contains a control character' // U+0080 to U+009F
    if (byte === 0xe2 && second === 0x80 && (third === 0xa8 || third === 0xa9))
      return 'contains a line separator'
    if (byte === 0x24 && second === 0x7b) return 'opens a substitution of a template'
    if (byte === 0x2a && second === 0x2f) return 'ends a comment'
  }
  return undefined
}
