/** A command line on the process's own terminal. */

import { Diagnostic } from '../errors/diagnostic.js'
import { exitCodeOf } from './exit.js'
import { type Io, openIo } from './io.js'
import { run } from './run.js'

/** @param args without node and script @returns the exit code: see {@link run} */
export async function start(args: readonly string[]): Promise<number> {
  const io = open()
  return typeof io === 'number' ? io : run(args, io)
}

/** The terminal, or the exit code where there is no place to work in. */
function open(): Io | number {
  try {
    return openIo()
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
    process.stderr.write(`${error.message}\n`)
    return exitCodeOf([error])
  }
}
