/// <reference types="node" />
/** The project that is built: where it is, which of its files the options cover, and reading those. */

import { readFileSync, statSync } from 'node:fs'
import { createFilter, expandGlobs } from '../disk/glob.js'
import { displayPath, realPath, toSlashes } from '../disk/paths.js'
import { readRegularFile } from '../disk/read-file.js'
import { readSidecars, type SidecarKinds, sidecarPaths } from '../disk/sidecars.js'
import { walk } from '../disk/walk.js'
import type { Sidecars } from '../trust/evidence/frame.js'
import { isSame } from './admissions.js'
import type { ResolvedOptions } from './options.js'

/** Where and why a build runs. */
export interface Place {
  /** Absolute path of the project. */
  root: string
  /** `serve` only for Vite's `command === 'serve'`. */
  command: 'build' | 'serve'
}

/** A file and what lies beside it, read once. */
export interface ReadFile {
  /** Real path, forward slashes. */
  file: string
  /** Display path. */
  display: string
  bytes: Uint8Array
  sidecars: Sidecars
}

/** See the first line of this file. */
export class Project {
  readonly #options: ResolvedOptions
  #place: Place = { root: process.cwd(), command: 'build' }
  #filter: (file: string) => boolean
  /** What counts beside files: by the options, or by the policy file. */
  sidecars: SidecarKinds = []
  /** The wasm files of the project, once they are looked up. */
  #wasmFiles: string[] | undefined
  /** The files that are excluded, once they are looked up: for every finding, that would be slow. */
  #excluded: string[] | undefined

  /** @throws Diagnostic `OPTION_INVALID` for a filter that is out of proportion */
  constructor(options: ResolvedOptions) {
    this.#options = options
    this.#filter = createFilter(options, this.root)
  }

  /** Tells where the build runs; until then it is a `build` in the current folder. */
  configure(place: Partial<Place>): void {
    this.#place = { ...this.#place, ...place }
    this.forget()
    this.#filter = createFilter(this.#options, this.root)
  }

  get root(): string {
    return this.#place.root
  }

  get command(): Place['command'] {
    return this.#place.command
  }

  /** Whether the options cover a file. Never throws. */
  covers(file: string): boolean {
    return this.#filter(realPath(file) ?? toSlashes(file))
  }

  /** The path that people see. */
  display(file: string): string {
    return displayPath(file, this.root)
  }

  /** What lies beside a file and speaks for it, if options take it into account. */
  sidecarPaths(path: string): string[] {
    return sidecarPaths(path, this.sidecars)
  }

  /**
   * Reads a file that the options cover.
   * @param path as it was imported
   * @returns `undefined` when nothing is there, or the options leave it alone
   * @throws Diagnostic `FILE_NOT_REGULAR`, `FILE_TOO_LARGE`, `FILE_UNREADABLE`
   */
  read(path: string): ReadFile | undefined {
    const file = realPath(path)
    if (file === undefined || !this.covers(path)) return undefined
    const display = this.display(file)
    const bytes = this.#readBytes(file, display)
    return bytes && { file, display, bytes, sidecars: this.readSidecars(path, display) }
  }

  /** Reads what lies beside a file. @param display path of the file that people see */
  readSidecars(path: string, display: string): Sidecars {
    return readSidecars(this.sidecars, (ending) => this.#readBytes(path + ending, display + ending))
  }

  #readBytes(file: string, display: string): Uint8Array | undefined {
    return readRegularFile(file, { display, maxBytes: this.#options.limits.maxFileBytes })
  }

  /** Whether `packages: 'verify'` is asked for. */
  get verifiesPackages(): boolean {
    return this.#options.packages === 'verify'
  }

  /** Whether a file that the options exclude has this content. */
  excludes(bytes: Uint8Array): boolean {
    this.#excluded ??= expandGlobs(this.#options.exclude, this.root)
    return this.#excluded.some((file) => holds(file, bytes))
  }

  /** The files of the project with this content, by their real paths. */
  filesWith(bytes: Uint8Array): string[] {
    this.#wasmFiles ??= [...walk(this.root, { skip: ['node_modules', '.git'] })].filter((file) =>
      /\.wasm$/i.test(file),
    )
    return this.#wasmFiles.filter((file) => holds(file, bytes)).flatMap((file) => realPath(file) ?? [])
  }

  /** Looks for files anew, in the next build. */
  forget(): void {
    this.#excluded = undefined
    this.#wasmFiles = undefined
  }
}

/** Whether a file has that content. */
export function holds(file: string, bytes: Uint8Array): boolean {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats?.isFile() === true && stats.size === bytes.length && isSame(readFileSync(file), bytes)
}
