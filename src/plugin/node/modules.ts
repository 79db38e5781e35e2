/// <reference types="node" />
/** Components as modules of Node itself, without a bundler. */

import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { RUNTIME } from '../../bindings/runtime-files.js'
import { SHIM_PATTERN } from '../../bindings/shims.js'
import { problem } from '../../errors/raise.js'
import { readLayer } from '../../format/wasm.js'
import { urlSource } from '../assets.js'
import type { LoadContext } from '../contexts.js'
import type { Loaded } from '../load.js'
import type { Options } from '../options.js'
import { Pipeline } from '../pipeline.js'
import { isWasm, splitOwnQuery } from '../request.js'

/** What a module is. */
export interface LoadedModule {
  format: 'module' | 'wasm'
  source: string | Uint8Array
}

/** Splits a query of ours off a specifier, as a name of a package must be looked up without it. */
export function splitSpecifier(specifier: string): { name: string; query: string } {
  return splitOwnQuery(specifier) ?? { name: specifier, query: '' }
}

/**
 * From where else a specifier of generated code is looked up, as in builds: a shim of WASI from the project, for a component in a
 * strict `node_modules`, or in another package of a workspace.
 * @returns the URL of a module in the current folder; `undefined` for other specifiers
 */
export function otherParent(specifier: string, parent: string | undefined): string | undefined {
  const isOurs = parent !== undefined && isWasmUrl(parent) && SHIM_PATTERN.test(specifier)
  return isOurs ? pathToFileURL(join(process.cwd(), '_')).href : undefined
}

/** Whether a URL is that of a `.wasm` file. */
export function isWasmUrl(url: string): boolean {
  return url.startsWith('file:') && isWasm(new URL(url).pathname)
}

/** Loads what a URL stands for: judged, and bound if it is a component. One for each process. */
export class NodeModules {
  readonly #pipeline: Pipeline
  readonly #context: LoadContext

  /** @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID`, and about keys, such as `NO_TRUSTED_KEYS` */
  constructor(options: Options) {
    // A file that is read once more when it is compiled may be another by then.
    this.#pipeline = new Pipeline({ recheck: 'digest', types: false, ...options })
    const warn = (message: string) => void process.stderr.write(`${message}\n`)
    this.#context = {
      watch: () => {},
      warn,
      ship: ({ file }) => urlSource(JSON.stringify(pathToFileURL(file).href)),
      cores: { without: 'Node without a bundler' },
      runtime: pathToFileURL(RUNTIME).href,
      wantsBytes: false,
      isReference: false,
      wantsCore: undefined,
      identifiersOnly: false,
      lacksAwait: undefined,
    }
    // Each module is judged when it is loaded, and nothing comes after the last.
    this.#pipeline.gate.hasEnd = false
    this.#pipeline.start({ inform: () => {}, warn, progress: warn })
  }

  /**
   * @param url of a `.wasm` file, with or without a query
   * @returns `undefined` where the options leave the file to Node
   * @throws Diagnostic when it is refused
   */
  async load(url: string): Promise<LoadedModule | undefined> {
    const file = fileURLToPath(url)
    const { search } = new URL(url)
    const loaded = await this.judge(file + search)
    if (loaded === undefined) return undefined
    if (loaded.kind === 'module') return { format: 'module', source: loaded.code }
    if (readLayer(loaded.bytes) === 'component')
      throw problem('IMPORT_UNSUPPORTED', { file: this.display(file), asks: `the query ${search}` })
    if (isDeno || !knowsCoreModules())
      throw problem('CORE_MODULE_UNSUPPORTED', { file: this.display(file), isDeno })
    // The very bytes that were judged.
    return { format: 'wasm', source: loaded.bytes }
  }

  /** As {@link NodeModules.load}, with a path, for whoever has other ways for what is no component. */
  judge(id: string): Promise<Loaded | undefined> {
    return this.#pipeline.load(id, this.#context)
  }

  /** A path as messages have it. */
  display(file: string): string {
    return this.#pipeline.gate.project.display(file)
  }
}

/** Deno has Node's hooks, and wants the source of a core module as bytes that it then does not take (seen with 2.9). */
const isDeno = process.versions['deno'] !== undefined

/** @see Node.js documentation, "Wasm modules": without a flag since 22.19 and 24.5 */
function knowsCoreModules(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isNew = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 19)
  return (
    isNew ||
    [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ').includes('--experimental-wasm-modules')
  )
}
