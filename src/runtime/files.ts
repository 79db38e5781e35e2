/** Core modules that are files of their own, each compiled while it arrives, so that browsers keep what they made of it. */

import type { CoreModules } from './compile.js'
import { bytesOf, nodeReadFile, successful } from './get.js'

/**
 * Compiles the core modules of a component.
 * @param files name and URL of each
 * @throws WebAssembly.CompileError, or Error with `code` `COMPONENT_UNREADABLE`
 */
export async function compileFiles(
  files: readonly (readonly [name: string, url: URL | string])[],
): Promise<CoreModules> {
  const compileOne = async ([name, url]: (typeof files)[number]) =>
    [name, await compileFile(String(url))] as const
  return new Map(await Promise.all(files.map(compileOne)))
}

async function compileFile(address: string): Promise<WebAssembly.Module> {
  const onDisk = nodeReadFile(address)?.(new URL(address))
  if (onDisk !== undefined) return WebAssembly.compile(await onDisk)
  const response = successful(await fetch(address))
  // Engines stream nothing of another type, which is what servers send that do not know this one.
  return response.headers.get('content-type') === 'application/wasm'
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await bytesOf(response))
}
