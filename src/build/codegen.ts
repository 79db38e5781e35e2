/** Transpiled parts in, the text of an ES module out. Pure: no `node:` import, no clock, no path of its own. */

import MagicString from 'magic-string'
import { problem } from '../errors.js'
import { toHex, toLatin1 } from '../format/bytes.js'
import { contentStart, coreModuleSlices } from '../format/wasm.js'
import { sha256 } from '../trust/ed25519.js'
import type { Host } from './hosts.js'
import type { Transpiled } from './transpile.js'

/** What a module that imports the component gets. */
export type ModuleForm =
  /** The component's exports, as default and as named exports; instantiated by a top-level await. */
  | 'exports'
  /** A function that makes instances, as default export; no top-level await. */
  | 'instantiate'

/** How emitted code gets the signed file. */
export type ComponentSource =
  /** @property expression JavaScript giving a URL or an absolute URL string; @property prelude import lines it needs */
  | { kind: 'url'; expression: string; prelude?: string }
  /** As base64 in the code itself. */
  | { kind: 'inline' }

/** See {@link generateModule}. */
export interface ModuleInput {
  transpiled: Transpiled
  /** The verified file. */
  bytes: Uint8Array
  form: ModuleForm
  source: ComponentSource
  /** Import specifier of our runtime. */
  runtime: string
  /** Hosts by import name, see {@link planImports}. */
  hosts: ReadonlyMap<string, Host>
}

/**
 * Wraps jco's code into the module that stands for one `.wasm` import.
 *
 * Every local name of ours begins with `$signedWasm`, every value enters as a JSON literal. `default`
 * is the exports object itself, so an export called `default` has no named export of its own.
 * @returns deterministic text; a source map would be empty
 * @throws Diagnostic `SEAM_CHANGED`, `UNSAFE_NAME` for a function export `then`, `IMPORTS_MISSING` for an
 *   import without a host where nobody could pass one
 */
export function generateModule(input: ModuleInput): { code: string } {
  refuseThenable(input.transpiled.exports)
  if (input.form === 'exports') refuseMissingHosts(input)
  const code = cutSeams(input.transpiled.js)
  code.prepend(`${generateImports(input)}\n`)
  code.append(`\n${generateComponent(input)}\n`)
  code.append(
    input.form === 'exports'
      ? generateExports(input.transpiled.exports)
      : 'export default $signedWasmInstantiate;\n',
  )
  return { code: code.toString() }
}

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

/**
 * A promise that resolves with an object whose `then` is a function never settles, and `import()` of a
 * module that exports one does not either; jco's own bindings hang in that case.
 */
function refuseThenable(exports: Transpiled['exports']): void {
  if (exports.some(([name, kind]) => name === 'then' && kind === 'function')) {
    throw problem('UNSAFE_NAME', {
      name: 'then',
      reason: 'an exported function of that name makes promises wait for ever',
    })
  }
}

function refuseMissingHosts({ transpiled, hosts }: ModuleInput): void {
  const names = transpiled.imports.filter((name) => !hosts.has(name))
  if (names.length > 0) throw problem('IMPORTS_MISSING', { names })
}

function generateImports({ runtime, source, hosts }: ModuleInput): string {
  const read =
    source.kind === 'url' ? 'readComponent as $signedWasmRead' : 'decodeBase64 as $signedWasmDecode'
  const lines = [`import { component as $signedWasmComponent, ${read} } from ${literal(runtime)};`]
  if (source.kind === 'url' && source.prelude) lines.push(source.prelude)
  for (const [index, { module, member }] of [...hosts.values()].entries()) {
    const binding =
      member === undefined ? `* as $signedWasmHost${index}` : `{ ${member} as $signedWasmHost${index} }`
    lines.push(`import ${binding} from ${literal(module)};`)
  }
  return lines.join('\n')
}

function generateComponent({ transpiled, bytes, source, hosts }: ModuleInput): string {
  const { slices, inline } = locateCoreModules(transpiled.cores, bytes)
  const read =
    source.kind === 'url'
      ? `$signedWasmRead(${source.expression})`
      : `$signedWasmDecode(${literal(base64(bytes))})`
  const numbers = new Map([...hosts.keys()].map((name, index) => [name, index]))
  const imports = transpiled.imports.map((name) =>
    numbers.has(name) ? `[${literal(name)}, $signedWasmHost${numbers.get(name)}]` : `[${literal(name)}]`,
  )
  return [
    'const $signedWasmInstantiate = $signedWasmComponent({',
    '  instantiate,',
    `  read: () => ${read},`,
    `  slices: ${literal(slices)},`,
    `  inline: ${literal(inline)},`,
    `  imports: () => [${imports.join(', ')}],`,
    '});',
  ].join('\n')
}

function generateExports(exports: Transpiled['exports']): string {
  const names = [...new Set(exports.map(([name]) => name))].filter((name) => name !== 'default')
  const locals = names.map((name, index) => `  ${literal(name)}: $signedWasmExport${index},\n`)
  const exported = names.map((name, index) => `  $signedWasmExport${index} as ${exportName(name)},\n`)
  return [
    'const $signedWasmExports = await $signedWasmInstantiate();',
    'export default $signedWasmExports;',
    `const {\n${locals.join('')}} = $signedWasmExports;`,
    `export {\n${exported.join('')}};\n`,
  ].join('\n')
}

// String export names need ES2022; identifiers keep the rest working in older tools.
function exportName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)
}

/**
 * Finds each core module of jco's in the file: all but the adapters it makes for composed components
 * are verbatim slices. Offsets count from the end of the signature section, so signing again does not
 * move them.
 */
function locateCoreModules(cores: Transpiled['cores'], bytes: Uint8Array) {
  const base = contentStart(bytes)
  // By digest, since a hostile file can hold very many core modules of one size.
  const known = new Map(
    coreModuleSlices(bytes).map(({ start, end }) => [
      toHex(sha256(bytes.subarray(start, end))),
      start - base,
    ]),
  )
  const slices: [name: string, offset: number, length: number][] = []
  const inline: [name: string, base64: string][] = []
  for (const [name, core] of Object.entries(cores)) {
    const offset = known.get(toHex(sha256(core)))
    if (offset === undefined) inline.push([name, base64(core)])
    else slices.push([name, offset, core.length])
  }
  return { slices, inline }
}

function base64(bytes: Uint8Array): string {
  return btoa(toLatin1(bytes))
}

// JSON is JavaScript since ES2019, but older tools still choke on raw line separators.
function literal(value: unknown): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
