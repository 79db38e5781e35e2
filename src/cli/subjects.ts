/** The files that a policy is for, as commands judge them. */

import path from 'node:path'
import { Origins } from '../disk/origins.js'
import { realPath, toSlashes } from '../disk/paths.js'
import { filesOfRules, type NamedFile, wasmHeldBy } from '../disk/policy-files.js'
import { pathInPolicy, type PolicyFolder } from '../disk/policy-folder.js'
import { DEFAULT_MAX_FILE_BYTES } from '../disk/read-file.js'
import { PREAMBLES, readLayer } from '../format/wasm.js'
import { namesOf } from '../policy/file-name.js'
import type { Subject } from '../policy/judge.js'
import { rulesFor } from '../policy/rule.js'
import type { Io } from './io.js'
import { kindsOf, readBeside, shownAt } from './policy.js'

/** A file for the judge. */
export type NamedSubject = Subject & { path: string }

/** Reads files for the judge, each with what rules know it by. */
export class Subjects {
  readonly #folder: PolicyFolder
  readonly #io: Io
  readonly #origins = new Origins()

  constructor(folder: PolicyFolder, io: Io) {
    this.#folder = folder
    this.#io = io
  }

  /** All that the rules name and that is there. */
  all(): NamedFile[] {
    const { folder, policy } = this.#folder
    const found = filesOfRules(folder, policy.rules)
    const known = new Set(found.map((one) => one.path))
    // A script of the project that somebody has locked by its name.
    const locked = [...policy.lock.entries]
      .filter(
        ([name, entries]) => !known.has(name) && entries.some(({ value }) => value.contents !== undefined),
      )
      .map(([name]) => path.join(folder, name))
    return [...found, ...locked.filter((file) => this.#io.exists(file)).map((file) => this.named(file))]
  }

  /** One that was named by hand. */
  named(file: string): NamedFile {
    const target = path.resolve(this.#io.cwd, file)
    return { file: target, path: pathInPolicy(target, this.#folder.folder), isHolder: false }
  }

  /** What rules know a file by, and what speaks for it. */
  describe({ file, path: inPolicy }: NamedFile): Pick<NamedSubject, 'path' | 'origin' | 'sidecars'> {
    const origin = this.#origins.of(realPath(file) ?? toSlashes(file))
    return { path: inPolicy, origin, ...this.#sidecars(file) }
  }

  /** @returns several where a script or a pack holds several that are signed, and never none. @throws Diagnostic `FILE_*` */
  read(named: NamedFile): NamedSubject[] {
    const { file } = named
    const bytes = this.#io.read(file, { maxBytes: DEFAULT_MAX_FILE_BYTES })
    const about = { name: shownAt(file, this.#io), ...this.describe(named) }
    if (readLayer(bytes) !== undefined || /\.wasm$/i.test(file)) return [{ ...about, bytes }]
    // Of a script or a pack, what is pinned is all of it, whatever stands in it.
    const held = this.#isPinned(named) ? [] : wasmHeldBy(file, bytes)
    const all = held.length > 0 ? held : [PREAMBLES['core module']]
    return all.map((one) => ({ ...about, bytes: one, holder: bytes }))
  }

  #isPinned({ path: inPolicy }: NamedFile): boolean {
    const rules = rulesFor(namesOf(inPolicy), this.#folder.policy.rules)
    return rules.some(({ unsigned }) => unsigned !== undefined)
  }

  #sidecars(file: string): Pick<Subject, 'sidecars'> {
    return { sidecars: readBeside(file, kindsOf(this.#folder), this.#io) }
  }
}
