/** Who reads a hint in a terminal is told of flags, never of options of the plugin. */

import { describe, expect, it } from 'vitest'
import { REPORT_FORMATS } from '../../../src/report/formats.js'
import { fixture, inState, TRUSTED_PEM } from '../../kit/project.js'
import { openTerminal, type Terminal } from '../../kit/terminal.js'

const FLAG = /name their public key with --key;/
const OPTION = /`keys`/

function open(): Terminal {
  const terminal = openTerminal()
  terminal.write('release.pub', TRUSTED_PEM)
  terminal.write('src/hello.wasm', inState(fixture('hello'), 'unknown signer'))
  return terminal
}

describe('a hint in a terminal', () => {
  it.each(REPORT_FORMATS.flatMap((format) => ['strict', 'lenient'].map((mode) => ({ format, mode }))))(
    'is one of the command line in the report $format, $mode',
    async ({ format, mode }) => {
      const args = ['--key', 'release.pub', '--mode', mode, '--format', format, 'src/hello.wasm']
      const { out } = await open().run('verify', ...args)
      expect(out).toMatch(FLAG)
      expect(out).not.toMatch(OPTION)
    },
  )

  it('is one of the command line in a report that goes to a file', async () => {
    const terminal = open()
    await terminal.run('verify', '--key', 'release.pub', '-o', 'r', '--format', 'json', 'src/hello.wasm')
    expect(Buffer.from(terminal.read('r')).toString()).toMatch(FLAG)
  })

  it.each(['strict', 'lenient'])('is one of the command line in what `types` says, %s', async (mode) => {
    const { err } = await open().run('types', '--key', 'release.pub', '--mode', mode)
    expect(err).toMatch(FLAG)
    expect(err).not.toMatch(OPTION)
  })

  it('is one of the command line where jco gives up', async () => {
    const terminal = open()
    const types = (jco: string) => terminal.run('types', '--key', 'release.pub', '--jco', jco)
    expect((await types('{"trasing":true}')).err).toContain('did you mean `tracing`?')
    expect((await types('{"something":true}')).err).toContain('hint: there are: jco.asyncMode, ')
    for (const jco of ['{"tracing":1}', 'null', '[]'])
      expect(await types(jco)).toMatchObject({
        code: 2,
        err: expect.stringMatching(/ {2}hint: npx unplugin-signed-wasm <command> --help tells/),
      })
  })

  it('asks for a secret key where one is missing, and for a public one where that is', async () => {
    const terminal = open()
    const missing = async (...args: string[]) =>
      (await terminal.run(...args, '--key-env', 'UNSET', 'src/hello.wasm')).err
    expect(await missing('sign', '--write')).toContain(
      'hint: set UNSET to a secret key, or name a file that holds one with -k',
    )
    expect(await missing('export-public-key')).toContain('set UNSET to a secret key')
    expect(await missing('verify')).toContain('hint: set UNSET to a public key, or leave out --key-env UNSET')
  })
})
