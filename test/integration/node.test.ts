/** Components in Node without a bundler: `node --import ./wasm.mjs app.js`. */

import { readFileSync, symlinkSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { fixture, inState, makeProject, type Project, REPOSITORY, TRUSTED_PEM } from '../kit/project.js'
import { command } from '../kit/run.js'
import { withoutSlow } from '../kit/slow.js'
import { coreModule } from '../kit/wat.js'

/** A newer Node, where a test of the whole range sets one. */
const NODE = process.env['SIGNED_WASM_NODE'] ?? process.execPath

const REGISTER = (options = `{ keys: ['release.pub'] }`) =>
  `import { register } from 'unplugin-signed-wasm/node'\nregister(${options})\n`

function makeApp(files: Record<string, string | Uint8Array> = {}, options?: string): Project {
  const project = makeProject({
    'package.json': JSON.stringify({ name: 'app', type: 'module' }),
    'release.pub': TRUSTED_PEM,
    'wasm.mjs': REGISTER(options),
    'hello.wasm': inState(fixture('hello'), 'signed'),
    'counter.wasm': inState(fixture('counter'), 'signed'),
    'node_modules/.keep': '',
    ...files,
  })
  symlinkSync(REPOSITORY, project.at('node_modules/unplugin-signed-wasm'))
  symlinkSync(`${REPOSITORY}/node_modules/@bytecodealliance`, project.at('node_modules/@bytecodealliance'))
  return project
}

/** Runs a script. @returns what it printed, and what else was said */
async function run(project: Project, script: string, flags: readonly string[] = []) {
  project.write({ 'main.js': script })
  const { code, stdout, output } = await command(NODE, [...flags, '--import', './wasm.mjs', 'main.js'], {
    cwd: project.root,
  })
  return { code, out: stdout.trim(), err: withoutSlow(output.slice(stdout.length)).trim() }
}

const caught = (file: string) =>
  `await import('${file}').then(() => console.log('ran'), (error) => console.log(error.message))`

describe('an import in Node', () => {
  it('gives exports, one by one, as a whole, and as many instances as are made', async () => {
    const ended = await run(
      makeApp(),
      `import hello, { greet } from './hello.wasm'
      import again from './hello.wasm?component'
      import instantiate from './counter.wasm?instantiate'
      const [one, two] = [await instantiate(), await instantiate()]
      one.counters.Counter.live
      console.log(greet('Ada'), hello.answer(), again === hello, one !== two, new one.counters.Counter(4).increment())`,
    )
    expect(ended).toEqual({ code: 0, out: 'Hello, Ada! 42 false true 5', err: '' })
  })

  it('reaches what packages export, and names of the project, with a query as well', async () => {
    const app = makeApp({
      'package.json': JSON.stringify({ name: 'app', type: 'module', imports: { '#own': './hello.wasm' } }),
      'node_modules/acme/package.json': JSON.stringify({
        name: 'acme',
        exports: { './hi': './dist/hi.wasm' },
      }),
      'node_modules/acme/dist/hi.wasm': inState(fixture('hello'), 'signed'),
    })
    const ended = await run(
      app,
      `import { greet } from 'acme/hi'
      import instantiate from 'acme/hi?instantiate'
      import own from '#own?instantiate'
      console.log(greet('a'), (await instantiate()).greet('b'), (await own()).greet('c'))`,
    )
    expect(ended).toEqual({ code: 0, out: 'Hello, a! Hello, b! Hello, c!', err: '' })
  })

  it('binds WASI to the shim', async () => {
    const ended = await run(
      makeApp({ 'wasi.wasm': inState(fixture('wasi'), 'signed') }),
      `import { run } from './wasi.wasm'\nconsole.log(run())\nprocess.exit()`,
    )
    expect([ended.code, ended.out.split('\n').at(-1)]).toEqual([0, 'stdout clock random'])
  })

  it.each([
    ['tampered', 'CONTENT_MODIFIED'],
    ['unsigned', 'COMPONENT_UNSIGNED'],
    ['unknown signer', 'SIGNER_UNTRUSTED'],
  ] as const)('of a component that is %s rejects with %s, in the words of a build', async (state, code) => {
    const app = makeApp({ 'lib/bad.wasm': inState(fixture('hello'), state) })
    const ended = await run(app, caught('./lib/bad.wasm'))
    expect(ended.out).toMatch(new RegExp(`^\\[signed-wasm\\] ${code} lib/bad\\.wasm: .+\n {2}hint: `))
    expect(ended).toMatchObject({ code: 0, err: '' })
  })

  it('warns, if asked to, and goes on', async () => {
    const app = makeApp(
      { 'bad.wasm': inState(fixture('hello'), 'unsigned') },
      `{ keys: ['release.pub'], mode: 'lenient' }`,
    )
    const ended = await run(app, caught('./bad.wasm'))
    expect(ended.out).toBe('ran')
    expect(ended.err).toContain('[signed-wasm] COMPONENT_UNSIGNED bad.wasm')
  })

  it('is of the file that was judged, not of one that takes its place', async () => {
    const ended = await run(
      makeApp(),
      `import { readFileSync, writeFileSync } from 'node:fs'
      const { default: instantiate } = await import('./hello.wasm?instantiate')
      const bytes = readFileSync('hello.wasm')
      bytes[bytes.length - 1] ^= 1
      writeFileSync('hello.wasm', bytes)
      await instantiate().then(() => console.log('ran'), (error) => console.log(error.message))`,
    )
    expect(ended.out).toMatch(/^\[signed-wasm\] DIGEST_MISMATCH: file:.*hello\.wasm/)
  })

  it('works in worker threads', async () => {
    const app = makeApp({
      'worker.js': `import { parentPort } from 'node:worker_threads'
        import { greet } from './hello.wasm'
        parentPort.postMessage(greet('thread'))`,
    })
    const ended = await run(
      app,
      `import { Worker } from 'node:worker_threads'
      new Worker(new URL('worker.js', import.meta.url)).once('message', (text) => console.log(text))`,
    )
    expect(ended).toEqual({ code: 0, out: 'Hello, thread!', err: '' })
  })

  it('leaves nothing behind, and other modules alone', async () => {
    const app = makeApp({ 'data.json': '{"a":1}', 'plain.cjs': 'module.exports = 2' })
    const ended = await run(
      app,
      `import data from './data.json' with { type: 'json' }\nimport plain from './plain.cjs'\nconsole.log(data.a + plain)`,
    )
    expect([ended.code, ended.out]).toEqual([0, '3'])
    expect(app.files('.').filter((file) => file.includes('signed-wasm.d.ts'))).toEqual([])
  })
})

describe('a core module in Node', () => {
  it('is judged, and then loaded as Node does, or refused where Node has none', async () => {
    const bytes = await coreModule()
    const app = makeApp({ 'core.wasm': inState(bytes, 'signed'), 'bad.wasm': bytes })
    const flags = ['--experimental-wasm-modules', '--no-warnings']
    expect((await run(app, caught('./core.wasm'), flags)).out).toBe('ran')
    expect((await run(app, caught('./bad.wasm'), flags)).out).toContain(
      'COMPONENT_UNSIGNED bad.wasm: Core module',
    )
    expect((await run(app, caught('./core.wasm'), ['--no-warnings'])).out).toMatch(
      /^ran$|CORE_MODULE_UNSUPPORTED core\.wasm/,
    )
  })
})

describe('what cannot be', () => {
  it('is told the way out: a query that asks for something else', async () => {
    const ended = await run(makeApp(), caught('./hello.wasm?raw'))
    expect(ended.out).toMatch(/^\[signed-wasm\] IMPORT_UNSUPPORTED hello\.wasm: the query \?raw asks for/)
  })

  it('is told the way out: require()', async () => {
    const ended = await run(
      makeApp({ 'old.cjs': `try { require('./hello.wasm') } catch (error) { console.log(error.message) }` }),
      `import './old.cjs'`,
    )
    expect(ended.out).toBe(
      "[signed-wasm] REQUIRE_UNSUPPORTED hello.wasm: require() cannot wait for a component to be compiled\n  hint: const hello = await import('./hello.wasm')",
    )
  })

  it.each([
    ['an option that there is not', `{ key: 'release.pub' }`, 'OPTION_UNKNOWN'],
    ['no key', `{ keys: [] }`, 'NO_TRUSTED_KEYS'],
    ['a key that is not there', `{ keys: ['none.pub'] }`, 'KEY_NOT_FOUND'],
  ])('stops before the app starts: %s', async (_, options, code) => {
    const ended = await run(makeApp({}, options), `console.log('started')`)
    expect([ended.code === 0, ended.out]).toEqual([false, ''])
    expect(ended.err).toContain(code)
  })

  it('is to register twice', async () => {
    const app = makeApp()
    app.write({ 'wasm.mjs': `${REGISTER()}register({ mode: 'off' })` })
    const ended = await run(app, `console.log('started')`)
    expect(ended.err).toContain('PLUGIN_TWICE')
    expect(ended.out).toBe('')
  })
})

describe('a second start', () => {
  let app: Project
  beforeAll(() => {
    app = makeApp()
  })

  it('finds in the cache what the first one has made, and still judges', async () => {
    const script = `import { greet } from './hello.wasm'\nconsole.log(greet('a'))`
    expect((await run(app, script)).out).toBe('Hello, a!')
    const entries = () => app.files('node_modules/.cache/unplugin-signed-wasm')
    const before = entries()
    expect(before).toHaveLength(1)
    expect((await run(app, script)).out).toBe('Hello, a!')
    expect(entries()).toEqual(before)
    const bytes = readFileSync(app.at('hello.wasm'))
    bytes[bytes.length - 1]! ^= 1
    app.write({ 'hello.wasm': bytes })
    const refused = await run(app, script)
    expect([refused.code === 0, refused.out]).toEqual([false, ''])
    expect(refused.err).toContain('CONTENT_MODIFIED hello.wasm')
  })
})
