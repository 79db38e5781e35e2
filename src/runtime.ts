/**
 * All that emitted code imports: get the bytes of the component, compile its core modules out of
 * them, call jco's `instantiate`. It imports nothing, so that a dev server or a bundler needs this one
 * file, and its texts are its own: the catalogue of errors stays out of people's bundles.
 */

/** The part of jco's `instantiate` that we rely on. */
type Instantiate = (
  getCoreModule: (name: string) => WebAssembly.Module,
  imports: Record<string, unknown>,
  instantiateCore?: InstantiateCore,
) => unknown

type InstantiateCore = (
  coreModule: WebAssembly.Module,
  imports?: WebAssembly.Imports,
) => WebAssembly.Instance | Promise<WebAssembly.Instance>

/** What one generated module knows about its component. */
export interface ComponentParts {
  instantiate: Instantiate
  /** Gets the signed file; called once, and again after it failed. */
  read: () => Promise<Uint8Array> | Uint8Array
  /** Core modules that stand in the file: name, offset from the end of the signature section, length. */
  slices: readonly (readonly [name: string, offset: number, length: number])[]
  /** Core modules that jco made itself: name and base64. */
  inline: readonly (readonly [name: string, base64: string])[]
  /** Import names of the component, each with its configured host where there is one. */
  imports: () => readonly (readonly [name: string, host?: unknown])[]
}

/** What `?instantiate` takes beside the imports. */
export interface InstantiateOptions {
  /**
   * Makes an instance of one core module.
   * @default WebAssembly.instantiate
   */
  instantiateCore?: InstantiateCore
}

/** The function that `?instantiate` exports. */
export type InstantiateComponent = (
  imports?: Record<string, unknown>,
  options?: InstantiateOptions,
) => Promise<Record<string, unknown>>

/**
 * Turns the parts of a component into a function that makes instances of it.
 *
 * Core modules are compiled once and shared between instances; a failure to get or compile them is
 * not remembered, so the next call tries again.
 *
 * Hosts have jco's shape. An interface (`docs:log/sink@1.0.0`) is an object, or the namespace of a
 * module, with one member per function and one class per resource, in camel case. A function or
 * resource that the component imports by itself (`log`) is an object whose `default` is it.
 *
 * @returns see {@link InstantiateComponent}; own imports are keyed by import name, with or without
 *   its version, and win over configured hosts
 */
export function component(parts: ComponentParts): InstantiateComponent {
  const load = retryable(() => loadCoreModules(parts))
  return async (imports = {}, options = {}) => {
    const hosts = selectHosts(parts.imports(), imports)
    const coreModules = await load()
    const exports = await parts.instantiate((name) => coreModules.get(name)!, hosts, options.instantiateCore)
    return exports as Record<string, unknown>
  }
}

function retryable<T>(start: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => {
    running ??= start().catch((error: unknown) => {
      running = undefined
      throw error
    })
    return running
  }
}

async function loadCoreModules({ read, slices, inline }: ComponentParts) {
  const bytes = await read()
  const base = contentStart(bytes)
  const binaries = [
    ...slices.map(([name, offset, length]) => [name, slice(bytes, base + offset, length)] as const),
    ...inline.map(([name, base64]) => [name, decodeBase64(base64)] as const),
  ]
  const compile = async ([name, binary]: (typeof binaries)[number]) =>
    [name, await WebAssembly.compile(binary as Uint8Array<ArrayBuffer>)] as const
  return new Map(await Promise.all(binaries.map(compile)))
}

function slice(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (start + length > bytes.length) throw failure('COMPONENT_UNREADABLE', 'the component file is too short')
  return bytes.subarray(start, start + length)
}

function selectHosts(
  configured: readonly (readonly [name: string, host?: unknown])[],
  own: Record<string, unknown>,
): Record<string, unknown> {
  const hosts = Object.create(null) as Record<string, unknown>
  for (const [name, host] of configured) hosts[name] = ownHost(own, name) ?? host
  const missing = configured.map(([name]) => name).filter((name) => hosts[name] == null)
  if (missing.length > 0) {
    throw failure('IMPORTS_MISSING', `this component imports ${missing.join(', ')}, which nobody provides`)
  }
  return hosts
}

function ownHost(own: Record<string, unknown>, name: string): unknown {
  const unversioned = name.replace(/@[^@]*$/, '')
  return [name, unversioned]
    .map((key) => (Object.hasOwn(own, key) ? own[key] : undefined))
    .find((host) => host != null)
}

/**
 * Gets the bytes behind a URL: from the disk for `file:` where there is Node's file system, else with `fetch`.
 * @throws Error with `code` `COMPONENT_UNREADABLE`
 */
export async function readComponent(url: URL | string): Promise<Uint8Array> {
  const address = String(url)
  const readFile = address.startsWith('file:') ? nodeReadFile() : undefined
  if (readFile !== undefined) return readFile(new URL(address))
  const response = await fetch(address)
  if (!response.ok) throw failure('COMPONENT_UNREADABLE', `${address} answered ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

type ReadFile = (path: URL) => Promise<Uint8Array>

// Not `import 'node:fs'`: bundlers for browsers warn about it or refuse it.
function nodeReadFile(): ReadFile | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (id: string) => { readFile: ReadFile } | undefined }
  }
  return process?.getBuiltinModule?.('node:fs/promises')?.readFile
}

/** Standard base64 to bytes, natively where the engine can. */
export function decodeBase64(base64: string): Uint8Array {
  const native = Uint8Array as { fromBase64?: (text: string) => Uint8Array }
  if (native.fromBase64 !== undefined) return native.fromBase64(base64)
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

const COMPONENT_PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]
const SIGNATURE = Array.from('signature', (character) => character.charCodeAt(0))

/**
 * Offset of the first byte that a signature covers: after the leading `signature` section, or 8.
 *
 * The same rule as `contentStart` in format/wasm.ts, which a test compares; own code, because that file
 * brings the catalogue of errors along. The file was verified, so its framing is canonical.
 * @throws Error with `code` `COMPONENT_UNREADABLE` when the bytes are no component, such as a web page
 */
export function contentStart(bytes: Uint8Array): number {
  if (!COMPONENT_PREAMBLE.every((byte, index) => bytes[index] === byte)) {
    throw failure('COMPONENT_UNREADABLE', 'what was loaded is not a WebAssembly component')
  }
  const size = varuint32(bytes, 9)
  const name = varuint32(bytes, size.end)
  const isSignature =
    bytes[8] === 0 &&
    name.value === SIGNATURE.length &&
    SIGNATURE.every((byte, index) => bytes[name.end + index] === byte)
  return isSignature ? size.end + size.value : 8
}

function varuint32(bytes: Uint8Array, start: number): { value: number; end: number } {
  let [value, end, byte] = [0, start, 0]
  do {
    byte = bytes[end] ?? 0
    value += (byte & 0x7f) * 2 ** (7 * (end - start))
    end++
  } while (byte & 0x80 && end - start < 5)
  return { value, end }
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`[signed-wasm] ${code}: ${what}`), { code })
}
