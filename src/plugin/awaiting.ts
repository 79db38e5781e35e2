/** Components whose module has a top-level await, for outputs that can have none. */

import { toSlashes } from '../disk/paths.js'
import { problem } from '../errors/raise.js'
import type { Admission } from './admissions.js'
import { asWritten, type Heard } from './importers.js'

interface Waiting {
  /** Display path of the component. */
  file: string
  heard: Heard | undefined
}

/** See the first line of this file. */
export class Awaiting {
  /** By the id of the module. */
  readonly #modules = new Map<string, Waiting>()
  /** By path, forward slashes. */
  readonly #heard = new Map<string, Heard>()

  /** Notes how an import names a file, for whoever has to change it. */
  hear(file: string, heard: Heard): void {
    this.#heard.set(toSlashes(file), heard)
  }

  /**
   * Adds one.
   * @param id of the module
   * @param lack see {@link LoadContext.lacksAwait}
   * @throws Diagnostic `TOP_LEVEL_AWAIT` where that is known by now
   */
  add(id: string, { admitted, path, file }: Admission, lack: string | undefined): void {
    const heard = this.#heard.get(toSlashes(path)) ?? this.#heard.get(file)
    const waiting = { file: admitted.name, heard }
    this.#modules.set(id, waiting)
    if (lack !== undefined) throw refusal(waiting, lack)
  }

  /** Forgets a module, which is loaded once more. */
  delete(id: string): void {
    this.#modules.delete(id)
  }

  /**
   * Tells what to do where there are some.
   * @param where what has no top-level await, in words
   * @param modules ids of those that are to be there
   * @throws Diagnostic `TOP_LEVEL_AWAIT`
   */
  refuse(where: string, modules: ReadonlySet<string>): void {
    for (const [id, waiting] of this.#modules) if (modules.has(id)) throw refusal(waiting, where)
  }
}

function refusal({ file, heard }: Waiting, where: string): Error {
  return problem('TOP_LEVEL_AWAIT', { file, specifier: heard && asWritten(heard), where })
}
