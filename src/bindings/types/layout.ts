/** The lines of jco's declarations, and what is said where they are not as expected. */

import type { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import { printable } from '../../errors/text.js'

/**
 * Takes back what lines of documentation moved to the right: jco indents whatever follows a line that ends with a
 * brace, and takes no comment for one. An example of code with one brace moves the rest of the file.
 * @returns texts without such lines as they are
 * @throws Diagnostic `SEAM_CHANGED` when a line at the left margin is none that jco writes, or within braces
 * @see jco, source.rs, `push_str`
 */
export function layOut(text: string): string {
  let excess = ''
  let isComment = false
  let depth = 0
  const lines = text.split('\n').map((line) => {
    const own = line.startsWith(excess) ? line.slice(excess.length) : line
    const content = line.trim()
    isComment ||= content.startsWith('/*')
    if (!isComment) {
      if (content.startsWith('}')) depth--
      if (!/^(?:$| {2})/.test(own) && !(AT_MARGIN.test(own) && depth === 0)) throw undeclared(`line "${own}"`)
      if (content.endsWith('{')) depth++
    }
    if (isComment && content.endsWith('{')) excess += '  '
    if (isComment && content.endsWith('*/')) isComment = false
    return own
  })
  return lines.join('\n')
}

/** How lines begin, further ones and arguments of `instantiate` included. @see jco-transpile 0.15.0, ts_bindgen.rs */
const AT_MARGIN =
  /^(?:\};?$|\): |\/\/ |import type \* as |export (?:type|interface|class|function|const) |export \{\};$|export \{ _\w+ as \w+ \};$|function _\w+\(|getCoreModule: |imports: |instantiateCore\?: )/

/** What the declarations of jco lack. @param what in words, names of the component included */
export function undeclared(what: string): Diagnostic {
  return problem('SEAM_CHANGED', { seam: `declaration of the ${printable(what)}`, matches: 0 })
}
