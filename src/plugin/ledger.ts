/// <reference types="node" />
/** What a build has let in, for its summary, and what it has held against files, for the log. */

import { has } from '../errors/check.js'
import { resolve } from 'node:path'
import { appendLine } from '../disk/append-line.js'
import type { Admitted } from '../policy/admitted.js'
import { formatLogLine, type Incident } from '../report/log-line.js'
import { summarizeFiles } from '../report/summary.js'
import { toHex } from '../format/encoding.js'
import { sha256 } from '../trust/crypto/rule.js'
import type { Verdict } from '../trust/verdict.js'

/** What is held against a file. */
export interface Held extends Pick<Incident, 'action' | 'problem'> {
  verdict?: Verdict | undefined
  bytes?: Uint8Array | undefined
}

/** See the first line of this file. One for each gate. */
export class Ledger {
  readonly #log: string | undefined
  /** By the real path of the file, or of what holds it. */
  readonly #passed = new Map<string, Admitted>()
  #said: string | undefined

  /** @param log the option */
  constructor(log: string | undefined) {
    this.#log = log
  }

  /** Starts a build. @throws Diagnostic `FILE_UNWRITABLE` for a log that nobody could read later */
  start(root: string): void {
    this.#passed.clear()
    if (this.#log !== undefined) appendLine(resolve(root, this.#log), undefined, this.#log)
  }

  pass(file: string, admitted: Admitted): void {
    this.#passed.set(file, admitted)
  }

  /** Appends a line to the log, where there is one. @throws Diagnostic `FILE_UNWRITABLE` */
  object({ action, problem, verdict, bytes }: Held, root: string): void {
    if (this.#log === undefined) return
    const signers = verdict !== undefined && has(verdict, 'signers') ? verdict.signers : []
    const digest = bytes && toHex(sha256(bytes))
    const line = formatLogLine({ action, problem, signers, digest }, new Date().toISOString())
    appendLine(resolve(root, this.#log), line, this.#log)
  }

  /** What was let in, unless that is what was said last. */
  summarizeNews(): string | undefined {
    const text = summarizeFiles([...this.#passed.values()])
    if (text === this.#said) return undefined
    this.#said = text
    return text
  }
}
