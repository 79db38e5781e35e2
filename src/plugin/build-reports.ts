/// <reference types="node" />
/** The report of a build as a file: there when all has passed, and gone while something is refused. */

import { existsSync, rmSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { jcoVersion } from '../bindings/jco/scripts.js'
import { readRegularFile } from '../disk/read-file.js'
import { replaceFile } from '../disk/replace-file.js'
import { reasonOf } from '../disk/system-error.js'
import { isInside, resolveTarget } from '../disk/targets.js'
import { toSlashes } from '../disk/paths.js'
import { packageVersion } from '../disk/versions.js'
import { problem } from '../errors/raise.js'
import { decodeUtf8 } from '../format/encoding.js'
import { type BuildReport, formatBuildReport } from '../report/build-report.js'
import { isOwnReport } from '../report/recognise.js'
import type { ReportedOutput, ReportPart } from './reported.js'

/** One file that reports are written to. Several outputs and builds of a process may have the same: those of a client and its server. */
interface Place {
  /** In the order in which they came. */
  parts: ReportPart[]
  /** Whether something was refused since a build has last started. */
  isRefused: boolean
}

const PLACES = new Map<string, Place>()

/** The reports of one use of the plugin. */
export class BuildReports {
  readonly #option: string
  #file = ''

  /** @param option the file, from the root of the project */
  constructor(option: string) {
    this.#option = option
  }

  /** Starts a build: what an earlier one has reported is not true of it. @throws Diagnostic `FILE_EXISTS`, `FILE_UNWRITABLE` */
  start(root: string): void {
    this.#file = this.#orExplain(() => resolveTarget(resolve(root, this.#option), { root, links: 'refuse' }))
    this.#place.isRefused = false
    this.#remove()
  }

  get #place(): Place {
    const place = PLACES.get(this.#file) ?? { parts: [], isRefused: false }
    PLACES.set(this.#file, place)
    return place
  }

  /** Something was refused. */
  refuse(): void {
    if (this.#file === '') return
    this.#place.isRefused = true
    this.#remove()
  }

  /** An output has passed. @throws Diagnostic `FILE_UNWRITABLE` */
  add(part: ReportPart): void {
    const place = this.#place
    place.parts = [...place.parts.flatMap((earlier) => remaining(earlier, part)), part]
    if (place.isRefused) return
    const text = formatBuildReport(join(place.parts))
    this.#orExplain(() => replaceFile(this.#file, text, { makeFolder: true }))
  }

  /** Removes what is ours. */
  #remove(): void {
    const file = this.#option
    const bytes = readRegularFile(this.#file, { display: file, maxBytes: MAX_REPORT_BYTES })
    if (bytes === undefined) return
    if (!isOwnReport(decodeUtf8(bytes) ?? '-')) throw problem('FILE_EXISTS', { file })
    this.#orExplain(() => rmSync(this.#file, { force: true }))
  }

  #orExplain<T>(action: () => T): T {
    try {
      return action()
    } catch (cause) {
      throw problem('FILE_UNWRITABLE', { file: this.#option, reason: reasonOf(cause) }, { cause })
    }
  }
}

const MAX_REPORT_BYTES = 64 * 2 ** 20

/** What is left of an earlier output beside a later one, in a watcher's next build or another format's: outputs that still lie there. */
function remaining(earlier: ReportPart, later: ReportPart): ReportPart[] {
  const anew = new Set(later.outputs.map((output) => pathOf(output, later)))
  const outputs = earlier.outputs.filter((output) => {
    const file = pathOf(output, earlier)
    return !anew.has(file) && (!earlier.isWritten || existsSync(file))
  })
  const used = new Set(outputs.flatMap(({ wasm }) => wasm.flatMap(({ from }) => from)))
  const files = earlier.facts.files.filter(({ names }) => used.has(names[0]!))
  return outputs.length === 0 ? [] : [{ ...earlier, outputs, facts: { ...earlier.facts, files } }]
}

const pathOf = ({ name }: ReportedOutput, { folder }: ReportPart) => resolve(folder, name)

function join(parts: readonly ReportPart[]): BuildReport {
  const facts = parts.map((part) => part.facts)
  const home = commonFolder(parts.map(({ folder }) => folder))
  return {
    version: packageVersion(),
    jco: (JSON.parse(jcoVersion()) as { version: string }).version,
    policies: facts.flatMap(({ policies }) => policies),
    files: facts.flatMap(({ files }) => files),
    unverified: facts.flatMap(({ unverified }) => unverified),
    unsearched: facts.flatMap(({ unsearched }) => unsearched),
    warnings: facts.flatMap(({ warnings }) => warnings),
    outputs: parts.flatMap((part) =>
      part.outputs.map((output) => ({
        name: toSlashes(relative(home, pathOf(output, part))),
        wasm: output.wasm,
      })),
    ),
  }
}

/** The innermost folder that all of them are in. */
function commonFolder(folders: readonly string[]): string {
  let home = folders[0]!
  while (!folders.every((folder) => isInside(folder, home))) home = dirname(home)
  return home
}
