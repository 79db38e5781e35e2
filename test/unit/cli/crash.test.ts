/** What the bin does when something is wrong with the program itself. */

import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeProject, REPOSITORY } from '../../kit/project.js'

interface Ended {
  status: number | null
  stdout: string
  stderr: string
}

/** Runs `inspect` in a copy of the build in which these files are others, or are missing. */
function runChanged(changes: Record<string, string | undefined>): Ended {
  const project = makeProject()
  cpSync(path.join(REPOSITORY, 'dist'), project.at('dist'), { recursive: true })
  for (const [file, text] of Object.entries(changes)) {
    if (text === undefined) rmSync(project.at('dist', file))
    else project.write({ [`dist/${file}`]: text })
  }
  return spawnSync(process.execPath, [project.at('dist/cli/main.js'), 'inspect', 'x.wasm'], {
    cwd: project.root,
    encoding: 'utf8',
    timeout: 30_000,
  })
}

/** A command that does this. */
const inspecting = (body: string) => ({
  'cli/commands/inspect.js': `
    const later = () => new Promise((resolve) => setTimeout(resolve, 2000, 0))
    export const inspect = { usage: '', options: {}, examples: [], async run() { ${body} } }`,
})

describe('a crash', () => {
  it.each([
    ['an error that nobody expected', inspecting(`throw new TypeError('boom')`), /TypeError: boom\n +at /],
    [
      'an error with a cause',
      inspecting(`throw new Error('outer', { cause: new RangeError('boom') })`),
      /outer\n +at [\s\S]*\ncaused by: RangeError: boom\n +at /,
    ],
    ['what is no error', inspecting(`throw 'boom'`), /^boom$/m],
    [
      'an uncaught exception',
      inspecting(`setImmediate(() => { throw new TypeError('boom') }); return later()`),
      /TypeError: boom\n +at /,
    ],
    [
      'an unhandled rejection',
      inspecting(`Promise.reject(new TypeError('boom')); return later()`),
      /TypeError: boom\n +at /,
    ],
    ['a command that is not there', { 'cli/commands/inspect.js': undefined }, /ERR_MODULE_NOT_FOUND/],
    ['a file that every command needs', { 'cli/start.js': undefined }, /ERR_MODULE_NOT_FOUND/],
    ['a damaged file', { 'cli/start.js': 'export const start = {' }, /SyntaxError/],
  ])('ends with 4, its stack, and a line that asks to report it: %s', (_, changes, stack) => {
    const { status, stdout, stderr } = runChanged(changes)
    expect([status, stdout]).toEqual([4, ''])
    expect(stderr).toMatch(stack)
    expect(stderr).toMatch(/\n\[signed-wasm\] crashed, .*please report .*\n$/)
  })

  it('is what a command is that never ends, too', () => {
    expect(runChanged(inspecting('return new Promise(() => {})')).status).toBe(4)
  })

  it('lets no control character through', () => {
    const { stderr } = runChanged(inspecting(`throw new Error('a\\x1b[2J\\u202eb')`))
    expect(stderr).toContain('a\\u{1b}[2J\\u{202e}b')
    expect(stderr.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  it('is none when all is well', () => {
    expect(runChanged(inspecting(`return 0`))).toMatchObject({ status: 0, stderr: '' })
    expect(runChanged(inspecting(`return 3`))).toMatchObject({ status: 3, stderr: '' })
    expect(runChanged({}).status).toBe(3)
  })
})
