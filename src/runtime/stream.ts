/** A core module that is compiled while its file arrives. */

import { compile, type CoreModules } from './compile.js'
import { contentStart, nodeReadFile, readContent, successful, tooShort } from './get.js'

/** Where a core module stands: name, offset and length in bytes. */
export type Slice = readonly [name: string, offset: number, length: number]

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
