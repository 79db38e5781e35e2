/** What a build writes down: a log of what it refused and warned of, and a summary of what it let in. */

import { mkdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Options } from '../../src/index.js'
import { appendLine } from '../../src/disk/append-line.js'
import { build, BUNDLERS, type BundlerName } from '../kit/bundlers.js'
import { fixture, inState, makeProject, type Project, TRUSTED_PEM } from '../kit/project.js'
import { command } from '../kit/run.js'
import { ALICE } from '../kit/sections.js'
import { by, HELLO, inTerminal, packageOf, policyText, RELEASE_PUB, withSection } from '../kit/teams.js'
import { pathToFileURL } from 'node:url'

const MAIN = `import hello from './src/hello.wasm'\nglobalThis.a = hello`

interface Line {
  time: string
  action: string
  code: string
  file: string
  what: string
  sha256: string
  signers: unknown[]
}

const linesOf = (project: Project, name = 'audit/log.jsonl'): Line[] =>
  Buffer.from(project.read(name))
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line)

const attempt = (project: Project, bundler: BundlerName, options: Options) =>
  build[bundler]({
    project,
    options: { log: 'audit/log.jsonl', ...options },
    target: 'browser',
    out: `out-${bundler}`,
  }).then(
    (built) => built,
    (error: unknown) => String((error as Error).message),
  )

describe.each(BUNDLERS)('the log, with %s', (bundler) => {
  it('has a line for each refusal and each warning, and for nothing else', async () => {
    const project = makeProject({ 'main.js': MAIN, 'src/hello.wasm': inState(fixture('hello'), 'signed') })
    await attempt(project, bundler, { keys: TRUSTED_PEM })
    expect(linesOf(project)).toEqual([])
    project.write({ 'src/hello.wasm': inState(fixture('hello'), 'tampered') })
    await attempt(project, bundler, { keys: TRUSTED_PEM })
    await attempt(project, bundler, { keys: TRUSTED_PEM, mode: 'lenient' })
    const [first, ...others] = linesOf(project)
    expect(first).toMatchObject({
      action: 'refuse',
      code: 'CONTENT_MODIFIED',
      file: 'src/hello.wasm',
      what: expect.stringContaining('Signature verification failed') as string,
      signers: [{ name: 'keys[0]', fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string }],
    })
    expect(first!.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(new Date(first!.time).toISOString()).toBe(first!.time)
    expect(new Set(others.map(({ action, code }) => `${action} ${code}`))).toEqual(
      new Set(['warn CONTENT_MODIFIED']),
    )
  })
})

describe('the log', () => {
  it('has what the output brought and what packages bring', async () => {
    const script = `export const data = '${Buffer.from(withSection(HELLO)).toString('base64')}'`
    const project = makeProject({ 'main.js': `${script}\nglobalThis.a = data` })
    await attempt(project, 'vite', { keys: TRUSTED_PEM })
    expect(linesOf(project).map(({ code }) => code)).toEqual(['UNVERIFIED_WASM'])
  })

  it('that cannot be written to fails the build when it starts', async () => {
    const project = makeProject({ 'main.js': MAIN, 'src/hello.wasm': inState(fixture('hello'), 'signed') })
    mkdirSync(project.at('folder'))
    expect(await attempt(project, 'esbuild', { keys: TRUSTED_PEM, log: 'folder' })).toContain(
      'FILE_UNWRITABLE folder',
    )
  })

  it('has whole lines when several processes write at once', async () => {
    const project = makeProject({})
    const file = project.at('log.jsonl')
    const script = `import { appendLine } from ${JSON.stringify(pathToFileURL('dist/disk/append-line.js').href)}
      for (let line = 0; line < 200; line++)
        appendLine(${JSON.stringify(file)}, JSON.stringify({ from: process.pid, line, text: 'x'.repeat(3000) }), 'log')`
    project.write({ 'write.mjs': script })
    const writers = [1, 2, 3].map(() => command(process.execPath, ['write.mjs'], { cwd: project.root }))
    for (const { code, output } of await Promise.all(writers)) expect(code, output).toBe(0)
    expect(linesOf(project, 'log.jsonl')).toHaveLength(600)
  })

  it('takes names that would act on who reads it as texts', () => {
    const project = makeProject({})
    appendLine(project.at('log'), JSON.stringify({ file: 'a\nb' }), 'log')
    expect(linesOf(project, 'log')).toHaveLength(1)
  })

  it('of commands has what they refuse', async () => {
    const project = makeProject({
      'release.pub': RELEASE_PUB,
      'src/hello.wasm': by(HELLO, ALICE),
      'signed-wasm.json': policyText([{ files: 'src/**', signers: ['release'] }]),
    })
    await inTerminal(project, 'check', '--log', 'log.jsonl')
    await inTerminal(project, 'lock', '--yes')
    await inTerminal(project, 'check', '--log', 'log.jsonl')
    project.write({ 'src/hello.wasm': HELLO })
    await inTerminal(project, 'verify', '--key', 'release.pub', '--log', 'log.jsonl', 'src/hello.wasm')
    expect(linesOf(project, 'log.jsonl').map(({ code, file }) => `${code} ${file}`)).toEqual([
      'LOCK_MISSING src/hello.wasm',
      'COMPONENT_UNSIGNED src/hello.wasm',
    ])
  })
})

/** Without the name that Vite puts in front. */
async function linesSaid(project: Project): Promise<string[]> {
  const { lines } = await build.vite({ project, options: {}, target: 'browser', out: 'out' })
  return lines.map((line) => line.replace(/^\[plugin [^\]]+\] /, ''))
}

