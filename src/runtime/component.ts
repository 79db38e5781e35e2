/**
 * What emitted code imports: get the bytes of the component, compile its core modules out of them, call
 * jco's `instantiate`. It imports nothing, so that a dev server or a bundler needs this one file, and its
 * texts are its own: the catalogue of errors stays out of people's bundles.
 *
 * Emitted code names only the functions that it needs, and bundlers leave out the others.
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

/** Compiled core modules by the name under which jco's code asks for them. */
export type CoreModules = ReadonlyMap<string, WebAssembly.Module>

/** Where a core module stands: name, offset and length in bytes. */
export type Slice = readonly [name: string, offset: number, length: number]

/** What one generated module knows about its component. */
export interface ComponentParts {
  instantiate: Instantiate
  /** Gets and compiles the core modules; called once, and again after it failed. */
  load: () => Promise<CoreModules>
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
  const load = retryable(parts.load)
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
 * Compiles the core modules of a component.
 * @param cut gives them by name, most of them as slices of the bytes
 * @throws WebAssembly.CompileError
 */
export async function compile(
  bytes: Uint8Array | Promise<Uint8Array>,
  cut: (bytes: Uint8Array) => readonly (readonly [name: string, coreModule: Uint8Array])[],
): Promise<CoreModules> {
  const compileOne = async ([name, core]: readonly [string, Uint8Array]) =>
    [name, await WebAssembly.compile(core as Uint8Array<ArrayBuffer>)] as const
  return new Map(await Promise.all(cut(await bytes).map(compileOne)))
}

/**
 * Compiles the only core module of a component while the file arrives, where it is fetched.
 * @param slice counted from the end of the signature section
 * @throws as {@link readContent} and {@link compile}
 */
export async function compileStreaming(url: URL | string, slice: Slice): Promise<CoreModules> {
  const address = String(url)
  const [name, offset, length] = slice
  if (nodeReadFile(address) !== undefined)
    return compile(readContent(address, offset + length), (file) => [
      [name, file.subarray(offset, offset + length)],
    ])
  const { body } = successful(await fetch(address))
  // Engines say only that the stream failed, so its own reason is kept.
  let reason: unknown
  const cut = new TransformStream(cutOut(slice, (error) => (reason = error)))
  const headers = { 'content-type': 'application/wasm' }
  const wasm = WebAssembly.compileStreaming(new Response(body!.pipeThrough(cut), { headers }))
  return new Map([
    [
      name,
      await wasm.catch((error: unknown) => {
        throw reason ?? error
      }),
    ],
  ])
}

/** Enough of a file to tell where its content starts. */
const HEAD_LENGTH = 32

/** Lets one slice of the content through. @param fail hears why it cannot, before the stream does */
function cutOut(
  [, offset, length]: Slice,
  fail: (error: unknown) => void,
): Transformer<Uint8Array, Uint8Array> {
  let head = new Uint8Array()
  let start: number | undefined
  let [position, left] = [0, length]
  const take = (bytes: Uint8Array, isLast: boolean): Uint8Array => {
    let next = bytes
    if (start === undefined) {
      next = head = join(head, bytes)
      if (head.length < HEAD_LENGTH && !isLast) return new Uint8Array()
      start = contentStart(head) + offset
    }
    const piece = next.subarray(Math.max(0, start - position), Math.max(0, start + length - position))
    position += next.length
    left -= piece.length
    if (isLast && left > 0) throw tooShort()
    return piece
  }
  const pass = (
    bytes: Uint8Array,
    controller: TransformStreamDefaultController<Uint8Array>,
    isLast = false,
  ) => {
    try {
      controller.enqueue(take(bytes, isLast))
    } catch (error) {
      fail(error)
      throw error
    }
  }
  return {
    transform: (bytes, controller) => pass(bytes, controller),
    flush: (controller) => pass(new Uint8Array(), controller, true),
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}

/**
 * Gets the bytes behind a URL: from the disk for `file:` where there is Node's file system, else with `fetch`.
 * @throws Error with `code` `COMPONENT_UNREADABLE`
 */
export async function readComponent(url: URL | string): Promise<Uint8Array<ArrayBuffer>> {
  const address = String(url)
  return nodeReadFile(address)?.(new URL(address)) ?? bytesOf(await fetch(address))
}

/**
 * Like {@link readComponent}, without what stands before the content.
 * @param length how much content there must be, in bytes
 * @throws Error with `code` `COMPONENT_UNREADABLE`
 * @see contentStart
 */
export async function readContent(url: URL | string, length: number): Promise<Uint8Array> {
  const bytes = await readComponent(url)
  const content = bytes.subarray(contentStart(bytes))
  if (content.length < length) throw tooShort()
  return content
}

/**
 * Like {@link readComponent}, and insists on the content.
 * @param integrity `sha256-` and the SHA-256 of the whole file as base64
 * @throws Error with `code` `DIGEST_MISMATCH` or `COMPONENT_UNREADABLE`
 * @see W3C Subresource Integrity
 */
export async function readPinned(url: URL | string, integrity: string): Promise<Uint8Array> {
  const address = String(url)
  try {
    const request = nodeReadFile(address) ? undefined : new Request(address, { integrity })
    // Whoever does not know `integrity` ignores it: Deno, for one.
    if (request?.integrity === integrity) return await bytesOf(await fetch(request))
  } catch {
    // A wrong digest looks like a network that is down, so look again; and a network that was may be up.
  }
  const bytes = await readComponent(address)
  if ((await integrityOf(bytes)) === integrity) return bytes
  throw failure('DIGEST_MISMATCH', `${address} is not the built file`)
}

/** Nothing where there is no WebCrypto, as on pages without TLS. */
async function integrityOf(bytes: Uint8Array): Promise<string | undefined> {
  const hash = await globalThis.crypto?.subtle?.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return hash && `sha256-${btoa(String.fromCharCode(...new Uint8Array(hash)))}`
}

/** The body of an answer. @throws Error with `code` `COMPONENT_UNREADABLE` */
export async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await successful(response).arrayBuffer())
}

function successful(response: Response): Response {
  if (response.ok) return response
  throw failure('COMPONENT_UNREADABLE', `${response.url} answered ${response.status}`)
}

type ReadFile = (path: URL) => Promise<Uint8Array<ArrayBuffer>>

/** Node's, for a `file:` URL. Not `import 'node:fs'`: bundlers for browsers warn about it or refuse it. */
function nodeReadFile(address: string): ReadFile | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (id: string) => { readFile: ReadFile } | undefined }
  }
  return address.startsWith('file:') ? process?.getBuiltinModule?.('node:fs/promises')?.readFile : undefined
}

/** Standard base64 to bytes, natively where the engine can. */
export function decodeBase64(base64: string): Uint8Array {
  const native = Uint8Array as { fromBase64?: (text: string) => Uint8Array }
  if (native.fromBase64 !== undefined) return native.fromBase64(base64)
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

/** The first 8 bytes of a component. */
export const COMPONENT_PREAMBLE: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]
/** The name of the section that holds signatures, in ASCII. */
export const SIGNATURE: readonly number[] = /* @__PURE__ */ Array.from('signature', (character) =>
  character.charCodeAt(0),
)

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

function tooShort(): Error {
  return failure('COMPONENT_UNREADABLE', 'the component file is too short')
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`[signed-wasm] ${code}: ${what}`), { code })
}
