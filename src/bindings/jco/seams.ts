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
)

/** The local name that jco's helpers have in our modules. */
export const UTIL_NAME = '$signedWasmUtil'

interface Seam {
  name: string
  /** A text that is in it, and nowhere else. */
  anchor: string
  pattern: RegExp
  /** How many characters behind the start of the anchor it may reach. @default 200 */
  reach?: number
  /** A word without which the code needs no such seam. @default it needs it always */
  calledAs?: string
  /** What stays of it. @default nothing */
  keep?: (match: RegExpExecArray) => string
}

/** How far a seam may reach before its anchor, and behind the start of it. */
const NEAR = 200

const UTIL_SEAM: Seam = {
  name: 'export of _util',
  anchor: 'export const _util',
  pattern: UTIL,
  reach: Infinity,
  keep: ({ groups }) =>
    groups?.['helpers'] === undefined ? '' : `const ${UTIL_NAME} = ${groups['helpers']};\n`,
}

/**
 * What logs the steps of a call where the variable `JCO_DEBUG` is set. It is called a hundred times for one call of a component,
 * and asks each time. Empty, and said to be pure, it goes from minified code with its arguments, as far as those do nothing.
 */
const LOG_SEAM: Seam = {
  name: 'log',
  anchor: '?.JCO_DEBUG',
  // A component without functions has none.
  calledAs: '_debugLog',
  pattern:
    /(?<=\b_debugLog ?= ?)\(\.\.\.(\w+)\) ?=> ?\{\s*(?:if ?\(!globalThis\?\.process\?\.env\?\.JCO_DEBUG\) ?\{ ?return;? ?\}\s*|globalThis\?\.process\?\.env\?\.JCO_DEBUG&&)console\.debug\(\.\.\.\1\);?\s*\}/,
  keep: () => '/* @__NO_SIDE_EFFECTS__ */ () => {}',
}

/**
 * The places where jco's code meets the outside. `pattern` covers plain and minified output.
 * @see jco-transpile 0.15.0, instantiation mode `async`
 */
const SEAMS: readonly Seam[] = [
  {
    name: 'export of instantiate',
    anchor: 'export function instantiate(',
    pattern: /^"use components";\s*export (?=function instantiate\()/,
  },
  {
    // Stripped because bundlers take the dynamic URL for a folder of assets; we always pass `getCoreModule`.
    name: 'default loader',
    // That there is one of them says as well that nothing else reaches outside.
    anchor: 'import.meta',
    pattern:
      /if \(!getCoreModule\) getCoreModule = \((\w+)\) => fetchCompile\(new URL\(`\.\/\$\{\1\}`, import\.meta\.url\)\);|(?<=getCoreModule)\|\|\(getCoreModule=(\w+)=>fetchCompile\(new URL\(`\.\/\$\{\2\}`,import\.meta\.url\)\)\)/,
  },
  UTIL_SEAM,
  LOG_SEAM,
]

/** Where a seam is, if it is there exactly once. Looked for around its anchor: code is long, and expressions are slow. */
function findSeam(js: string, { anchor, pattern, reach = NEAR }: Seam) {
  const at = js.indexOf(anchor)
  if (at === -1 || js.includes(anchor, at + 1)) return undefined
  const from = Math.max(0, at - NEAR)
  const match = pattern.exec(js.slice(from, at + reach))
  return match === null ? undefined : { match, start: from + match.index }
}

/** How often the anchor of a seam is there, for one that was not found: where it is there once, the rest of it is missing. */
function countOthers(js: string, { anchor }: Seam): number {
  const places = js.split(anchor).length - 1
  return places === 1 ? 0 : places
}

/** Whether jco's code has helpers for hosts: see {@link UTIL_NAME}. */
export function hasUtil(js: string): boolean {
  return findSeam(js, UTIL_SEAM)?.match.groups?.['helpers'] !== undefined
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
 * Cuts jco's exports and its default loader out of its code, and makes its log silent; `instantiate` stays, as a local function,
 * and so do its helpers where there are any, under our own name.
 * @param options.keepsLog leaves the log as it is
 * @throws Diagnostic `SEAM_CHANGED` unless each is there exactly once and nothing else reaches outside
 */
export function cutSeams(js: string, { keepsLog = false } = {}): MagicString {
  const code = new MagicString(js)
  for (const seam of SEAMS) {
    if (seam.calledAs !== undefined && !js.includes(seam.calledAs)) continue
    const found = findSeam(js, seam)
    if (found === undefined)
      throw problem('SEAM_CHANGED', { seam: seam.name, matches: countOthers(js, seam) })
    const { match, start } = found
    if (seam === LOG_SEAM && keepsLog) continue
    code.overwrite(start, start + match[0].length, seam.keep?.(match) ?? '')
  }
  for (const { index, 0: text } of js.matchAll(REPEATED_KEY)) code.remove(index, index + text.length)
  return code
}