describe('the summary of a build with a policy', () => {
  const made = (rules: object[]) =>
    makeProject({
      'package.json': JSON.stringify({ name: 'app', type: 'module', dependencies: { acme: '1' } }),
      'release.pub': RELEASE_PUB,
      'main.js': `import acme from 'acme'\n${MAIN}\nglobalThis.b = acme`,
      'src/hello.wasm': by(HELLO, ALICE),
      ...packageOf('node_modules/acme', HELLO),
      'signed-wasm.json': policyText([...rules, { files: 'npm:acme', unsigned: 'reviewed by hand' }]),
    })

  it('says of each file by whom and by which rule, and why one is not signed', async () => {
    const project = made([{ files: 'src/**', signers: ['release', 'security'] }])
    await inTerminal(project, 'lock', '--yes')
    const lines = await linesSaid(project)
    const kilobytes = (bytes: Uint8Array) => `${(bytes.length / 1000).toFixed(1)} kB`
    expect(lines.filter((line) => line.includes('as the policy demands'))).toEqual([
      [
        '[signed-wasm] 2 files as the policy demands',
        `  node_modules/acme/hello.wasm  ${kilobytes(HELLO)}  unsigned: reviewed by hand  (npm:acme)`,
        `  src/hello.wasm  ${kilobytes(by(HELLO, ALICE))}  signed by release  (src/**)`,
      ].join('\n'),
    ])
  })

  it.each(BUNDLERS)(
    'says of a package that a rule names and that has no wasm here what a build does not see: %s',
    async (bundler) => {
      const project = makeProject({
        'package.json': JSON.stringify({
          name: 'app',
          type: 'module',
          dependencies: { acme: '1', other: '1' },
        }),
        'release.pub': RELEASE_PUB,
        'main.js': `import acme from './node_modules/acme/index.js'\nimport other from './node_modules/other/index.js'\nglobalThis.b = [acme, other]`,
        'node_modules/acme/package.json': JSON.stringify({ name: 'acme', type: 'module', main: 'index.js' }),
        'node_modules/acme/index.js': `export default () => fetch('https://cdn.example/acme.wasm')`,
        ...packageOf('node_modules/other', by(HELLO, ALICE)),
        'node_modules/gone/index.js': '',
        'signed-wasm.json': policyText([
          {
            files: ['npm:acme', 'npm:other/**', 'npm:gone', 'npm:@scope/*'],
            signers: ['release'],
            lock: 'none',
          },
        ]),
      })
      const { lines, warnings } = await build[bundler]({
        project,
        options: {},
        target: 'browser',
        out: 'out',
        config: bundler === 'esbuild' ? { logLevel: 'info' } : {},
      })
      const said = lines.join('\n').match(/code of \S+ is in the output, and no wasm that its rule is for/g)
      expect(said, [...lines, ...warnings].join()).toEqual([
        'code of acme is in the output, and no wasm that its rule is for',
      ])
    },
  )

  it('is one line where all is signed and locked', async () => {
    const project = made([{ files: 'src/**', signers: ['release'] }])
    project.write({
      'main.js': MAIN,
      'signed-wasm.json': policyText([{ files: 'src/**', signers: ['release'] }]),
    })
    await inTerminal(project, 'lock', '--yes')
    const lines = await linesSaid(project)
    expect(lines.filter((line) => /\d files?/.test(line))).toEqual([
      '[signed-wasm] 1 file, all signed and as they are locked',
    ])
  })
})
