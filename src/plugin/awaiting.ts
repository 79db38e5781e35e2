/** Components whose module has a top-level await, for outputs that can have none. */

import { toSlashes } from '../disk/paths.js'
import { problem } from '../errors/raise.js'
import type { Admission } from './admissions.js'
import { asWritten, type Heard } from './importers.js'

/** See the first line of this file. */
export class Awaiting {
  /** Display paths, and how they are imported. */
  readonly #files = new Map<string, Heard | undefined>()
  /** By path, forward slashes. */
  readonly #heard = new Map<string, Heard>()

  /** Notes how an import names a file, for whoever has to change it. */
  hear(file: string, heard: Heard): void {
    this.#heard.set(toSlashes(file), heard)
  }

  /**
   * Adds one.
   * @param lack see {@link LoadContext.lacksAwait}
   * @throws Diagnostic `TOP_LEVEL_AWAIT` where that is known by now
   */
  add({ admitted, path, file }: Admission, lack: string | undefined): void {
    this.#files.set(admitted.name, this.#heard.get(toSlashes(path)) ?? this.#heard.get(file))
    if (lack !== undefined) this.refuse(lack)
  }

  /**
   * Tells what to do where there are some.
   * @param where what has no top-level await, in words
   * @throws Diagnostic `TOP_LEVEL_AWAIT`
   */
  refuse(where: string): void {
    for (const [file, heard] of this.#files)
      throw problem('TOP_LEVEL_AWAIT', { file, specifier: heard && asWritten(heard), where })
  }

  /** Forgets what the last build loaded. */
  clear(): void {
    this.#files.clear()
  }
}
