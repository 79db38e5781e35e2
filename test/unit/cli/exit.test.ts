import { describe, expect, it } from 'vitest'
import { EXIT, exitCodeOf } from '../../../src/cli/exit.js'
import type { Diagnostic } from '../../../src/errors/diagnostic.js'
import { problem } from '../../../src/errors/raise.js'
import { fixture, inState, TRUSTED_PEM } from '../../kit/project.js'
import { openTerminal, type Terminal } from '../../kit/terminal.js'

const refused = problem('FILE_REVOKED', { digest: 'ab' })
const misused = problem('OPTION_INVALID', { option: 'a', must: 'b' })
const unreadable = problem('FILE_UNREADABLE', { reason: 'EIO' })

/** A terminal whose disk fails with this for files of that name. */
function openFailing(failures: Record<string, Diagnostic>): Terminal {
  const terminal = openTerminal({
    disk: {
      read(file) {
        const failure = Object.entries(failures).find(([name]) => file.endsWith(name))
        if (failure !== undefined) throw failure[1]
        return terminal.read(file)
      },
    },
  })
  terminal.write('release.pub', TRUSTED_PEM)
  terminal.write('hello.wasm', inState(fixture('hello'), 'signed'))
  for (const name of Object.keys(failures)) terminal.write(name, '')
  return terminal
}

describe('the exit code', () => {
  it('is that of the worst: a refusal, then wrong usage, then what cannot be read', () => {
    expect(exitCodeOf([])).toBe(0)
    expect(exitCodeOf([unreadable])).toBe(3)
    expect(exitCodeOf([unreadable, misused])).toBe(2)
    expect(exitCodeOf([unreadable, misused, refused])).toBe(1)
    expect(EXIT.crash).toBe(4)
  })

  it.each(['verify', 'types'])('of %s is that of the errors, whatever they are called', async (command) => {
    const files = { 'revoked.wasm': refused, 'misused.wasm': misused, 'gone.wasm': unreadable }
    const terminal = openFailing(files)
    const ended = async (...names: string[]) =>
      (await terminal.run(command, '--key', 'release.pub', ...names)).code
    expect(await ended('hello.wasm')).toBe(0)
    expect(await ended('revoked.wasm')).toBe(1)
    expect(await ended('misused.wasm', 'hello.wasm')).toBe(2)
    expect(await ended('gone.wasm', 'hello.wasm')).toBe(3)
    expect(await ended('gone.wasm', 'misused.wasm')).toBe(2)
    expect(await ended('gone.wasm', 'misused.wasm', 'revoked.wasm', 'hello.wasm')).toBe(1)
  })

  it.each(['inspect', 'public-key', 'matrix'])('of %s is that of the one error', async (command) => {
    const terminal = openFailing({ 'revoked.wasm': refused, 'gone.wasm': unreadable })
    const keys = command === 'matrix' ? ['--key', 'release.pub'] : []
    expect((await terminal.run(command, ...keys, 'revoked.wasm')).code).toBe(1)
    expect((await terminal.run(command, ...keys, 'gone.wasm')).code).toBe(3)
  })
})
