/** What is said while jco works for longer than a second: here every job does, by a clock of the test's own. */

import { chmodSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import type * as queue from '../../src/bindings/jco/queue.js'
import { createCache } from '../../src/bindings/jco/cache.js'
import { NodeModules } from '../../src/plugin/node/modules.js'
import { build, BUNDLERS, type BundlerName } from '../kit/bundlers.js'
import { fixture, inState, makeProject, type Project, TRUSTED_PEM } from '../kit/project.js'
import { openTerminal } from '../kit/terminal.js'

vi.mock('../../src/bindings/jco/queue.js', async (original) => {
  const { startQueue } = await original<typeof queue>()
  const atOnce: queue.Clock = (work) => {
    work()
    return () => {}
  }
  const start: typeof startQueue = (runner, limits) => startQueue(runner, limits, atOnce)
  return { startQueue: start }
})

const LINE = '[signed-wasm] making bindings for src/hello.wasm, 2 kB'
const ADVICE = '\n  later builds would have them at once'

function makeApp(): Project {
  return makeProject({
    'main.js': `import { greet } from './src/hello.wasm'\nglobalThis.answers = greet('a')`,
    'src/hello.wasm': inState(fixture('hello'), 'signed'),
  })
}

async function said(name: BundlerName, project: Project, cache?: boolean | string) {
  const config = name === 'esbuild' ? { logLevel: 'warning' } : {}
  const options = { keys: TRUSTED_PEM, types: false, ...(cache !== undefined && { cache }) }
  const { lines } = await build[name]({ project, options, target: 'node', out: 'dist', config })
  return lines
    .filter((line) => line.includes('making bindings'))
    .map((line) => line.slice(line.indexOf('[signed-wasm]')))
}

describe.each(BUNDLERS)('%s', (name) => {
  it('tells for what it waits, once, and nothing where the cache has it', async () => {
    const project = makeApp()
    expect(await said(name, project, 'kept')).toEqual([LINE])
    expect(await said(name, project, 'kept')).toEqual([])
  })

  it('tells where the cache would help', async () => {
    const [off, nowhere] = [await said(name, makeApp(), false), await said(name, makeApp())]
    expect(off).toEqual([expect.stringContaining(`${LINE}${ADVICE} with cache: true`)])
    expect(nowhere).toEqual([expect.stringContaining(`${LINE}${ADVICE} with cache: '<folder>'`)])
  })
})

describe('without a bundler', () => {
  it('the command tells', async () => {
    const terminal = openTerminal()
    terminal.write('release.pub', TRUSTED_PEM)
    terminal.write('src/hello.wasm', inState(fixture('hello'), 'signed'))
    const { code, err } = await terminal.run('types', '--sibling', '--key', 'release.pub')
    expect([code, err.split('\n')]).toEqual([0, expect.arrayContaining([LINE])])
    expect(err).not.toContain('later builds')
  })

  it('a process tells on standard error, in which it says nothing else', async () => {
    const project = makeApp()
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      const modules = new NodeModules({ keys: TRUSTED_PEM, cache: project.at('kept') })
      await modules.judge(project.at('src/hello.wasm'))
      expect(write.mock.calls.map(([text]) => text)).toEqual([
        expect.stringMatching(/^\[signed-wasm\] making bindings for .*src\/hello\.wasm, 2 kB\n$/),
      ])
    } finally {
      write.mockRestore()
    }
  })
})

describe('a cache', () => {
  const key = () => new Uint8Array(32)

  it('lacks nothing, also where its folder is not there yet', () => {
    expect(createCache(() => makeProject().at('a/b'), key).lack()).toBeUndefined()
  })

  it('lacks a folder, or a key', () => {
    expect(createCache(() => undefined, key).lack()).toBe('folder')
    expect(
      createCache(
        () => makeProject().root,
        () => undefined,
      ).lack(),
    ).toBe('key')
  })

  it.skipIf(process.getuid?.() === 0)('lacks permission', () => {
    const project = makeProject({ 'kept/a': '' })
    chmodSync(project.at('kept'), 0o500)
    expect(createCache(() => project.at('kept/b'), key).lack()).toBe('permission')
  })

  it('lacks permission where a file is in the way', () => {
    const project = makeProject({ kept: '' })
    expect(createCache(() => project.at('kept/b'), key).lack()).toBe('permission')
  })
})
