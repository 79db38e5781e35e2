/// <reference types="node" />
/** Core modules that packages bring along: as trusted as the JavaScript beside them, unless more is demanded. */

import { basename } from 'node:path'
import { packageOf, packagePath } from '../disk/owner.js'
import { coreModulesImportedBy, filesOfPackages, ownerOf, packageFolder, waysFrom } from '../disk/packages.js'
import { realPath } from '../disk/paths.js'
import type { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import type { Layer } from '../format/wasm.js'
import { keyOf } from './admissions.js'
import type { OutputFile } from '../disk/find-wasm.js'
import { holds } from './project.js'

/** What may be a copy of something that a package brings. */
export interface Copied {
  bytes: Uint8Array
  /** The file that it stands in. */
  output?: OutputFile | undefined
}

/** What one build has found, by package. */
export class PackageWasm {
  /** Files of installed packages, once they are looked up. */
  #installed: string[] | undefined
  /** By the name of the package: the files, or the scripts that hold some. */
  readonly #found = new Map<string, Set<string>>()

  /** By the folder of a package: what it, and all it depends on, imports as modules. */
  readonly #importedBy = new Map<string, readonly string[]>()

  /** What the rules of a policy have against files: by their real paths. */
  readonly findings = new Map<string, Diagnostic>()

  #said: string | undefined
  readonly #imported = new Map<string, Diagnostic>()

  /**
   * By their content: the modules of packages that hold it. Kept for all builds, because Vite ships a worker that has not
   * changed once more without bundling it again.
   */
  readonly #held = new Map<string, Set<string>>()

  /**
   * @param file a real path in a package
   * @param objection what the judge has against a file that is imported as a module, rather than referred to
   */
  add(file: string, objection?: Diagnostic): void {
    const owner = packageOf(file)
    if (owner === undefined) return
    this.#found.set(owner.name, (this.#found.get(owner.name) ?? new Set()).add(owner.path))
    if (objection !== undefined) this.#imported.set(file, objection)
  }

  /** Whether a file with that content can be left to a package that it lies in. */
  static owns(file: string, layer: Layer): boolean {
    return layer === 'core module' && packageOf(file) !== undefined
  }

  /**
   * The files of packages that have brought something: the modules that hold it, as the workers or source maps do in which
   * they stand; or else files of installed packages that have this content, or scripts with the name and content of that
   * in which it stands, such as those that a plugin has copied.
   */
  originalsOf({ bytes, output }: Copied, root: string): readonly string[] {
    const holders = this.#held.size === 0 ? [] : [...(this.#held.get(keyOf(bytes)) ?? [])]
    // Other packages that happen to have the same have not brought it.
    if (holders.length > 0) return holders
    const files = this.#holding(bytes, (file) => /\.wasm$/i.test(file), root)
    if (files.length > 0 || output === undefined) return files
    const isNamed = (file: string) => basename(file) === basename(output.name)
    return this.#holding(Buffer.from(output.content), isNamed, root)
  }

  /** What lies in a workspace, or behind a link, is no package's. */
  #holding(bytes: Uint8Array, isMeant: (file: string) => boolean, root: string): string[] {
    this.#installed ??= filesOfPackages(root)
    return this.#installed
      .filter((file) => isMeant(file) && holds(file, bytes))
      .flatMap((file) => realPath(file) ?? [])
      .filter(isInPackage)
  }

  /**
   * The core modules that a package imports by itself where it is left to Node, or that one it depends on does.
   * @param from the folder of whoever imports it
   */
  importedBy(name: string, from: string): readonly string[] {
    const folder = packageFolder(name, from)
    if (folder === undefined) return []
    const files = this.#importedBy.get(folder) ?? coreModulesImportedBy(folder)
    this.#importedBy.set(folder, files)
    return files
  }

  /** Notes what a module of a package holds. @param file its real path */
  hold(bytes: Uint8Array, file: string): void {
    const key = keyOf(bytes)
    this.#held.set(key, (this.#held.get(key) ?? new Set()).add(file))
  }

  /** Files that are imported as modules. */
  get imported(): { file: string; objection: Diagnostic }[] {
    return [...this.#imported].map(([file, objection]) => ({ file, objection }))
  }

  /** All that packages have brought, as patterns name it. */
  get names(): string[] {
    return [...this.#found].flatMap(([name, files]) => [...files].map((path) => packagePath({ name, path })))
  }

  get isEmpty(): boolean {
    return this.#found.size === 0
  }

  /** As {@link describe}, unless that is what was said last. */
  describeNews(): string | undefined {
    const text = this.describe()
    if (text === this.#said) return undefined
    this.#said = text
    return text
  }

  clear(): void {
    this.#installed = undefined
    this.#found.clear()
    this.#imported.clear()
    this.findings.clear()
    this.#importedBy.clear()
    this.#said = undefined
  }

  /** One block of lines that lists them. */
  describe(): string {
    const packages = [...this.#found].toSorted(byName).map(([name, files]) => `${name} (${files.size})`)
    return (
      `[signed-wasm] not verified, as trusted as the package's JavaScript: ${packages.join(', ')}\n` +
      `  to demand signatures of them as well: packages: 'verify'`
    )
  }

  /** One refusal of all of them. */
  refusal(): Diagnostic {
    const packages = [...this.#found].toSorted(byName).map(([name, files]) => ({
      name,
      files: [...files].toSorted(),
    }))
    return problem('PACKAGE_UNVERIFIED', { packages })
  }

  /** One refusal of all that the rules of a policy refuse; the one finding itself, where it is alone. */
  refusalByRules(root: string): Diagnostic | undefined {
    const found = [...this.findings].toSorted(byName)
    const [first] = found
    if (first === undefined || found.length === 1) return first?.[1]
    const wayTo = waysFrom(root)
    return problem('PACKAGE_REFUSED', {
      files: found.map(([file, { code }]) => ({
        name: packagePath(packageOf(file)!),
        code,
        through: wayTo(ownerOf(file)!.folder),
      })),
      rules: found
        .filter(([, { code }]) => code === 'NO_RULE')
        .map(([file]) => packagePath(packageOf(file)!)),
    })
  }

  /** The refusal of one file, where there is no end of a build at which to refuse all. @param file a real path in a package */
  static refusalOf(file: string): Diagnostic {
    const found = new PackageWasm()
    found.add(file)
    return found.refusal()
  }
}

/** Whether a file lies in a package. @param file a real path */
export const isInPackage = (file: string) => packageOf(file) !== undefined

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1)
