import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import AjvDraft4 from 'ajv-draft-04'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { problem } from '../../../src/errors/raise.js'
import { formatReport } from '../../../src/report/formats.js'
import type { FileResult } from '../../../src/report/result.js'
import type { KeySigner } from '../../../src/trust/statement.js'

const signer: KeySigner = {
  kind: 'key',
  name: 'release.pub',
  keyId: '00'.repeat(12),
  fingerprint: 'ab'.repeat(32),
}
const context = { version: () => '1.2.3' }

/** A name with everything that one of the formats could trip over. */
const HOSTILE = 'a b/\u001b[31m\u202e<&"\'>%:,\n.wasm\ufffe\ud800##[error]'

const results: FileResult[] = [
  { file: 'ok.wasm', action: 'accept', status: 'verified', signers: [signer], digest: 'cd'.repeat(32) },
  {
    file: 'src/bad.wasm',
    action: 'refuse',
    status: 'unsigned',
    signers: [],
    problem: problem('COMPONENT_UNSIGNED', { file: 'src/bad.wasm' }),
  },
  {
    file: HOSTILE,
    action: 'warn',
    status: 'modified',
    signers: [signer],
    problem: problem('CONTENT_MODIFIED', { file: HOSTILE, signers: ['<&>'] }),
  },
  {
    file: 'gone.wasm',
    action: 'refuse',
    status: 'unreadable',
    signers: [],
    problem: problem('FILE_UNREADABLE', { file: 'gone.wasm', reason: 'ENOENT' }),
  },
]

describe('human', () => {
  it('says for each file what happened, in the order given, and counts at the end', () => {
    const lines = formatReport(results, 'human', context).split('\n')
    expect(lines[0]).toBe('ok      ok.wasm  signed by release.pub (fingerprint ' + 'ab'.repeat(32) + ')')
    expect(lines[1]).toBe('REFUSED src/bad.wasm  COMPONENT_UNSIGNED')
    expect(lines.at(-1)).toBe('4 files: 1 accepted, 1 warned about, 2 refused')
    expect(lines.join('\n')).toContain('hint: sign it: npx unplugin-signed-wasm sign --write')
  })

  it('keeps quiet about accepted files when asked to', () => {
    expect(formatReport([results[0]!], 'human', { ...context, quiet: true })).toBe('')
    expect(formatReport(results, 'human', { ...context, quiet: true })).not.toContain('ok.wasm ')
  })

  it('wraps explanations to a terminal, at spaces, and loses nothing', () => {
    const [plain, wrapped] = [context, { ...context, width: 50 }].map((one) =>
      formatReport([results[1]!], 'human', one),
    )
    const long = wrapped!.split('\n').filter((line) => line.length > 50)
    expect(plain!.split('\n').some((line) => line.length > 100)).toBe(true)
    expect(long).toEqual([])
    expect(wrapped!.replace(/\s+/g, ' ')).toBe(plain!.replace(/\s+/g, ' '))
  })

  it('is coloured only when asked to', () => {
    expect(formatReport([results[0]!], 'human', context)).not.toContain('\u001b')
    expect(formatReport([results[0]!], 'human', { ...context, color: true })).toContain(
      '\u001b[32mok     \u001b[0m',
    )
  })
})

describe.each(['human', 'json', 'github', 'sarif', 'junit'] as const)('%s', (format) => {
  it('lets no control or bidi character of a file name through', () => {
    expect(formatReport(results, format, context)).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
    )
  })

  it('is the same text every time', () => {
    expect(formatReport(results, format, context)).toBe(formatReport(results, format, context))
  })
})

describe('json', () => {
  it('fits its published schema, which refuses something else', () => {
    const schema = JSON.parse(
      readFileSync(new URL('../../../src/schema/verify-result.json', import.meta.url), 'utf8'),
    ) as object
    const validate = new Ajv2020({ strict: false }).compile(schema)
    const report = JSON.parse(formatReport(results, 'json', context)) as { version: number }
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({ ...report, version: 1 })).toBe(false)
    const withSigner = (one: object) => ({
      ...report,
      results: [{ file: 'x.wasm', action: 'accept', status: 'verified', signers: [one] }],
    })
    expect(validate(withSigner({ kind: 'another', name: 'release' }))).toBe(true)
    for (const one of [{ kind: 'key', name: 'release' }, { name: 'release' }, { ...signer, keyId: 'x' }])
      expect(validate(withSigner(one))).toBe(false)
    expect(report).toMatchObject({
      summary: { accepted: 1, warned: 1, refused: 2 },
      results: [
        { file: 'ok.wasm', status: 'verified' },
        { error: { code: 'COMPONENT_UNSIGNED' } },
        {},
        { status: 'unreadable' },
      ],
    })
  })
})

describe('github', () => {
  it('annotates refused and warned files, with escapes', () => {
    const lines = formatReport(results, 'github', context).split('\n')
    expect(lines[0]).toMatch(
      /^::error file=src\/bad\.wasm,title=COMPONENT_UNSIGNED::Component must have .*%0Ahint: /,
    )
    expect(lines[1]).toMatch(
      /^::warning file=a b\/\\u\{1b\}\[31m\\u\{202e\}<&"'>%25%3A%2C\\u\{a\}\.wasm\\u\{fffe\}\\u\{d800\}#\\u\{23\}\[error\],title=/,
    )
  })
})

describe('sarif', () => {
  it('fits the schema of SARIF 2.1.0', () => {
    const folder = createRequire(import.meta.url)
      .resolve('@microsoft/jest-sarif')
      .replace(/jest-sarif[\\/].*$/, 'jest-sarif')
    const schema = JSON.parse(
      readFileSync(path.join(folder, 'lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'),
    ) as object
    // The published schema has a pattern that is no Unicode regular expression.
    const options = { strict: false, validateFormats: false, unicodeRegExp: false }
    const validate = new AjvDraft4.default(options).compile(schema)
    const log = JSON.parse(formatReport(results, 'sarif', context)) as {
      runs: { results: { level: string; locations: unknown[] }[] }[]
    }
    expect(validate(log), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({ ...log, version: '9' })).toBe(false)
    expect(log.runs[0]!.results.map(({ level }) => level)).toEqual(['error', 'warning', 'error'])
    const uris = [...JSON.stringify(log).matchAll(/"uri":"([^"]*)"/g)].map((match) => match[1]!)
    expect(uris.every((uri) => new URL(uri, 'file:///').pathname !== '' && !/[\s<>"]/.test(uri))).toBe(true)
  })
})

describe('junit', () => {
  const hasXmllint = spawnSync('xmllint', ['--version']).error === undefined
  if (!hasXmllint)
    console.warn('SKIPPED: the JUnit schema test, because xmllint (Debian: libxml2-utils) is not installed')

  it.runIf(hasXmllint)('fits the schema of JUnit reports', () => {
    const schema = fileURLToPath(new URL('../../fixtures/schemas/junit.xsd', import.meta.url))
    const check = (input: string) => spawnSync('xmllint', ['--noout', '--schema', schema, '-'], { input })
    const valid = check(formatReport(results, 'junit', context))
    expect(valid.status, valid.stderr.toString()).toBe(0)
    expect(check('<testsuites><nonsense/></testsuites>').status).not.toBe(0)
  })

  it('counts refusals as failures and mentions warnings', () => {
    const text = formatReport(results, 'junit', context)
    expect(text).toContain('<testsuites tests="4" failures="2" errors="0" time="0">')
    expect(text.match(/<failure /g)).toHaveLength(2)
    expect(text.match(/<system-err>/g)).toHaveLength(1)
  })
})
