/// <reference types="node" />
/**
 * The WASI interfaces that jco's bindgen component imports, of which it needs none: no files, no environment, no streams but
 * for the one on which it says why it panics. Those of preview2-shim would start a worker with a script that is not there.
 * @see .github/ARCHITECTURE.md, "jco"
 */

/** A panic may print names of the file, of any length. */
const MAX_SAID = 2 ** 16

let said = ''

/** What was written to the standard error since the last call. */
export function takeSaid(): string {
  const text = said.slice(0, MAX_SAID)
  said = ''
  return text
}

/** What is asked for by name, and of which nothing is done. */
class Absent {
  readonly isAbsent = true
}

class OutputStream {
  readonly #decoder = new TextDecoder()

  checkWrite(): bigint {
    return 65_536n
  }
  write(bytes: Uint8Array): void {
    if (said.length < MAX_SAID) said += this.#decoder.decode(bytes, { stream: true })
  }
  blockingWriteAndFlush(bytes: Uint8Array): void {
    this.write(bytes)
  }
  blockingFlush(): void {}
}

export const environment = { getEnvironment: (): [] => [] }

export const exit = {
  exit(): never {
    throw new Error('jco asked to end the process')
  },
}

export const stdin = { getStdin: (): Absent => new Absent() }
export const stdout = { getStdout: (): OutputStream => new OutputStream() }
export const stderr = { getStderr: (): OutputStream => new OutputStream() }

export const terminalInput = { TerminalInput: Absent }
export const terminalOutput = { TerminalOutput: Absent }
export const terminalStdin = { getTerminalStdin: (): undefined => undefined }
export const terminalStdout = { getTerminalStdout: (): undefined => undefined }
export const terminalStderr = { getTerminalStderr: (): undefined => undefined }

export const preopens = { getDirectories: (): [] => [] }
export const types = {
  Descriptor: Absent,
  DirectoryEntryStream: Absent,
  filesystemErrorCode: (): undefined => undefined,
}

export const error = { Error: Absent }
export const streams = { InputStream: Absent, OutputStream }

/** Seeds of hash tables. */
export const random = {
  getRandomBytes: (length: bigint): Uint8Array => crypto.getRandomValues(new Uint8Array(Number(length))),
}
