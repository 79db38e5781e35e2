/** The places where jco's code meets the outside, and cutting it there. */

import MagicString from 'magic-string'
import { problem } from '../../errors/raise.js'

/** A pattern of what stands in braces, with so many levels of braces in it. For code without texts and comments. */
const inBraces = (levels: number): string =>
  String.raw`\{(?:[^{}]${levels === 0 ? '' : `|${inBraces(levels - 1)}`})*\}`

/**
 * jco's helpers for hosts, its last statement: a class `Future` where the component hands out futures, else nothing.
 * @see jco, transpile_bindgen.rs, `write_util_export`
 */
const UTIL = new RegExp(
  String.raw`export const _util ?= ?(?:\{\s*\}|(?<helpers>\{\s*Future: ?class Future ?${inBraces(3)},?\s*\}));?\s*$`,
  'g',
)

/** The local name that jco's helpers have in our modules. */
export const UTIL_NAME = '$signedWasmUtil'

interface Seam {
  name: string
  pattern: RegExp
  /** What stays of it. @default nothing */
  keep?: (match: RegExpExecArray) => string
}

/**
 * The places where jco's code meets the outside. `pattern` covers plain and minified output.
 * @see jco-transpile 0.15.0, instantiation mode `async`
 */
const SEAMS: readonly Seam[] = [
  {
    name: 'export of instantiate',
    pattern: /^"use components";\s*export (?=function instantiate\()/g,
  },
  {
    // Stripped because bundlers take the dynamic URL for a folder of assets; we always pass `getCoreModule`.
    name: 'default loader',
    pattern:
      /if \(!getCoreModule\) getCoreModule = \((\w+)\) => fetchCompile\(new URL\(`\.\/\$\{\1\}`, import\.meta\.url\)\);|(?<=getCoreModule)\|\|\(getCoreModule=(\w+)=>fetchCompile\(new URL\(`\.\/\$\{\2\}`,import\.meta\.url\)\)\)/g,
  },
  {
    name: 'export of _util',
    pattern: UTIL,
    keep: ({ groups }) =>
      groups?.['helpers'] === undefined ? '' : `const ${UTIL_NAME} = ${groups['helpers']};\n`,
  },
]

/** Whether jco's code has helpers for hosts: see {@link UTIL_NAME}. */
export function hasUtil(js: string): boolean {
  return [...js.matchAll(UTIL)].some(({ groups }) => groups?.['helpers'] !== undefined)
}

/**
 * What jco's code has only where it cannot do without JSPI. Elsewhere it tries, or looks for `manuallyAsync` first, or
 * makes what it may never call (`slow`).
 * @see jco, transpile_bindgen.rs and intrinsics, `WebAssembly.Suspending` and `WebAssembly.promising`
 */
const JSPI =
  /(?<!\? ?|\bslow: ?)new WebAssembly\.Suspending\(|(?<!try ?\{\s*(?:[\w$]+ ?= ?)?)WebAssembly\.promising\(|\.manuallyAsync ?= ?(?:true|!0)/

/** Whether an engine needs JSPI to make an instance with jco's code. */
export function needsJspi(js: string): boolean {
  return JSPI.test(js)
}

/**
 * A key that jco writes twice into one object, of which esbuild warns as if it were in the component.
 * @see jco, async_future.rs, `hostWrite`
 */
const REPEATED_KEY = /\bcomponentIdx: ?-1,\s*(?=componentIdx: ?-1\b)/g

/**
 * Cuts jco's exports and its default loader out of its code; `instantiate` stays, as a local function, and so do its
 * helpers where there are any, under our own name.
 * @throws Diagnostic `SEAM_CHANGED` unless each is there exactly once and nothing else reaches outside
 */
export function cutSeams(js: string): MagicString {
  const code = new MagicString(js)
  for (const { name, pattern, keep } of SEAMS) {
    const matches = [...js.matchAll(pattern)]
    if (matches.length !== 1) throw problem('SEAM_CHANGED', { seam: name, matches: matches.length })
    const [match] = matches as [RegExpExecArray]
    code.overwrite(match.index, match.index + match[0].length, keep?.(match) ?? '')
  }
  const metas = js.split('import.meta').length - 1
  if (metas !== 1) throw problem('SEAM_CHANGED', { seam: 'import.meta', matches: metas })
  for (const { index, 0: text } of js.matchAll(REPEATED_KEY)) code.remove(index, index + text.length)
  return code
}
