/** What a command says. All of its text leaves here, escaped: names of files come from strangers. */

import { escapeControls, withoutLogCommands } from '../errors/text.js'

/** Where text goes. */
export interface Speaker {
  /** Lines of the result. Whatever stands in one, it is one line, and acts on no terminal and no CI log. */
  out(...lines: readonly string[]): void
  /** Lines of anything else. */
  err(...lines: readonly string[]): void
  /** A document that was escaped when it was made: a report, JSON, a key. */
  print(text: string): void
  /** Writes to stderr without a line end, for progress. */
  status(text: string): void
  /** Keeps standard output for bytes from now on: what would be said there goes to standard error. */
  giveAway(): void
}

/** Makes a speaker of two streams of text. */
export function speakTo(streams: { out(text: string): void; err(text: string): void }): Speaker {
  let out = streams.out
  const say = (write: (text: string) => void, lines: readonly string[]) =>
    write(lines.map((line) => `${withoutLogCommands(escapeControls(line))}\n`).join(''))
  return {
    out: (...lines) => say(out, lines),
    err: (...lines) => say(streams.err, lines),
    print: (text) => out(`${text}\n`),
    status: streams.err,
    giveAway: () => void (out = streams.err),
  }
}
