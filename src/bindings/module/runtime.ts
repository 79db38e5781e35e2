/** The functions of our runtime that generated code calls, and the files they are in. */

import { literal, local } from './names.js'

/** The files of `runtime/` that generated code imports; types only, nothing of them is loaded here. */
interface RuntimeFiles {
  get: typeof import('../../runtime/get.js')
  compile: typeof import('../../runtime/compile.js')
  stream: typeof import('../../runtime/stream.js')
  files: typeof import('../../runtime/files.js')
  instantiate: typeof import('../../runtime/instantiate.js')
  jspi: typeof import('../../runtime/jspi.js')
  signature: typeof import('../../runtime/signature.js')
}

/** A function that is renamed or moved in `runtime/` does not compile here. */
const FUNCTIONS = {
  get: ['decodeBase64', 'readContent', 'readPinned'],
  compile: ['compile'],
  stream: ['compileStreaming'],
  files: ['compileFiles'],
  instantiate: ['component'],
  jspi: ['withJspi'],
  signature: ['readSigned'],
} as const satisfies { [File in keyof RuntimeFiles]: readonly (keyof RuntimeFiles[File])[] }

/** The name of a function that generated code may call. */
export type RuntimeFunction = (typeof FUNCTIONS)[keyof typeof FUNCTIONS][number]

/** The import lines for exactly the functions that are used: whatever else is in those files, bundlers leave out. */
export function generateRuntimeImports(runtime: string, used: ReadonlySet<RuntimeFunction>): string[] {
  return Object.entries(FUNCTIONS).flatMap(([file, functions]) => {
    const bindings = functions.filter((name) => used.has(name)).map((name) => `${name} as ${local(name)}`)
    if (bindings.length === 0) return []
    return [`import { ${bindings.join(', ')} } from ${literal(`${runtime}/${file}.js`)};`]
  })
}
