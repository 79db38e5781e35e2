/** A runtime that compiles no WebAssembly and hands over compiled what is imported, as workerd does, made of Node. */

import { type Outcome, runInNode } from './run.js'

/** What Node asks for imports. With `?module` or without. */
const HOOKS = `
export async function load(url, context, next) {
  if (!/\\.wasm(?:\\?module)?$/.test(url)) return next(url, context)
  const source = \`
    import { readFileSync } from 'node:fs'
    export default globalThis.compileForEdge(readFileSync(new URL(\${JSON.stringify(url)})))\`
  return { format: 'module', shortCircuit: true, source }
}`

const RUNTIME = `
import { register } from 'node:module'
const { Module, instantiate } = WebAssembly
const refuse = () => { throw new WebAssembly.CompileError('Wasm code generation disallowed by embedder') }
globalThis.compileForEdge = (bytes) => new Module(bytes)
WebAssembly.Module = new Proxy(Module, { construct: refuse })
for (const name of ['compile', 'compileStreaming', 'instantiateStreaming']) WebAssembly[name] = async () => refuse()
WebAssembly.instantiate = async (source, ...more) => source instanceof Module ? instantiate(source, ...more) : refuse()
register(${JSON.stringify(asUrl(HOOKS))})`

function asUrl(script: string): string {
  return `data:text/javascript,${encodeURIComponent(script)}`
}

/** Imports each file in such a runtime. */
export function runAtEdge(files: readonly string[]): Promise<Outcome[]> {
  return runInNode(files, asUrl(RUNTIME))
}
