/** A terminal and a folder of their own for one command-line test. */

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { diskAt } from '../../src/cli/disk.js'
import type { Io } from '../../src/cli/io.js'
import { run } from '../../src/cli/run.js'
import { speakTo } from '../../src/cli/speaker.js'
import { findRepository } from '../../src/disk/repository.js'

/** What one run of a command came to. */
export interface Outcome {
  code: number
  out: string
  err: string
}

/** A working folder in which commands run. */
export interface Terminal {
  folder: string
  env: Record<string, string | undefined>
  /** Runs `signed-wasm` with these arguments. */
  run(...args: string[]): Promise<Outcome>
  at(...names: string[]): string
  write(name: string, content: string | Uint8Array, mode?: number): void
  read(name: string): Uint8Array
  has(name: string): boolean
  modeOf(name: string): number
}

/** Opens a terminal in an empty folder, which goes away after the run. @param options.cwd another folder to work in */
export function openTerminal(options: { tty?: boolean; disk?: Partial<Io>; cwd?: string } = {}): Terminal {
  const folder = options.cwd ?? mkdtempSync(path.join(tmpdir(), 'signed-wasm cli é-'))
  const env: Record<string, string | undefined> = {}
  const at = (...names: string[]) => path.join(folder, ...names)
  return {
    folder,
    env,
    at,
    async run(...args) {
      let [out, err] = ['', '']
      const tty = options.tty ?? false
      const speaker = speakTo({ out: (text) => (out += text), err: (text) => (err += text) })
      const repository = findRepository(folder, env['GITHUB_WORKSPACE'])
      const io: Io = {
        ...speaker,
        ...diskAt({ folder, project: repository, giveAway: speaker.giveAway }),
        cwd: folder,
        repository,
        env,
        isTerminal: { out: tty, err: tty },
        confirm: undefined,
        columns: tty ? 60 : undefined,
        ...options.disk,
      }
      const code = await run(args, io)
      return { code, out: out.replace(/\n$/, ''), err: err.replace(/\n$/, '') }
    },
    write(name, content, mode) {
      mkdirSync(path.dirname(at(name)), { recursive: true })
      writeFileSync(at(name), content)
      if (mode !== undefined) chmodSync(at(name), mode)
    },
    read: (name) => new Uint8Array(readFileSync(at(name))),
    has: (name) => existsSync(at(name)),
    modeOf: (name) => statSync(at(name)).mode & 0o777,
  }
}
