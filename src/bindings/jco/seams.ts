/** The places where jco's code meets the outside, and cutting it there. */

import MagicString from 'magic-string'
import { problem } from '../../errors/raise.js'

/**
 * The places where jco's code meets the outside. `pattern` covers plain and minified output.
 * @see jco-transpile 0.15.0, instantiation mode `async`
 */
const SEAMS = [
  {
    name: 'export of instantiate',
    pattern: /^"use components";\s*export (?=function instantiate\()/g,
    replacement: '',
  },
  {
    // Stripped because bundlers take the dynamic URL for a folder of assets; we always pass `getCoreModule`.
    name: 'default loader',
    pattern:
      /if \(!getCoreModule\) getCoreModule = \((\w+)\) => fetchCompile\(new URL\(`\.\/\$\{\1\}`, import\.meta\.url\)\);|(?<=getCoreModule)\|\|\(getCoreModule=(\w+)=>fetchCompile\(new URL\(`\.\/\$\{\2\}`,import\.meta\.url\)\)\)/g,
    replacement: '',
  },
  { name: 'export of _util', pattern: /export const _util ?= ?\{\s*\};?\s*$/g, replacement: '' },
]

/**
 * Cuts jco's exports and its default loader out of its code; `instantiate` stays, as a local function.
 * @throws Diagnostic `SEAM_CHANGED` unless each is there exactly once and nothing else reaches outside
 */
export function cutSeams(js: string): MagicString {
  const code = new MagicString(js)
  for (const { name, pattern, replacement } of SEAMS) {
    const matches = [...js.matchAll(pattern)]
    if (matches.length !== 1) throw problem('SEAM_CHANGED', { seam: name, matches: matches.length })
    const [{ index, 0: text }] = matches as [RegExpExecArray]
    code.overwrite(index, index + text.length, replacement)
  }
  const metas = js.split('import.meta').length - 1
  if (metas !== 1) throw problem('SEAM_CHANGED', { seam: 'import.meta', matches: metas })
  return code
}
