/// <reference types="node" />
/**
 * The second look at an output, on the disk and after everyone: what other plugins copy or write there without telling the
 * bundler is in no list.
 */

import { lstatSync, readFileSync, rmSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { insideRoot, toSlashes } from '../disk/paths.js'
import { walk } from '../disk/walk.js'
import type { BuildLog } from './contexts.js'
import { findWasm, type OutputFile } from '../disk/find-wasm.js'
import type { Gate } from './gate.js'
import { type Output, sweep } from './sweep.js'

/** Sweeps one output folder: before it is written, by what the bundler says, and after that. */
export class LateSweep {
  readonly #folder: string
  readonly #gate: Gate
  readonly #isOthers: (file: string) => boolean
  /** What was there before the build: path and identity. */
  readonly #before: ReadonlyMap<string, string>
  /** What was said already: every look finds the same. */
  readonly #said = new Set<string>()
  #output: Output = { files: [], importersOf: () => [], externals: [] }

  /**
   * Takes down what is there already.
   * @param folder absolute; one that holds the project is not looked through, since what changes in it need not be output
   * @param isOthers whether a file in it, an absolute path, is no output of this build
   */
  constructor(folder: string, gate: Gate, isOthers: (file: string) => boolean = () => false) {
    this.#folder = folder
    this.#gate = gate
    this.#isOthers = isOthers
    this.#before = new Map(this.#list().map((file) => [file, identityOf(file) ?? '']))
  }

  /** Sweeps what the bundler is going to write. @throws Diagnostic, as {@link sweep} */
  early(output: Output, log: BuildLog): void {
    this.#output = output
    for (const [name, file] of output.held ?? [])
      log.inform(file.describe(toSlashes(relative(this.#folder, resolve(this.#folder, name)))))
    this.#orRefuse(() => sweep(output, this.#gate, this.#once(log)))
  }

  /** Reports what was swept, where nothing is written that could be looked at. @throws Diagnostic `FILE_UNWRITABLE` */
  conclude(): void {
    this.#report([...this.#output.files], false)
  }

  /**
   * Sweeps what the build has left in the folder. Of what is refused, the files of this build go: those that the bundler
   * has written, and those that hold wasm. What stood there before stays, and so does whatever is behind a link.
   * @throws Diagnostic, as {@link sweep}
   */
  late(log: BuildLog): void {
    const known = new Map([...this.#output.files].map((file) => [toSlashes(file.name), file]))
    const written = this.#list().filter((file) => identityOf(file) !== this.#before.get(file))
    const files = written.map((file) => this.#describe(file, known))
    const news = files.filter(({ name, content }) => !isSame(known.get(name)?.content, content))
    try {
      this.#orRefuse(() =>
        sweep({ ...this.#output, files: news, externals: [] }, this.#gate, this.#once(log)),
      )
    } catch (error) {
      for (const file of files) if (known.has(file.name) || holdsWasm(file)) this.#remove(file.name)
      throw error
    }
    if (this.#gate.ledger.hasReport) this.#reportWritten(known)
  }

  /** Of what is as it was before, the disk does not tell whether it was written. */
  #reportWritten(known: ReadonlyMap<string, OutputFile>): void {
    const files = this.#list()
      .map((file) => ({ file, name: toSlashes(relative(this.#folder, file)) }))
      .filter(
        ({ file, name }) =>
          known.has(name) || known.has(toSlashes(file)) || identityOf(file) !== this.#before.get(file),
      )
    // A folder that holds the project is not looked through.
    if (files.length === 0) this.#report([...known.values()], true)
    else
      this.#report(
        files.map(({ file, name }) => ({ name, content: read(file) })),
        true,
      )
  }

  #report(files: readonly OutputFile[], isWritten: boolean): void {
    const { ledger, policy, policyFile, packageWasm, hasRules } = this.#gate
    const unverified = hasRules ? [] : packageWasm.names
    ledger.emit({ folder: this.#folder, isWritten, files, policy, policyFile, unverified })
  }

  #orRefuse(look: () => void): void {
    try {
      look()
    } catch (error) {
      this.#gate.ledger.refuse()
      throw error
    }
  }

  #once(log: BuildLog): BuildLog {
    const first = (say: (text: string) => void) => (text: string) => {
      if (this.#said.has(text)) return
      this.#said.add(text)
      say(text)
    }
    return { inform: first((line) => log.inform(line)), warn: first((message) => log.warn(message)) }
  }

  #list(): string[] {
    const { root } = this.#gate.project
    const holdsProject = this.#folder === root || insideRoot(root, this.#folder) !== undefined
    if (holdsProject) return []
    return [...walk(this.#folder, { skip: ['node_modules', '.git'] })].filter((file) => !this.#isOthers(file))
  }

  #describe(file: string, known: ReadonlyMap<string, OutputFile>): OutputFile & { content: Uint8Array } {
    const name = toSlashes(relative(this.#folder, file))
    const listed = known.get(name) ?? known.get(toSlashes(file))
    return { name, ...listed, content: read(file) }
  }

  #remove(name: string): void {
    const file = resolve(this.#folder, name)
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile()) rmSync(file, { force: true })
  }
}

/** Whether a file holds what was searched already. Of a text this is only seen where it is ASCII: to encode others costs as much as to search. */
function isSame(early: OutputFile['content'] | undefined, late: Uint8Array): boolean {
  if (early?.length !== late.length) return false
  if (typeof early === 'string')
    return Buffer.from(late.buffer, late.byteOffset, late.length).toString('latin1') === early
  return Buffer.compare(early, late) === 0
}

const holdsWasm = (file: OutputFile) => !findWasm([file]).next().done

/** What tells a file from one that is written in its place. */
export function identityOf(file: string): string | undefined {
  const stats = lstatSync(file, { throwIfNoEntry: false })
  return stats && `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch {
    return new Uint8Array() // gone meanwhile, or a link to nowhere or to a folder
  }
}
