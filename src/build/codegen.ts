/** Transpiled parts in, the text of an ES module out. Pure: no `node:` import, no clock, no path of its own. */

import MagicString from 'magic-string'
import { problem } from '../errors.js'
import { type Hex, toHex, toLatin1 } from '../format/bytes.js'
import { contentStart, coreModuleSlices } from '../format/wasm.js'
import { sha256 } from '../trust/ed25519.js'
import type { TrustedKey } from '../trust/keys.js'
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

/** What emitted code checks of the file that it gets. What stands in the code itself needs no check. */
export type Recheck =
  | { kind: 'off' }
  /** The file is the very one of the build. */
  | { kind: 'digest' }
  /** One of the keys has signed the file, and its core modules are those of the build. */
  | { kind: 'signature'; keys: readonly TrustedKey[]; detached?: Uint8Array | undefined }

/** See {@link generateModule}. */
export interface ModuleInput {
  transpiled: Transpiled
  /** The verified file. */
  bytes: Uint8Array
  form: ModuleForm
  source: ComponentSource
  recheck: Recheck
  /** Where our runtime is: a folder, without a slash at the end. */
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
  const loading = generateLoading(input)
  const form = input.form === 'exports' ? generateExports(input) : generateInstantiate(input)
  const functions = { ...loading.functions, ...form.functions }
  code.prepend(
    `${[...generateRuntimeImports(input.runtime, functions), ...generateImports(input)].join('\n')}\n`,
  )
  code.append(`\n${loading.code}\n${form.code}\n`)
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

/** A piece of the module, and the functions of our runtime it calls: name to file. */
interface Piece {
  code: string
  functions: Readonly<Record<string, 'component' | 'signature'>>
}

/** Names exactly what is used: whatever else is in those files, bundlers leave out. */
function generateRuntimeImports(runtime: string, functions: Piece['functions']): string[] {
  return ['component', 'signature'].flatMap((file) => {
    const names = Object.keys(functions).filter((name) => functions[name] === file)
    const bindings = names.map((name) => `${name} as ${local(name)}`)
    return names.length === 0
      ? []
      : [`import { ${bindings.join(', ')} } from ${literal(`${runtime}/${file}.js`)};`]
  })
}

const local = (name: string) => `$signedWasm${name[0]!.toUpperCase()}${name.slice(1)}`

function generateImports({ source, hosts }: ModuleInput): string[] {
  const lines = source.kind === 'url' && source.prelude ? [source.prelude] : []
  for (const [index, { module, member }] of [...hosts.values()].entries()) {
    const binding = member === undefined ? `* as ${hostName(index)}` : `{ ${member} as ${hostName(index)} }`
    lines.push(`import ${binding} from ${literal(module)};`)
  }
  return lines
}

const hostName = (index: number) => `$signedWasmHost${index}`

/** `$signedWasmLoad`, which gets the file, checks it as asked, and compiles its core modules. */
function generateLoading({ transpiled, bytes, source, recheck }: ModuleInput): Piece {
  const { slices, adapters } = locateCoreModules(transpiled.cores, bytes)
  const functions: Record<string, 'component' | 'signature'> = {}
  const call = (name: string, ...args: string[]) => {
    functions[name] = name === 'readSigned' ? 'signature' : 'component'
    return `${local(name)}(${args.join(', ')})`
  }
  const base = contentStart(bytes)
  /** @param from what offsets count from in that file */
  const compile = (file: string, from: number) => {
    const held = slices.map(
      ({ name, offset, length }) =>
        `[${literal(name)}, file.subarray(${offset - from}, ${offset - from + length})]`,
    )
    const made = adapters.map(
      ({ name, core }) => `[${literal(name)}, ${call('decodeBase64', literal(base64(core)))}]`,
    )
    return call('compile', file, `(file) => [${[...held, ...made].join(', ')}]`)
  }
  const load = () => {
    if (source.kind === 'inline') return compile(call('decodeBase64', literal(base64(bytes))), 0)
    const url = source.expression
    switch (recheck.kind) {
      case 'digest':
        return compile(call('readPinned', url, literal(`sha256-${base64(sha256(bytes))}`)), 0)
      case 'signature':
        return compile(call('readSigned', url, literal(pin(recheck, { slices, bytes }))), base)
      case 'off': {
        const [only, ...others] = slices
        if (only !== undefined && others.length + adapters.length === 0)
          return call('compileStreaming', url, literal([only.name, only.offset - base, only.length]))
        const ends = slices.map(({ offset, length }) => offset - base + length)
        return compile(call('readContent', url, String(Math.max(0, ...ends))), base)
      }
    }
  }
  return { code: `const $signedWasmLoad = () => ${load()};`, functions }
}

/** @see runtime/signature.ts, `Pinned` */
function pin(
  { keys, detached }: Extract<Recheck, { kind: 'signature' }>,
  { slices, bytes }: { slices: readonly CoreSlice[]; bytes: Uint8Array },
) {
  const base = contentStart(bytes)
  return {
    keys: keys.map(({ name, publicKey }) => [name, base64(publicKey)]),
    digest: toHex(sha256(bytes.subarray(base))),
    slices: slices.map(({ offset, length, digest }) => [offset - base, length, digest]),
    ...(detached && { detached: base64(detached) }),
  }
}

function generateExports({ transpiled, hosts }: ModuleInput): Piece {
  const names = [...new Set(transpiled.exports.map(([name]) => name))].filter((name) => name !== 'default')
  const locals = names.map((name, index) => `  ${literal(name)}: $signedWasmExport${index},\n`)
  const exported = names.map((name, index) => `  $signedWasmExport${index} as ${exportName(name)},\n`)
  const imports = [...hosts.keys()].map((name, index) => `  [${literal(name)}]: ${hostName(index)},\n`)
  const code = [
    'const $signedWasmCoreModules = await $signedWasmLoad();',
    `const $signedWasmImports = {\n  __proto__: null,\n${imports.join('')}};`,
    'const $signedWasmExports = await instantiate((name) => $signedWasmCoreModules.get(name), $signedWasmImports);',
    'export default $signedWasmExports;',
    `const {\n${locals.join('')}} = $signedWasmExports;`,
    `export {\n${exported.join('')}};\n`,
  ]
  return { code: code.join('\n'), functions: {} }
}

function generateInstantiate({ transpiled, hosts }: ModuleInput): Piece {
  const numbers = new Map([...hosts.keys()].map((name, index) => [name, index]))
  const imports = transpiled.imports.map((name) => {
    const number = numbers.get(name)
    return number === undefined ? `[${literal(name)}]` : `[${literal(name)}, ${hostName(number)}]`
  })
  const code = [
    'export default $signedWasmComponent({',
    '  instantiate,',
    '  load: $signedWasmLoad,',
    `  imports: () => [${imports.join(', ')}],`,
    '});',
  ]
  return { code: code.join('\n'), functions: { component: 'component' } }
}

// String export names need ES2022; identifiers keep the rest working in older tools.
function exportName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)
}

/** A core module that stands in the file. */
interface CoreSlice {
  name: string
  /** From the start of the file. */
  offset: number
  length: number
  digest: Hex
}

/**
 * Finds each core module of jco's in the file: all but the adapters it makes for composed components
 * are verbatim slices.
 */
function locateCoreModules(cores: Transpiled['cores'], bytes: Uint8Array) {
  // By digest, since a hostile file can hold very many core modules of one size.
  const known = new Map(
    coreModuleSlices(bytes).map(({ start, end }) => [toHex(sha256(bytes.subarray(start, end))), start]),
  )
  const slices: CoreSlice[] = []
  const adapters: { name: string; core: Uint8Array }[] = []
  for (const [name, core] of Object.entries(cores)) {
    const digest = toHex(sha256(core))
    const offset = known.get(digest)
    if (offset === undefined) adapters.push({ name, core })
    else slices.push({ name, offset, length: core.length, digest })
  }
  return { slices, adapters }
}

function base64(bytes: Uint8Array): string {
  return btoa(toLatin1(bytes))
}

// JSON is JavaScript since ES2019, but older tools still choke on raw line separators.
function literal(value: unknown): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
