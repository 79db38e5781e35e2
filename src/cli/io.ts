/// <reference types="node" />
/** The real terminal and disk. Commands get them passed in, so that tests can pass others. */

import { findRepository } from '../disk/repository.js'
import { reasonOf } from '../disk/system-error.js'
import { problem } from '../errors/raise.js'
import { type Disk, diskAt, STANDARD } from './disk.js'
import { EXIT } from './exit.js'
import { type Speaker, speakTo } from './speaker.js'

/** What a command can do to the world. Paths count from `cwd`. */
export interface Io extends Speaker, Disk {
  cwd: string
  /** The root of the repository around `cwd`; `cwd` where there is none. */
  repository: string
  env: Readonly<Record<string, string | undefined>>
  /** Whether stderr is a terminal, for progress; and stdout, for colour. */
  isTerminal: { out: boolean; err: boolean }
  /** Asks whoever sits there a question that is answered by yes or no; `undefined` where nobody does. */
  confirm: ((question: string) => Promise<boolean>) | undefined
  /** Width of the terminal on stdout; `undefined` where there is none. */
  columns: number | undefined
}

/** The process's own terminal and disk. @throws Diagnostic `FILE_UNREADABLE` where the current folder is gone */
export function openIo(): Io {
  const cwd = currentFolder()
  const repository = findRepository(cwd, process.env['GITHUB_WORKSPACE'])
  const speaker = speakTo({ out: openText(process.stdout), err: openText(process.stderr) })
  return {
    ...speaker,
    ...diskAt({ folder: cwd, project: repository, giveAway: speaker.giveAway }),
    cwd,
    repository,
    env: process.env,
    isTerminal: { out: process.stdout.isTTY === true, err: process.stderr.isTTY === true },
    columns: process.stdout.columns,
    confirm: process.stdin.isTTY && process.stderr.isTTY ? confirm : undefined,
  }
}

async function confirm(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(?:es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
  } finally {
    lines.close()
  }
}

function currentFolder(): string {
  try {
    return process.cwd()
  } catch (cause) {
    throw problem('FILE_UNREADABLE', { file: 'the current folder', reason: reasonOf(cause) }, { cause })
  }
}

/** Text that cannot be written is lost, which the exit code tells; a reader that has left has seen enough. */
function openText(stream: NodeJS.WriteStream): (text: string) => void {
  let hasFailed = false
  stream.on('error', (cause: NodeJS.ErrnoException) => {
    if (hasFailed) return
    hasFailed = true
    if (cause.code === 'EPIPE') return
    process.on('exit', () => {
      if (process.exitCode === EXIT.ok) process.exitCode = EXIT.io
    })
    const lost = problem('FILE_UNWRITABLE', { file: STANDARD, reason: reasonOf(cause) })
    if (stream !== process.stderr) process.stderr.write(`${lost.message}\n`)
  })
  return (text) => void (hasFailed || stream.write(text))
}
