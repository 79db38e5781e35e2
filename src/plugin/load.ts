/// <reference types="node" />
/** One `.wasm` import, from the id to generated code: request, gate, bindings, ship. Knows no bundler. */

import type { Transpiled, Transpiler } from '../bindings/jco/transpiled.js'
import type { ModuleForm } from '../bindings/module/input.js'
import { resolveHosts } from '../bindings/resolve-hosts.js'
import { generateSharing } from '../bindings/shared-glue.js'
import { about, problem } from '../errors/raise.js'
import type { Admission } from './admissions.js'
import { recheckOf, ship } from './assets.js'
import type { Awaiting } from './awaiting.js'
import type { LoadContext } from './contexts.js'
import type { Gate } from './gate.js'
import type { ResolvedOptions } from './options.js'
import { parseWasmId, readQuery } from './request.js'

/** What became of an id. */
export type Loaded =
  /** A component, as an ES module. */
  | { kind: 'module'; code: string }
  /** Our own query: the verified bytes. */
  | { kind: 'bytes'; bytes: Uint8Array }
  /** Verified, and the bundler's to handle. */
  | { kind: 'handed back'; bytes: Uint8Array }

/** What an admitted component becomes. */
export interface Bindings {
  transpiler: Pick<Transpiler, 'transpile'>
  /** Is told of each whose module has a top-level await. */
  awaiting: Awaiting
  /** Writes declarations, where they are wanted. */
  declare(admission: Admission, context: LoadContext): Promise<unknown>
}

/** Loads ids behind a gate. */
export class Loader {
  readonly #gate: Gate
  readonly #options: ResolvedOptions
  readonly #bindings: Bindings

  constructor(gate: Gate, options: ResolvedOptions, bindings: Bindings) {
    this.#gate = gate
    this.#options = options
    this.#bindings = bindings
  }

  /**
   * Reads, judges, and makes code for a component.
   * @returns `undefined` when nothing is there, or the options leave the file alone
   * @throws Diagnostic when the file is refused
   */
  async load(id: string, context: LoadContext): Promise<Loaded | undefined> {
    this.#bindings.awaiting.delete(id)
    const parsed = parseWasmId(id)
    if (parsed === undefined) return undefined
    const { form, explicit, digest } = readQuery(parsed.query)
    if (digest !== undefined) return this.#reload(parsed.file, digest, context)
    const isModule = form !== undefined && !context.isReference
    const admission = this.#gate.admit(parsed.file, context, {
      layer: explicit ? 'component' : undefined,
      isModule,
      importers: context.importers?.(),
    })
    if (admission === undefined) return undefined
    const { bytes, layer } = admission.admitted
    if (layer === 'component' && form !== undefined && context.wantsCore !== undefined)
      throw problem('IMPORT_UNSUPPORTED', { file: admission.admitted.name, asks: context.wantsCore })
    if (layer === 'core module' || form === undefined || context.wantsBytes)
      return { kind: 'handed back', bytes }
    if (form === 'exports') this.#bindings.awaiting.add(id, admission, context.lacksAwait)
    return { kind: 'module', code: await this.#generate(admission, form, context) }
  }

  /** Answers our own query, which carries the digest of the file that it is for. */
  #reload(path: string, digest: string, context: LoadContext): Loaded | undefined {
    const admission = this.#gate.admitAgain(path, digest, context)
    if (admission === undefined) return undefined
    const { admitted } = admission
    if (admitted.digest !== digest) throw problem('FILE_CHANGED', { file: admitted.name })
    return { kind: 'bytes', bytes: admitted.bytes }
  }

  async #generate(admission: Admission, form: ModuleForm, context: LoadContext): Promise<string> {
    const { admitted, file } = admission
    const display = admitted.name
    const transpiled = await this.#bindings.transpiler.transpile(admitted, {
      name: 'component',
      file: display,
    })
    await this.#bindings.declare(admission, context)
    const { root } = this.#gate.project
    const where = { file, display, root, nameOf: context.nameOf }
    const hosts = resolveHosts(transpiled.imports, { configured: this.#options.imports, ...where })
    const { source, cores } = ship({ admission, transpiled }, this.#options, context)
    const { code, adapters } = about(display, () =>
      generateSharing({
        transpiled: context.identifiersOnly ? withIdentifiers(transpiled) : transpiled,
        admitted,
        form,
        source,
        recheck: recheckOf(admission, this.#options, { gate: this.#gate, context }),
        runtime: context.runtime,
        hosts,
        tracing: this.#options.jco.tracing,
      }),
    )
    // They stand in the code, where the sweep finds them: as base64, and as the lists of numbers that jco writes.
    for (const core of [...cores, ...adapters]) this.#gate.admissions.addCore(core)
    this.#gate.admissions.addCoresIn(transpiled.js)
    return code
  }
}

function withIdentifiers(transpiled: Transpiled): Transpiled {
  const isIdentifier = (name: string) => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)
  return { ...transpiled, exports: transpiled.exports.filter(([name]) => isIdentifier(name)) }
}
