/// <reference types="node" />
/** What a build has let in, for its summary and its report, and what it has held against files, for the log. */

import { resolve } from 'node:path'
import { appendLine } from '../disk/append-line.js'
import { has } from '../errors/check.js'
import { toHex } from '../format/encoding.js'
import type { Admitted } from '../policy/admitted.js'
import type { Policy } from '../policy/policy.js'
import { formatLogLine, type Incident } from '../report/log-line.js'
import { packagesWithoutWasm, summarizeFiles } from '../report/summary.js'
import { sha256 } from '../trust/crypto/rule.js'
import type { Verdict } from '../trust/verdict.js'
import { BuildReports } from './build-reports.js'
import { type Emitted, reportPart } from './reported.js'

/** What is held against a file. */
export interface Held extends Pick<Incident, 'action' | 'problem'> {
  verdict?: Verdict | undefined
  bytes?: Uint8Array | undefined
}

/** See the first line of this file. One for each gate. */
export class Ledger {
  readonly #log: string | undefined
  readonly #reports: BuildReports | undefined
  /** By the real path of the file, or of what holds it, and by the digest of every byte where that is reported. */
  readonly #passed = new Map<string, Map<string, Admitted>>()
  /** What was let in with a warning. */
  readonly #tolerated = new Map<string, Admitted>()
  #warnings: { code: string; file?: string }[] = []
  /** Packages whose code outputs hold, and what gives more of them. */
  readonly #packages = new Set<string>()
  #bundled: (() => readonly string[])[] = []
  #said: string | undefined

  /** The options of these names. */
  constructor({ log, report }: { log: string | undefined; report: string | undefined }) {
    this.#log = log
    if (report !== undefined) this.#reports = new BuildReports(report)
  }

  /**
   * Starts a build.
   * @throws Diagnostic `FILE_UNWRITABLE` for a log that nobody could read later; `FILE_EXISTS` where a report would take the
   *   place of something else
   */
  start({ root, command }: { root: string; command: 'build' | 'serve' }): void {
    this.#passed.clear()
    this.#tolerated.clear()
    this.#warnings = []
    this.#packages.clear()
    this.#bundled = []
    if (this.#log !== undefined) appendLine(resolve(root, this.#log), undefined, this.#log)
    if (command === 'build') this.#reports?.start(root)
  }

  pass(file: string, admitted: Admitted): void {
    const digest = this.#reports === undefined ? '' : admitted.digest
    this.#passed.set(file, (this.#passed.get(file) ?? new Map<string, Admitted>()).set(digest, admitted))
  }

  /** As {@link Ledger.pass}, of what `lenient` lets in: a summary of what is as demanded is not about it. */
  tolerate(file: string, admitted: Admitted): void {
    this.#tolerated.set(file, admitted)
  }

  /** Appends a line to the log, where there is one. @throws Diagnostic `FILE_UNWRITABLE` */
  object({ action, problem, verdict, bytes }: Held, root: string): void {
    if (action === 'refuse') this.#reports?.refuse()
    else
      this.#warnings.push({ code: problem.code, ...(problem.file !== undefined && { file: problem.file }) })
    if (this.#log === undefined) return
    const signers = verdict !== undefined && has(verdict, 'signers') ? verdict.signers : []
    const digest = bytes && toHex(sha256(bytes))
    const line = formatLogLine({ action, problem, signers, digest }, new Date().toISOString())
    appendLine(resolve(root, this.#log), line, this.#log)
  }

  /** Whether outputs are to be reported. */
  get hasReport(): boolean {
    return this.#reports !== undefined
  }

  /** Reports an output, where that is wanted. @throws Diagnostic `FILE_UNWRITABLE` */
  emit(emitted: Emitted): void {
    const tolerated = [...this.#tolerated.values()].map((one) => [one])
    const passed = [...[...this.#passed.values()].map((all) => [...all.values()]), ...tolerated]
    this.#reports?.add(reportPart(emitted, passed, this.#warnings))
  }

  /** The output was refused. */
  refuse(): void {
    this.#reports?.refuse()
  }

  /** Notes the packages whose code an output holds. @param packages gives their names, which costs a search */
  bundled(packages: () => readonly string[]): void {
    this.#bundled.push(packages)
  }

  /** What was let in, unless that is what was said last. */
  summarizeNews({ rules }: Policy): string | undefined {
    const passed = [...this.#passed.values()].map((all) => [...all.values()].at(-1)!)
    const unseen = packagesWithoutWasm(rules, passed, () => {
      for (const packages of this.#bundled) packages().forEach((name) => this.#packages.add(name))
      return this.#packages
    })
    this.#bundled = []
    const text = summarizeFiles(passed, unseen)
    if (text === this.#said) return undefined
    this.#said = text
    return text
  }
}
