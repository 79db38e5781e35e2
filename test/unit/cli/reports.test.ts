/** Reports as those who read them need them: paths of the repository, and a report of every run. */

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { REPORT_FORMATS } from '../../../src/report/formats.js'
import { isOwnReport } from '../../../src/report/recognise.js'
import { fixture, TRUSTED_PEM } from '../../kit/project.js'
import { openTerminal, type Terminal } from '../../kit/terminal.js'

/** A folder deep in a repository, with a file that nobody has signed. */
function open(): { top: Terminal; inner: (...args: string[]) => ReturnType<Terminal['run']> } {
  const top = openTerminal()
  mkdirSync(top.at('.git'))
  top.write('packages/app/src/bad.wasm', fixture('hello'))
  top.write('packages/app/release.pub', TRUSTED_PEM)
  top.write('packages/other.wasm', fixture('hello'))
  const app = openTerminal({ cwd: top.at('packages/app') })
  Object.assign(top.env, app.env)
  return { top, inner: app.run }
}

const VERIFY = ['verify', '--key', 'release.pub']

describe('a path', () => {
  it.each(['src/bad.wasm', './src/bad.wasm', 'src/../src/bad.wasm', 'src/*.wasm', '<absolute>'])(
    'given as %s is that of the repository in annotations and SARIF',
    async (name) => {
      const { top, inner } = open()
      const given = name.replace('<absolute>', top.at('packages/app/src/bad.wasm'))
      const github = await inner(...VERIFY, '--format', 'github', given)
      expect(github.out.split('\n')[0]).toMatch(
        /^::error file=packages\/app\/src\/bad\.wasm,title=COMPONENT_UNSIGNED::/,
      )
      const sarif = await inner(...VERIFY, '--format', 'sarif', given)
      expect(sarif.out).toContain('"uri": "packages/app/src/bad.wasm"')
      expect(sarif.out).not.toContain(top.folder)
    },
  )

  it('outside of the repository is a name, and one above is found', async () => {
    const { inner } = open()
    const outside = openTerminal()
    outside.write('far.wasm', fixture('hello'))
    const { out } = await inner(...VERIFY, '--format', 'github', '../other.wasm', outside.at('far.wasm'))
    expect(out.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^::error file=packages\/other\.wasm,/),
      expect.stringMatching(/^::error file=far\.wasm,/),
    ])
  })

  it('counts from where a CI system has put the repository', async () => {
    const { top } = open()
    const app = openTerminal({ cwd: top.at('packages/app') })
    app.env['GITHUB_WORKSPACE'] = top.at('packages')
    const { out } = await app.run(...VERIFY, '--format', 'github', 'src/bad.wasm')
    expect(out).toMatch(/^::error file=app\/src\/bad\.wasm,/)
  })
})

const FAILURES: Record<string, { args: string[]; code: string; exit: number }> = {
  'no key is named': { args: ['verify', 'src/bad.wasm'], code: 'COMMAND_MISUSED', exit: 2 },
  'a key is not there': {
    args: ['verify', '--key', 'gone.pub', 'src/bad.wasm'],
    code: 'KEY_NOT_FOUND',
    exit: 3,
  },
  'a variable is not set': {
    args: ['verify', '--key-env', 'UNSET', 'src/bad.wasm'],
    code: 'KEY_ENV_UNSET',
    exit: 3,
  },
  'nothing matched': { args: [...VERIFY, 'none/*.wasm'], code: 'NOTHING_MATCHED', exit: 3 },
  'no file is named': { args: VERIFY, code: 'COMMAND_MISUSED', exit: 2 },
  'the mode is none': {
    args: [...VERIFY, '--mode', 'off', 'src/bad.wasm'],
    code: 'COMMAND_MISUSED',
    exit: 2,
  },
}

describe('a run that cannot start', () => {
  it.each(Object.entries(FAILURES))(
    'writes the report that was asked for: %s',
    async (_, { args, code, exit }) => {
      for (const format of REPORT_FORMATS) {
        const { top, inner } = open()
        const ended = await inner(...args, '--format', format, '-o', 'report')
        expect([format, ended.code]).toEqual([format, exit])
        const text = Buffer.from(top.read('packages/app/report')).toString()
        expect(text).toContain(code)
        if (format === 'json')
          expect(JSON.parse(text)).toMatchObject({
            results: [],
            errors: [{ code }],
            summary: { accepted: 0 },
          })
        if (format === 'sarif')
          expect(JSON.parse(text)).toMatchObject({
            runs: [
              {
                results: [],
                invocations: [
                  { executionSuccessful: false, toolExecutionNotifications: [{ descriptor: { id: code } }] },
                ],
              },
            ],
          })
        if (format === 'junit') expect(text).toContain('tests="1" failures="0" errors="1"')
        if (format === 'github') expect(text).toContain(`::error title=${code}::`)
      }
    },
  )

  it('says why on standard error, whatever goes to standard output', async () => {
    for (const format of REPORT_FORMATS) {
      const { out, err } = await open().inner(
        'verify',
        '--key',
        'gone.pub',
        '--format',
        format,
        'src/bad.wasm',
      )
      expect(err).toContain('KEY_NOT_FOUND')
      if (format === 'human') expect(out).toBe('')
      else expect(out).toContain('KEY_NOT_FOUND')
    }
  })

  it('writes none where that would be over something else', async () => {
    const { top, inner } = open()
    top.write('packages/app/notes', 'mine')
    expect((await inner('verify', '--key', 'gone.pub', '-o', 'notes', 'src/bad.wasm')).code).toBe(3)
    expect((await inner('verify', '-o', 'src/bad.wasm', '--force', 'src/bad.wasm')).code).toBe(2)
    expect((await inner('verify', '--key', 'release.pub', '-o', './release.pub', '--force')).code).toBe(2)
    expect(Buffer.from(top.read('packages/app/notes')).toString()).toBe('mine')
    expect(top.read('packages/app/src/bad.wasm')).toEqual(fixture('hello'))
  })
})

