/** Deno: the command line, `loadVerified`, and components in a process with Node's hooks. */

import { symlinkSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { fixture, inState, makeProject, type Project, REPOSITORY, TRUSTED_PEM } from '../kit/project.js'
import { blockWith } from '../kit/readme.js'
import { command } from '../kit/run.js'
import { installRuntime, IS_WANTED, said, sayIfSkipped } from '../kit/runtimes.js'
import { coreModule } from '../kit/wat.js'

sayIfSkipped('Deno')

const STATES = [
  ['tampered', 'CONTENT_MODIFIED'],
  ['unsigned', 'COMPONENT_UNSIGNED'],
  ['unknown signer', 'SIGNER_UNTRUSTED'],
] as const

let deno: string
beforeAll(async () => {
  deno = await installRuntime('deno')
})

function makeApp(files: Record<string, string | Uint8Array> = {}): Project {
  const project = makeProject({
    'package.json': JSON.stringify({ name: 'app', type: 'module', imports: { '#own': './hello.wasm' } }),
    'release.pub': TRUSTED_PEM,
    'hello.wasm': inState(fixture('hello'), 'signed'),
    'wasm.mjs': `import { register } from 'unplugin-signed-wasm/node'\nregister({ keys: ['release.pub'] })`,
    'node_modules/.keep': '',
    ...files,
  })
  symlinkSync(REPOSITORY, project.at('node_modules/unplugin-signed-wasm'))
  symlinkSync(`${REPOSITORY}/node_modules/@bytecodealliance`, project.at('node_modules/@bytecodealliance'))
  return project
}

const inDeno = async (project: Project, ...args: string[]) =>
  said(await command(deno, args, { cwd: project.root, env: { DENO_NO_UPDATE_CHECK: '1' } }))

describe.runIf(IS_WANTED)('the command line in Deno', () => {
  const cli = (project: Project, permissions: string[], ...args: string[]) =>
    inDeno(project, 'run', ...permissions, 'node_modules/unplugin-signed-wasm/dist/cli/main.js', ...args)

  it('signs, inspects and declares', async () => {
    const project = makeApp({ 'raw.wasm': fixture('hello') })
    expect((await cli(project, ['-A'], 'keygen', 'mine')).code).toBe(0)
    expect((await cli(project, ['-A'], 'sign', '--write', '-k', 'mine.key', 'raw.wasm')).code).toBe(0)
    const verified = await cli(project, ['-A'], 'verify', '--key', 'mine.pub', 'raw.wasm')
    expect(verified).toMatchObject({ code: 0, out: expect.stringMatching(/^ok +raw\.wasm/) })
    const types = await cli(project, ['-A'], 'types', '--sibling', '--key', 'mine.pub', 'raw.wasm')
    expect([types.code, project.files('.')]).toEqual([0, expect.arrayContaining(['raw.d.wasm.ts'])])
  })

  it.each(STATES)('says of one that is %s: %s', async (state, code) => {
    const project = makeApp({ 'bad.wasm': inState(fixture('hello'), state) })
    const verified = await cli(
      project,
      ['--allow-read', '--allow-env'],
      'verify',
      '--key',
      'release.pub',
      'bad.wasm',
    )
    expect([verified.code, verified.out]).toEqual([1, expect.stringContaining(code)])
  })
})

describe.runIf(IS_WANTED)('loadVerified in Deno', () => {
  const main = (file: string) => `import { loadVerified } from 'unplugin-signed-wasm/runtime'
    const keys = await Deno.readTextFile('release.pub')
    const core = await loadVerified(new URL('./core.wasm', import.meta.url), { keys, as: 'module' })
    const bytes = await loadVerified(new URL('./${file}', import.meta.url), { keys }).catch(({ code }) => code)
    console.log(new WebAssembly.Instance(core).exports.answer(), bytes.length ?? 0, typeof bytes === 'string' ? bytes : '')`

  it('gives what a key has signed, and refuses the rest', async () => {
    const project = makeApp({
      'core.wasm': inState(await coreModule(), 'signed'),
      'main.js': main('hello.wasm'),
    })
    const { length } = project.read('hello.wasm')
    expect((await inDeno(project, 'run', '--allow-read', 'main.js')).out).toBe(`42 ${length}`)
    for (const [state, code] of STATES) {
      project.write({ 'bad.wasm': inState(fixture('hello'), state), 'main.js': main('bad.wasm') })
      expect((await inDeno(project, 'run', '--allow-read', 'main.js')).out).toBe(`42 ${code.length} ${code}`)
    }
  })
})

describe.runIf(IS_WANTED)('an import in Deno', () => {
  const start = (project: Project) => inDeno(project, 'run', '-A', '--preload', './wasm.mjs', 'main.js')

  it('is started as the README shows', async () => {
    const project = makeApp({
      'app.js': `import { greet } from './hello.wasm'\nconsole.log(greet('Ada'))`,
      'wasm.mjs': blockWith("from 'unplugin-signed-wasm/node'").text,
    })
    const [, ...args] = blockWith('deno run').text.trim().split(' ')
    expect((await inDeno(project, ...args)).out).toBe('Hello, Ada!')
  })

  it('gives a component in every form', async () => {
    const project = makeApp({
      'wasi.wasm': inState(fixture('wasi'), 'signed'),
      'main.js': `import hello, { greet } from './hello.wasm'
        import again from './hello.wasm?component'
        import instantiate from './hello.wasm?instantiate'
        import own from '#own?instantiate'
        import { run } from './wasi.wasm'
        console.log(greet('a'), hello.answer(), again.greet('b'), (await instantiate()).greet('c'), (await own()).greet('d'))
        console.log(run())
        Deno.exit()`,
    })
    expect((await start(project)).out.split('\n')).toEqual([
      'Hello, a! 42 Hello, b! Hello, c! Hello, d!',
      ...['Hello, stdout!', 'stdout clock random'],
    ])
  })

  it.each(STATES)('of a component that is %s rejects with %s in its message', async (state, code) => {
    const project = makeApp({ 'bad.wasm': inState(fixture('hello'), state) })
    for (const query of ['', '?instantiate', '?raw']) {
      project.write({
        'main.js': `await import('./bad.wasm${query}').then(() => console.log('ran'), ({ message }) => console.log(message))`,
      })
      expect((await start(project)).out).toMatch(
        new RegExp(`\\[signed-wasm\\] ${code} bad\\.wasm: .+\n {2}hint: `),
      )
    }
  })

  it('is refused for what Deno does not take', async () => {
    const project = makeApp({
      'core.wasm': inState(await coreModule(), 'signed'),
      'main.js': `for (const file of ['./core.wasm', './hello.wasm?raw'])
        await import(file).then(() => console.log('ran'), ({ message }) => console.log(message))`,
    })
    const { out } = await start(project)
    expect(out).toMatch(/CORE_MODULE_UNSUPPORTED core\.wasm: it is a core module, which Deno does not take/)
    expect(out).toMatch(/IMPORT_UNSUPPORTED hello\.wasm: the query \?raw/)
    expect(out).not.toContain('ran')
  })

  it('fails without the preload, rather than give something unverified', async () => {
    const project = makeApp({ 'main.js': `import { greet } from './hello.wasm'\nconsole.log(greet('a'))` })
    for (const args of [['run', '-A'], ['bundle'], ['compile', '-A', '-o', 'app']]) {
      const ended = await inDeno(project, ...args, 'main.js')
      expect([args[0], ended.code === 0, ended.out]).toEqual([args[0], false, ''])
    }
  })
})
