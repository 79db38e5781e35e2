/** Transpiled parts in, the text of an ES module out. Pure: no `node:` import, no clock, no path of its own. */

import { problem } from '../../errors/raise.js'
import { cutSeams } from '../jco/seams.js'
import type { Transpiled } from '../jco/transpiled.js'
import { generateExports } from './exports.js'
import { generateGlue } from './glue.js'
import { generateCoreImports } from './handed-over.js'
import type { ModuleInput } from './input.js'
import { generateInstantiate } from './instantiate.js'
import { generateLoading } from './loading.js'
import { hostName, literal } from './names.js'
import { generateRuntimeImports } from './runtime.js'

/**
 * Wraps jco's code into the module that stands for one `.wasm` import.
 *
 * Every local name of ours begins with `$signedWasm`, every value enters as a JSON literal. `default`
 * is the exports object itself, so an export called `default` has no named export of its own.
 * @returns deterministic text, whose source map would be empty, and the core modules in it that jco itself has made
 * @throws Diagnostic `SEAM_CHANGED`, `UNSAFE_NAME` for a function export `then`, `IMPORTS_MISSING` for an
 *   import without a host where nobody could pass one
 */
export function generateModule(input: ModuleInput): { code: string; adapters: readonly Uint8Array[] } {
  refuseThenable(input.transpiled.exports)
  if (input.form === 'exports') refuseMissingHosts(input)
  const code = cutSeams(input.transpiled.js, { keepsLog: input.tracing ?? false })
  const loading = generateLoading(input)
  const form = input.form === 'exports' ? generateExports(input) : generateInstantiate(input)
  const functions = new Set([...loading.functions, ...form.functions])
  const imports = [
    ...generateRuntimeImports(input.runtime, functions),
    ...generateGlue(code, input),
    ...generateCoreImports(code, input),
    ...generateImports(input),
  ]
  code.prepend(`${imports.join('\n')}\n`)
  code.append(`\n${loading.code}\n${form.code}\n`)
  return { code: code.toString(), adapters: loading.adapters }
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

function generateImports({ hosts }: ModuleInput): string[] {
  return [...hosts.values()].map(({ module, member }, index) => {
    const binding = member === undefined ? `* as ${hostName(index)}` : `{ ${member} as ${hostName(index)} }`
    return `import ${binding} from ${literal(module)};`
  })
}
