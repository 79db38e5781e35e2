/// <reference types="node" />
/** The files that a pattern matches, and what was left out on the way. */

import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { type GlobPath, type GlobState, parseGlobPath } from './glob-path.js'
import { isMissing } from './paths.js'
import { isInside } from './targets.js'

/** How files are looked for. */
export interface FindOptions {
  /** What a relative pattern counts from. */
  root: string
  /** Whether links to folders are entered. @default false */
  links?: boolean
  /** Whether wildcards match names that begin with a dot; `.git` is never entered unless it is named. @default false */
  dots?: boolean
  /** Files outside of this folder, and of the one that the pattern begins in, are told apart. @default none are */
  inside?: string
}

/** What was found. */
export interface Found {
  /** Absolute paths, sorted. */
  files: readonly string[]
  /** Matches that links out of `inside` lead to; not among the files. */
  outside: readonly string[]
  /** Folders that were not entered, and why that is, in words. */
  leftOut: readonly string[]
  /** Folders that could not be read. */
  unreadable: readonly { folder: string; error: unknown }[]
}

/** How many folders outside are looked through before it is enough to say that there are some. */
const MAX_OUTSIDE_FOLDERS = 10_000

/**
 * Finds files. Each real folder is looked at once, however many links lead there, by its own path where the pattern
 * allows that. `node_modules` is entered only by a pattern that names it.
 * @throws Diagnostic `OPTION_INVALID` for a pattern that means nothing here
 */
export function findFiles(pattern: string, options: FindOptions): Found {
  const glob = parseGlobPath(pattern, { dots: options.dots ?? false })
  const search = new Search(glob, pattern, options)
  search.run(path.resolve(options.root, glob.base))
  return search.found()
}

/** What wildcards do not match where `dots` is not set. */
const HIDDEN = 'names that begin with a dot'

const isHidden = (name: string) => name.startsWith('.')

/** A folder that is still to be looked through. */
interface Step {
  folder: string
  state: GlobState
}

class Search {
  readonly #glob: GlobPath
  readonly #options: FindOptions
  readonly #skipped: readonly string[]
  /** Real paths with states. */
  readonly #seen = new Set<string>()
  readonly #files: string[] = []
  readonly #outside: string[] = []
  readonly #leftOut = new Map<string, number>()
  readonly #unreadable: { folder: string; error: unknown }[] = []
  /** Links wait until all that can be reached without them is found under its own path. */
  readonly #links: Step[] = []
  #homes: readonly string[] = []
  #outsideFolders = 0

  constructor(glob: GlobPath, pattern: string, options: FindOptions) {
    this.#glob = glob
    this.#options = options
    this.#skipped = ['node_modules', '.git'].filter((name) => !pattern.split(/[\\/]/).includes(name))
  }

  run(base: string): void {
    const { inside } = this.#options
    this.#homes = inside === undefined ? [] : [inside, base].flatMap((folder) => realPathOf(folder) ?? [])
    this.#links.push({ folder: base, state: this.#glob.start })
    for (let step = this.#links.shift(); step !== undefined; step = this.#links.shift()) this.#walk(step)
  }

  found(): Found {
    const leftOut = [...this.#leftOut].map(([what, count]) => `${what} (${count})`)
    const [files, outside] = [this.#files.toSorted(), this.#outside.toSorted()]
    return { files, outside, leftOut, unreadable: this.#unreadable }
  }

  /** All that is below a folder without a link. */
  #walk(first: Step): void {
    for (const open = [first]; open.length > 0;) {
      const step = open.shift()!
      const real = this.#realPathOf(step.folder)
      if (real === undefined || this.#seen.has(`${step.state} ${real}`)) continue
      this.#seen.add(`${step.state} ${real}`)
      const isOutside = this.#isOutside(real)
      if (isOutside && ++this.#outsideFolders > MAX_OUTSIDE_FOLDERS)
        return void this.#outside.push(first.folder)
      for (const entry of this.#entriesOf(step.folder)) open.push(...this.#take(entry, step, isOutside))
    }
  }

  /** Notes a file. @returns a folder to go on with */
  #take(entry: Dirent, { folder, state }: Step, isOutside: boolean): Step[] {
    const file = path.join(folder, entry.name)
    if (!this.#isFolder(entry, file)) {
      if (this.#glob.matches(state, entry.name)) this.#note(file, { entry, isOutside })
      else if (isHidden(entry.name) && this.#glob.matches(state, entry.name.slice(1))) this.#leave(HIDDEN)
      return []
    }
    const next = this.#enter(entry, state)
    if (next === undefined) return []
    const step = { folder: file, state: next }
    if (!entry.isSymbolicLink()) return [step]
    this.#links.push(step)
    return []
  }

  #note(file: string, { entry, isOutside }: { entry: Dirent; isOutside: boolean }): void {
    const isElsewhere = isOutside || (entry.isSymbolicLink() && this.#isOutside(realPathOf(file)))
    ;(isElsewhere ? this.#outside : this.#files).push(file)
  }

  #enter(entry: Dirent, state: GlobState): GlobState | undefined {
    const { name } = entry
    const next = this.#glob.enter(state, name)
    if (next === undefined) {
      if (isHidden(name) && this.#glob.enter(state, name.slice(1)) !== undefined) this.#leave(HIDDEN)
      return undefined
    }
    if (this.#skipped.includes(name)) this.#leave(name)
    else if (entry.isSymbolicLink() && this.#options.links !== true) this.#leave('links to folders')
    else return next
    return undefined
  }

  #leave(what: string): void {
    this.#leftOut.set(what, (this.#leftOut.get(what) ?? 0) + 1)
  }

  #isOutside(real: string | undefined): boolean {
    return real !== undefined && this.#homes.length > 0 && !this.#homes.some((home) => isInside(real, home))
  }

  #isFolder(entry: Dirent, file: string): boolean {
    if (!entry.isSymbolicLink()) return entry.isDirectory()
    try {
      return statSync(file).isDirectory()
    } catch (error) {
      this.#noteUnreadable(file, error)
      return false // a link that leads nowhere is a file that cannot be read, if it is asked for
    }
  }

  #realPathOf(folder: string): string | undefined {
    try {
      return realpathSync(folder)
    } catch (error) {
      this.#noteUnreadable(folder, error)
      return undefined
    }
  }

  #noteUnreadable(folder: string, error: unknown): void {
    if (!isMissing(error) && (error as NodeJS.ErrnoException).code !== 'ELOOP')
      this.#unreadable.push({ folder, error })
  }

  /** In order of their names, so that the same disk gives the same paths. */
  #entriesOf(folder: string): Dirent[] {
    try {
      const entries = readdirSync(folder, { withFileTypes: true })
      return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    } catch (error) {
      this.#noteUnreadable(folder, error)
      return []
    }
  }
}

function realPathOf(file: string): string | undefined {
  try {
    return realpathSync(file)
  } catch {
    return undefined // reading it says what is wrong
  }
}
