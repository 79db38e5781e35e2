/** Microsoft's own validator of SARIF, with the rules that GitHub adds, on real runs of the command. */

import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixture, inState, TRUSTED_PEM } from '../../kit/project.js'
import { command } from '../../kit/run.js'
import { openTerminal } from '../../kit/terminal.js'

const IS_WANTED = process.env['SIGNED_WASM_FRAMEWORKS'] === '1'
if (!IS_WANTED)
  console.warn(
    "\n  SKIPPED: Microsoft's multitool, which npm would have to install. Set SIGNED_WASM_FRAMEWORKS=1.\n",
  )

const VERSION = '5.7.0'

describe.runIf(IS_WANTED && process.platform === 'linux')('sarif-multitool', () => {
  let folder: string
  let tool: string

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm-sarif-'))
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder]
    const installed = await command(
      'npm',
      ['install', ...quiet, `@microsoft/sarif-multitool-linux@${VERSION}`],
      {
        timeoutMs: 240_000,
      },
    )
    expect(installed.code, installed.output).toBe(0)
    tool = path.join(folder, 'node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool')
    chmodSync(tool, 0o755) // what its install script would do
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** The findings that are more than a remark. */
  async function validate(text: string): Promise<string[]> {
    const file = path.join(folder, 'report.sarif')
    writeFileSync(file, text)
    const args = ['validate', file, '--rule-kind', 'Sarif;Gh', '--level', 'Error;Warning']
    const env = { DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' }
    const { output } = await command(tool, args, { env })
    expect(output).toContain('Analysis completed successfully')
    return output.split('\n').filter((line) => /: (?:error|warning) /.test(line))
  }

  it('finds nothing in a report on files of every kind', async () => {
    const terminal = openTerminal()
    terminal.write('release.pub', TRUSTED_PEM)
    for (const status of ['signed', 'tampered', 'unsigned', 'unknown signer'] as const)
      terminal.write(`src/${status} #1%.wasm`, inState(fixture('hello'), status))
    const args = [
      '--key',
      'release.pub',
      '--format',
      'sarif',
      'src/*.wasm',
      'gone.wasm',
      'none/*.wasm',
      '/dev/null',
    ]
    for (const mode of ['strict', 'lenient']) {
      const { out } = await terminal.run('verify', '--mode', mode, ...args)
      expect(await validate(out)).toEqual([])
    }
  })

  it('finds nothing in a report without a finding, or on a run that could not start', async () => {
    const terminal = openTerminal()
    terminal.write('release.pub', TRUSTED_PEM)
    terminal.write('x.wasm', inState(fixture('hello'), 'signed'))
    for (const key of ['release.pub', 'gone.pub'])
      expect(
        await validate((await terminal.run('verify', '--key', key, '--format', 'sarif', 'x.wasm')).out),
      ).toEqual([])
  })

  it('would find what is missing', async () => {
    const terminal = openTerminal()
    terminal.write('release.pub', TRUSTED_PEM)
    const { out } = await terminal.run('verify', '--key', 'release.pub', '--format', 'sarif', 'gone.wasm')
    const log = JSON.parse(out) as {
      runs: { tool: { driver: { rules: { fullDescription?: unknown }[] } } }[]
    }
    delete log.runs[0]!.tool.driver.rules[0]!.fullDescription
    expect((await validate(JSON.stringify(log))).join()).toContain('GH2012')
    expect(existsSync(tool)).toBe(true)
  })
})
