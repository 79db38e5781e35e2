/**
 * Getting the file of a component, at run time. Its texts are its own: the catalogue of errors stays out of people's bundles.
 *
 * Emitted code names only the functions that it needs, and bundlers leave out the others.
 */

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

export function successful(response: Response): Response {
  if (response.ok) return response
  throw failure('COMPONENT_UNREADABLE', `${response.url} answered ${response.status}`)
}

type ReadFile = (path: URL) => Promise<Uint8Array<ArrayBuffer>>

/** Node's, for a `file:` URL. Not `import 'node:fs'`: bundlers for browsers warn about it or refuse it. */
export function nodeReadFile(address: string): ReadFile | undefined {
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

export function tooShort(): Error {
  return failure('COMPONENT_UNREADABLE', 'the component file is too short')
}

export function failure(code: string, what: string): Error {
  return Object.assign(new Error(`[signed-wasm] ${code}: ${what}`), { code })
}
