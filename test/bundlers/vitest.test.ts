/** Components under test in a simulated browser, as somebody has installed it. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixture, inState, REPOSITORY, TRUSTED_PEM } from '../kit/project.js'
import { command } from '../kit/run.js'

const IS_WANTED = process.env['SIGNED_WASM_FRAMEWORKS'] === '1'
if (!IS_WANTED)
  console.warn(
    '\n  SKIPPED: jsdom and happy-dom, which npm would have to install. Set SIGNED_WASM_FRAMEWORKS=1.\n',
  )

const TEST = `import { expect, it } from 'vitest'
import hello, { greet } from './hello.wasm'
import instantiate from './hello.wasm?instantiate'

it('greets', async () => {
  expect(typeof document).toBe(process.env.HAS_DOCUMENT)
  expect(greet('Ada')).toBe('Hello, Ada!')
  expect((await instantiate()).greet('Bob')).toBe('Hello, Bob!')
  expect(hello.greet).toBe(greet)
})
`

describe.runIf(IS_WANTED).each(['^3', '^4'])('Vitest %s', (version) => {
  let root: string
  const at = (name: string) => path.join(root, name)

  beforeAll(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'signed-wasm-'))
    const packed = await command('npm', ['pack', '--ignore-scripts', '--pack-destination', root], {
      cwd: REPOSITORY,
    })
    expect(packed.code, packed.output).toBe(0)
    const [tarball] = readdirSync(root)
    writeFileSync(at('package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
    writeFileSync(at('release.pub'), TRUSTED_PEM)
    writeFileSync(at('hello.test.js'), TEST)
    writeFileSync(
      at('vitest.config.js'),
      `import signedWasm from 'unplugin-signed-wasm/vite'
export default { plugins: [signedWasm({ keys: ['release.pub'] })] }`,
    )
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts']
    const packages = [`vitest@${version}`, 'jsdom@^26', 'happy-dom@^20', at(tarball!)]
    const installed = await command('npm', ['install', ...quiet, ...packages], {
      cwd: root,
      timeoutMs: 200_000,
    })
    expect(installed.code, installed.output).toBe(0)
  })

  afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

  const run = (environment: string, pool: string) =>
    command(at('node_modules/.bin/vitest'), ['run', '--environment', environment, '--pool', pool], {
      cwd: root,
      env: { HAS_DOCUMENT: environment === 'node' ? 'undefined' : 'object', CI: '1' },
    })

  it.each(
    ['node', 'jsdom', 'happy-dom'].flatMap((environment) =>
      ['forks', 'threads'].map((pool) => [environment, pool] as const),
    ),
  )('runs a component in %s, by %s, and refuses it when it is tampered', async (environment, pool) => {
    writeFileSync(at('hello.wasm'), inState(fixture('hello'), 'signed'))
    const passed = await run(environment, pool)
    expect(passed.code, passed.output).toBe(0)
    writeFileSync(at('hello.wasm'), inState(fixture('hello'), 'tampered'))
    const refused = await run(environment, pool)
    expect([refused.code, refused.output]).toEqual([
      1,
      expect.stringContaining('CONTENT_MODIFIED hello.wasm'),
    ])
  })
})