describe('an earlier report', () => {
  it('is one only where it is wholly ours', () => {
    const ours = '<testsuite name="signed-wasm" tests="1"></testsuite>'
    const sarif = (...names: string[]) =>
      JSON.stringify({ runs: names.map((name) => ({ tool: { driver: { name } } })) })
    const line = '3 files: 3 accepted, 0 warned about, 0 refused'
    for (const text of [
      '',
      ' \n',
      line,
      `ok  x\n\n${line}\n`,
      `<?xml?><testsuites>${ours}</testsuites>`,
      sarif('signed-wasm'),
    ])
      expect([text, isOwnReport(text)]).toEqual([text, true])
    for (const text of [
      `<?xml?><testsuites>${ours}<testsuite name="jest"></testsuite></testsuites>`,
      sarif('signed-wasm', 'eslint'),
      sarif('eslint'),
      `CI said:\n${line}\nand then I went home`,
      '{"runs":1}',
      '{ no json',
    ])
      expect([text, isOwnReport(text)]).toEqual([text, false])
  })
})

describe('the time of a test', () => {
  it('is 0 unless it is asked for', async () => {
    const run = async (...more: string[]) =>
      (await open().inner(...VERIFY, '--format', 'junit', 'src/bad.wasm', ...more)).out
    expect((await run()).match(/time="[^"]*"/g)).toEqual(['time="0"', 'time="0"', 'time="0"'])
    expect(await run()).toBe(await run())
    expect((await run('--time')).match(/time="(\d+\.\d{3})"/g)).toHaveLength(3)
  })
})

/** Names that mean something to somebody who reads a log. */
const HOSTILE = [
  '##[error]x.wasm',
  '::error::x.wasm',
  '::set-output name=a::b.wasm',
  ' ::warning::x.wasm',
  '##vso[task.setvariable]x.wasm',
  'a\n::error::x.wasm',
  'a\r::error::x.wasm',
  '\u001b[2Jx.wasm',
  'x\u202ewasm',
  'x\ufffe\uffff.wasm',
  'x\u2028y.wasm',
]

describe.skipIf(process.platform === 'win32')('THREAT 45: a file name', () => {
  it.each(HOSTILE)('acts on no log, terminal or parser, whatever says it: %j', async (name) => {
    const terminal = openTerminal()
    await terminal.run('keygen', 'k')
    const given = path.join('.', name)
    const fresh = () => terminal.write(given, fixture('hello'))
    fresh()
    const runs: string[][] = [
      ...REPORT_FORMATS.map((format) => ['verify', '--key', 'k.pub', '--format', format, '--', given]),
      ['verify', '--key', 'k.pub', '--format', 'github', '--', given],
      ['verify', '--key', given, '--', 'x'],
      ['verify', '--key', 'k.pub', '--', `${given}*`, `${given}?`],
      ['inspect', '--', given],
      ['inspect', '--json', '--', given],
      ['matrix', '--key', 'k.pub', '--', given],
      ['types', '--key', 'k.pub', '--mode', 'lenient', '--', given],
      ['split', '-o', `${given}.split`, '--', given],
      ['sign', '-k', given, '--write', '--', given],
      ['sign', '-k', 'k.key', '--detached', '--', given],
      ['sign', '-K', 'k.pub', '--message-out', `${given}.msg`, '--', given],
      ['attach', '-o', `${given}.both`, '--', given],
      ['sign', '-k', 'k.key', '--write', '--', given],
      ['detach', '-o', `${given}.bare`, '-S', `${given}.sig2`, '--', given],
      ['detach', '-o', `${given}.bare`, '--', given],
      ['keygen', '--', `${given}.k`],
      ['keygen', '--', `${given}.k`],
      ['public-key', '--', given],
      ['public-key', '-o', `${given}.pub`, '--', 'k.key'],
      ['keys', 'fetch', name],
      [name],
      ['verify', `--${name}`],
    ]
    for (const args of runs) {
      const { code, out, err } = await terminal.run(...args)
      expect([args, code]).not.toEqual([args, 4])
      const text = `${out}\n${err}`
      expect([args, text]).not.toEqual([
        args,
        expect.stringMatching(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffe\uffff](?<!\n)/u),
      ])
      const commands = text.split('\n').filter((line) => /^\s*::|##\[|##vso\[/.test(line))
      const isMeant = (line: string) =>
        args.includes('github') && /^::error file=[^:]*,title=[A-Z_]+::/.test(line)
      expect([args, commands.filter((line) => !isMeant(line))]).toEqual([args, []])
    }
  })
})
