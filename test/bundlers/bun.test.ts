/** Bun: builds, its dev server, single executables, and processes with a preload. */

import { spawn } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import type { PluginBuild } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import plugin from '../../src/bun.js'
import { signedWasm } from '../../src/index.js'
import { fixture, inState, makeProject, type Project, REPOSITORY, TRUSTED_PEM } from '../kit/project.js'
import { blockWith } from '../kit/readme.js'
import { command, HAS_BROWSER, runInBrowser, runInNode, visit } from '../kit/run.js'
import { installRuntime, IS_WANTED, said, sayIfSkipped } from '../kit/runtimes.js'
import { coreModule, wasiComponent } from '../kit/wat.js'

sayIfSkipped('Bun')

const STATES = [
  ['tampered', 'CONTENT_MODIFIED'],
  ['unsigned', 'COMPONENT_UNSIGNED'],
  ['unknown signer', 'SIGNER_UNTRUSTED'],
] as const

const OPTIONS = `{ keys: ['release.pub'] }`
const IMPORT = `import signedWasm from 'unplugin-signed-wasm/bun'\n`

let bun: string
beforeAll(async () => {
  bun = await installRuntime('bun')
})

function makeApp(files: Record<string, string | Uint8Array> = {}): Project {
  const project = makeProject({
    'package.json': JSON.stringify({ name: 'app', type: 'module', imports: { '#own': './hello.wasm' } }),
    'release.pub': TRUSTED_PEM,
    'hello.wasm': inState(fixture('hello'), 'signed'),
    'preload.js': `import { plugin } from 'bun'\n${IMPORT}plugin(signedWasm(${OPTIONS}))`,
    'node_modules/acme/package.json': JSON.stringify({ name: 'acme', exports: { './hi': './dist/hi.wasm' } }),
    'node_modules/acme/dist/hi.wasm': inState(fixture('hello'), 'signed'),
    ...files,
  })
  symlinkSync(REPOSITORY, project.at('node_modules/unplugin-signed-wasm'))
  symlinkSync(`${REPOSITORY}/node_modules/@bytecodealliance`, project.at('node_modules/@bytecodealliance'))
  return project
}

/** Runs Bun in a project. */
const inBun = async (project: Project, ...args: string[]) =>
  said(await command(bun, args, { cwd: project.root }))

/** Builds `main.js` into `dist`, with all messages of what was refused on standard output. */
function build(project: Project, { options = OPTIONS, config = '', plugins = '' } = {}) {
  project.write({
    'build.js': `${IMPORT}try {
      const { outputs } = await Bun.build({
        entrypoints: ['main.js'], outdir: 'dist', target: 'bun', plugins: [signedWasm(${options}), ${plugins}], ${config}
      })
      console.log(outputs.map(({ path }) => path).filter((path) => path.endsWith('.wasm')).length)
    } catch (error) {
      console.log([error, ...(error.errors ?? [])].map(({ message }) => message).join('\\n'))
      process.exit(1)
    }`,
  })
  return inBun(project, 'build.js')
}

const FORMS = `
  import hello, { greet } from './hello.wasm'
  import * as again from './hello.wasm?component'
  import instantiate from './hello.wasm?instantiate'
  import own from '#own?instantiate'
  import { greet as hi } from 'acme/hi'
  import make from 'acme/hi?instantiate'
  import { 'docs:hello/greeter@0.1.0' as greeter } from './hello.wasm'
  const [one, two] = [await instantiate(), await instantiate()]
  const late = await import('./hello.wasm')
  globalThis.answers = [
    greet('a'), hello.answer(), again.greet('b'), one !== two, (await own()).greet('c'), hi('d'), (await make()).greet('e'),
    greeter.greet('f'), late.default.greet('g'),
  ]`
const ANSWERS = ['a', 42, 'b', true, 'c', 'd', 'e', 'f', 'g'].map((each) =>
  typeof each === 'string' ? `Hello, ${each}!` : each,
)
const print = (main: string) => `${main}\nconsole.log(JSON.stringify(globalThis.answers))`

describe.runIf(IS_WANTED)('a build by Bun', () => {
  it('is written as the README shows', async () => {
    const project = makeApp({
      'src/main.js': `import { greet } from '../hello.wasm'\nconsole.log(greet('Ada'))`,
      'build.js': blockWith('// build.js (Bun)').text,
    })
    expect((await inBun(project, 'build.js')).code).toBe(0)
    expect((await inBun(project, 'dist/main.js')).out).toBe('Hello, Ada!')
  })

  it('gives one component in every form, to Bun and to Node, with its file beside', async () => {
    const project = makeApp({ 'main.js': print(FORMS) })
    const built = await build(project)
    expect(built).toMatchObject({ code: 0, out: expect.stringMatching(/^\[signed-wasm\] strict, .*\n2$/) })
    expect(JSON.parse((await inBun(project, 'dist/main.js')).out)).toEqual(ANSWERS)
    expect((await build(project, { config: `target: 'node'` })).code).toBe(0)
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: ANSWERS }])
    const file = project.files('dist').find((name) => name.endsWith('.wasm'))
    expect(project.read(`dist/${file}`)).toEqual(project.read('hello.wasm'))
    expect(Buffer.from(project.read('dist/main.js')).toString()).not.toContain(project.root)
  })

  it.runIf(HAS_BROWSER)('gives it to browsers, with shims of WASI in the script', async () => {
    const project = makeApp({
      'wasi.wasm': inState(await wasiComponent(), 'signed'),
      'main.js': `${FORMS}\nimport { run } from './wasi.wasm'\nglobalThis.answers.push(run())`,
    })
    const built = await build(project, { config: `target: 'browser', splitting: true, minify: true` })
    expect(built.code, built.out).toBe(0)
    expect(await runInBrowser(project.root, ['dist/main.js'])).toEqual([{ answers: [...ANSWERS, true] }])
  })

  it('puts it into the code where that is asked for, or where the format has no files', async () => {
    const main = `import make from './hello.wasm?instantiate'\nmake().then(({ greet }) => console.log(greet('in')))`
    const project = makeApp({ 'main.js': main })
    for (const [options, config] of [
      [`{ keys: ['release.pub'], asset: 'inline' }`, ''],
      [OPTIONS, `format: 'cjs'`],
      [OPTIONS, `format: 'iife'`],
    ]) {
      expect((await build(project, { options: options!, config: config! })).out).toMatch(/\n0$/)
      expect((await inBun(project, 'dist/main.js')).out).toBe('Hello, in!')
    }
  })

  it('leaves the shims of WASI to whoever runs the output', async () => {
    const project = makeApp({
      'wasi.wasm': inState(fixture('wasi'), 'signed'),
      'main.js': `import { run } from './wasi.wasm'\nconsole.log(run())\nprocess.exit()`,
    })
    expect((await build(project)).code).toBe(0)
    expect((await inBun(project, 'dist/main.js')).out).toContain('stdout clock random')
    expect(Buffer.from(project.read('dist/main.js')).toString()).toContain(
      'from "@bytecodealliance/preview2-shim/',
    )
  })

  it('verifies a core module, and what is asked for as a file, and leaves both to Bun', async () => {
    const project = makeApp({
      'core.wasm': inState(await coreModule(), 'signed'),
      'main.js': `import core from './core.wasm'\nimport url from './hello.wasm?url'
        const read = async (name) => Bun.file(new URL(name, import.meta.url)).bytes()
        const { instance } = await WebAssembly.instantiate(await read(core))
        console.log(instance.exports.answer(), (await read(url)).length)`,
    })
    expect((await build(project)).out).toMatch(/\n2$/)
    expect((await inBun(project, 'dist/main.js')).out).toBe(`42 ${project.read('hello.wasm').length}`)
    project.write({ 'core.wasm': await coreModule() })
    expect((await build(project)).out).toContain('COMPONENT_UNSIGNED core.wasm: Core module')
  })

  it('is one executable, which runs elsewhere', async () => {
    const project = makeApp({ 'main.js': print(FORMS) })
    const built = await build(project, { config: `outdir: undefined, compile: { outfile: './app' }` })
    expect(built.code, built.out).toBe(0)
    const elsewhere = makeProject()
    const ended = await command(project.at('app'), [], { cwd: elsewhere.root })
    expect(JSON.parse(ended.stdout)).toEqual(ANSWERS)
  })

  it('checks again at run time', async () => {
    const project = makeApp({
      'main.js': `import make from './hello.wasm?instantiate'\nmake().then(() => console.log('ran'), ({ code }) => console.log(code))`,
    })
    for (const [recheck, code] of [
      ['digest', 'DIGEST_MISMATCH'],
      ['signature', 'CONTENT_MODIFIED'],
    ]) {
      const options = `{ keys: ['release.pub'], recheck: '${recheck}' }`
      expect((await build(project, { options, config: 'splitting: true' })).code).toBe(0)
      expect((await inBun(project, 'dist/main.js')).out).toBe('ran')
      const name = project.files('dist').find((file) => file.endsWith('.wasm'))!
      project.write({ [`dist/${name}`]: inState(fixture('hello'), 'tampered') })
      expect((await inBun(project, 'dist/main.js')).out).toBe(code)
    }
  })
})

describe.runIf(IS_WANTED)('a build by Bun is refused', () => {
  it.each(STATES)('for a component that is %s, with %s, in every form', async (state, code) => {
    const project = makeApp({ 'bad.wasm': inState(fixture('hello'), state) })
    for (const query of ['', '?component', '?instantiate', '?url', '?raw']) {
      project.write({ 'main.js': `import bad from './bad.wasm${query}'\nconsole.log(bad)` })
      const built = await build(project)
      expect([query, built.code, built.out]).toEqual([
        query,
        1,
        expect.stringContaining(`\n[signed-wasm] ${code} bad.wasm: `),
      ])
      expect(project.files('dist')).toEqual([])
    }
  })

  it('for a query that asks for something else, with the way out', async () => {
    const project = makeApp({ 'main.js': `import text from './hello.wasm?raw'\nconsole.log(text)` })
    expect((await build(project)).out).toMatch(
      /IMPORT_UNSUPPORTED hello\.wasm: the query \?raw .*\n.* 'hello\.wasm\?url' for the file/,
    )
  })

  it.each([
    ['the format cjs', `format: 'cjs'`],
    ['the format iife', `format: 'iife'`],
    ['the format cjs', 'bytecode: true'],
  ])('for a top-level await in %s', async (where, config) => {
    const project = makeApp({ 'main.js': `import { greet } from './hello.wasm'\nconsole.log(greet)` })
    const { out } = await build(project, { config })
    expect(out).toContain(`which ${where} does not have`)
    expect(out).toContain(`from './hello.wasm?instantiate'`)
  })

  it('without a key, and with a second instance', async () => {
    const project = makeApp({ 'main.js': 'console.log(1)' })
    expect((await build(project, { options: '{}' })).out).toContain('NO_TRUSTED_KEYS')
    expect((await build(project, { plugins: `signedWasm({ mode: 'off' })` })).out).toContain('PLUGIN_TWICE')
    const preset = `{ name: 'preset', setup: (build) => signedWasm({ mode: 'off' }).setup(build) }`
    expect((await build(project, { plugins: preset })).out).toContain('PLUGIN_TWICE')
    expect((await build(project)).code).toBe(0)
  })

  const unsigned = fixture('hello')
  const held = Buffer.from(unsigned).toString('base64')
  const writes = `{ name: 'late', setup: (build) => build.onEnd(() => Bun.write('dist/late.bin', Bun.file('raw.bin'))) }`

  it.each([
    ['that stands in a script', `console.log('${held}')`, {}],
    ['in a build that writes nothing', `console.log('${held}')`, { config: 'outdir: undefined' }],
    ['that another loader copies', `import x from './raw.bin'\nconsole.log(x)`, {}],
    ['that another plugin writes', 'console.log(1)', { plugins: writes }],
    [
      'in an executable',
      `import x from './raw.bin'\nconsole.log(x)`,
      { config: `outdir: undefined, compile: { outfile: './app' }` },
    ],
    [
      'in the script of an executable',
      `console.log('${held}')`,
      { config: `outdir: undefined, compile: { outfile: './app' }` },
    ],
  ] as const)('for wasm %s', async (_, main, request) => {
    const project = makeApp({ 'main.js': main, 'raw.bin': unsigned })
    const { code, out } = await build(project, request)
    expect([code, out]).toEqual([1, expect.stringMatching(/\[signed-wasm\] UNVERIFIED_WASM (?!\/)/)])
    expect([project.files('dist'), existsSync(project.at('app'))]).toEqual([[], false])
  })

  it.each([`external: ['*.wasm']`, `packages: 'external', external: ['./raw.wasm']`])(
    'for an import that stays: %s',
    async (config) => {
      const main = `import { greet } from './raw.wasm'\nconsole.log(greet)`
      const project = makeApp({ 'main.js': main, 'raw.wasm': unsigned })
      expect((await build(project, { config })).out).toContain(
        'WASM_EXTERNAL raw.wasm: the import in main.js',
      )
    },
  )

  it('but not for what packages bring, which is listed', async () => {
    const core = await coreModule()
    const text = `export default '${Buffer.from(core).toString('base64')}'`
    const project = makeApp({
      'main.js': `import held from 'core-held'\nimport core from 'core-held/core.wasm'\nconsole.log(held, core)`,
      'node_modules/core-held/package.json': JSON.stringify({ name: 'core-held', main: 'index.js' }),
      'node_modules/core-held/index.js': `${text}\nexport { default as core } from './core.wasm'`,
      'node_modules/core-held/core.wasm': core,
    })
    const refused = await build(project)
    expect(refused.out).toContain('COMPONENT_UNSIGNED node_modules/core-held/core.wasm')
    project.write({ 'main.js': `import held, { core } from 'core-held'\nconsole.log(held, core)` })
    const { code, out } = await build(project)
    expect([code, out]).toEqual([0, expect.stringMatching(/not verified, .*: core-held \(2\)/)])
  })

  it('for our entries of others', async () => {
    const project = makeApp({
      'main.js': 'console.log(1)',
      'register.js': `import { register } from 'unplugin-signed-wasm/node'\nregister(${OPTIONS})`,
      'build.js': `import signedWasm from 'unplugin-signed-wasm/esbuild'
        await Bun.build({ entrypoints: ['main.js'], plugins: [signedWasm(${OPTIONS})] })`,
    })
    const built = await inBun(project, 'build.js')
    expect(built.code).toBe(1)
    expect(built.err).toContain(`[signed-wasm] ENTRY_MISMATCH: unplugin-signed-wasm/esbuild has no effect`)
    const started = await inBun(project, '--preload', './register.js', 'main.js')
    expect([started.code, started.out]).toEqual([1, ''])
    expect(started.err).toContain(
      '[signed-wasm] ENTRY_MISMATCH: unplugin-signed-wasm/node has no effect in Bun',
    )
  })
})

describe.runIf(IS_WANTED && HAS_BROWSER)("Bun's server", () => {
  /** Serves the page as an application does. @param environment of the server */
  async function serve(project: Project, environment: 'development' | 'production') {
    project.write({
      'index.html': '<!doctype html><script type="module" src="./main.js"></script>',
      'other.html': '<!doctype html><script type="module" src="./main.js"></script>',
      'plugin.js': `${IMPORT}export default signedWasm(${OPTIONS})`,
      'bunfig.toml': `[serve.static]\nplugins = ["./plugin.js"]\n`,
      'serve.js': `import index from './index.html'\nimport other from './other.html'
        const { url } = Bun.serve({ port: 0, development: ${environment === 'development'}, routes: { '/': index, '/other': other } })
        console.log('at', String(url))`,
    })
    const child = spawn(bun, ['serve.js'], {
      cwd: project.root,
      env: { ...process.env, NODE_ENV: environment },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
    await expect.poll(() => output, { timeout: 20_000 }).toMatch(/^at /m)
    return { url: /^at (.*)$/m.exec(output)![1]!, output: () => output, stop: () => child.kill('SIGKILL') }
  }

  it.each(['development', 'production'] as const)(
    'in %s sends a signed component, and no other',
    async (environment) => {
      const main = `import { greet } from './hello.wasm'\nglobalThis.answers = greet('page')`
      const project = makeApp({ 'main.js': main })
      const server = await serve(project, environment)
      try {
        expect(await visit(server.url)).toEqual({ answers: 'Hello, page!' })
        expect(await visit(`${server.url}other`)).toEqual({ answers: 'Hello, page!' })
      } finally {
        server.stop()
      }
      for (const [state, code] of STATES) {
        project.write({ 'hello.wasm': inState(fixture('hello'), state) })
        const refusing = await serve(project, environment)
        try {
          const page = await (await fetch(refusing.url)).text()
          for (const [, script] of page.matchAll(/src="([^"]+)"/g))
            expect(await (await fetch(new URL(script!, refusing.url))).text()).not.toContain(
              'docs:hello/greeter',
            )
          await expect
            .poll(refusing.output, { timeout: 20_000 })
            .toContain(`[signed-wasm] ${code} hello.wasm: `)
        } finally {
          refusing.stop()
        }
      }
    },
  )
})

describe.runIf(IS_WANTED)('a process of Bun with a preload', () => {
  const start = (project: Project, ...args: string[]) => inBun(project, '--preload', './preload.js', ...args)

  it('is started as the README shows', async () => {
    const project = makeApp({
      'app.js': `import { greet } from './hello.wasm'\nconsole.log(greet('Ada'))`,
      'preload.js': blockWith('// preload.js (Bun)').text,
    })
    const [, ...args] = blockWith('bun --preload').text.trim().split(' ')
    expect(await inBun(project, ...args)).toEqual({ code: 0, out: 'Hello, Ada!', err: '' })
  })

  it('imports components in every form', async () => {
    const project = makeApp({ 'main.js': print(FORMS) })
    const ended = await start(project, 'main.js')
    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(ended.out)).toEqual(ANSWERS)
  })

  it('binds WASI to the shim', async () => {
    const project = makeApp({
      'wasi.wasm': inState(fixture('wasi'), 'signed'),
      'main.js': `import { run } from './wasi.wasm'\nconsole.log(run())\nprocess.exit()`,
    })
    expect((await start(project, 'main.js')).out).toContain('stdout clock random')
  })

  it.each(STATES)('refuses one that is %s with %s', async (state, code) => {
    const project = makeApp({ 'bad.wasm': inState(fixture('hello'), state) })
    for (const query of ['', '?component', '?instantiate', '?url', '?raw']) {
      const file = `./bad.wasm${query}`
      project.write({
        'main.js': `await import('${file}').then(() => console.log('ran'), ({ message }) => console.log(message))`,
      })
      expect((await start(project, 'main.js')).out).toMatch(
        new RegExp(`^\\[signed-wasm\\] ${code} bad\\.wasm: .+\n {2}hint: `),
      )
    }
  })

  it('gives the file where that is asked for, and refuses what it cannot give', async () => {
    const project = makeApp({
      'core.wasm': inState(await coreModule(), 'signed'),
      'main.js': `import core from './core.wasm'\nimport url from './hello.wasm?url'\nconsole.log([core, url].join())
        await import('./hello.wasm?raw').catch(({ code }) => console.log(code))
        try { require('./hello.wasm') } catch ({ message }) { console.log(message) }`,
    })
    const { out } = await start(project, 'main.js')
    expect(out.split('\n')).toEqual([
      `${project.at('core.wasm')},${project.at('hello.wasm')}`,
      'IMPORT_UNSUPPORTED',
      expect.stringMatching(/^require\(\) async module .* is unsupported/),
    ])
  })

  it('is of the file that was judged, not of one that takes its place', async () => {
    const project = makeApp({
      'other.wasm': inState(fixture('hello'), 'tampered'),
      'main.js': `const { default: instantiate } = await import('./hello.wasm?instantiate')
        await Bun.write('hello.wasm', Bun.file('other.wasm'))
        await instantiate().then(() => console.log('ran'), ({ code }) => console.log(code))`,
    })
    expect((await start(project, 'main.js')).out).toBe('DIGEST_MISMATCH')
  })

  it('does not start without a key, or with a second instance', async () => {
    const project = makeApp({ 'main.js': `console.log('started')` })
    const twice = `import { plugin } from 'bun'\n${IMPORT}plugin(signedWasm(${OPTIONS}))\nplugin(signedWasm({ mode: 'off' }))`
    for (const [preload, code] of [
      [`import { plugin } from 'bun'\n${IMPORT}plugin(signedWasm({}))`, 'NO_TRUSTED_KEYS'],
      [twice, 'PLUGIN_TWICE'],
    ]) {
      project.write({ 'preload.js': preload! })
      const ended = await start(project, 'main.js')
      expect([ended.code, ended.out]).toEqual([1, ''])
      expect(ended.err).toContain(`[signed-wasm] ${code}`)
    }
  })

  it('is that of `bun test`, and of workers that are told so', async () => {
    const project = makeApp({
      'bunfig.toml': '[test]\npreload = ["./preload.js"]\n',
      'hello.test.js': `import { expect, test } from 'bun:test'\nimport { greet } from './hello.wasm'
        test('greets', () => expect(greet('test')).toBe('Hello, test!'))`,
      'worker.js': `import { greet } from './hello.wasm'\npostMessage(greet('worker'))`,
      'main.js': `const worker = new Worker(new URL('./worker.js', import.meta.url), { preload: ['./preload.js'] })
        worker.onmessage = ({ data }) => { console.log(data); process.exit() }`,
    })
    const tested = await inBun(project, 'test')
    expect(tested.code, tested.err).toBe(0)
    expect((await start(project, 'main.js')).out).toBe('Hello, worker!')
    project.write({ 'hello.wasm': inState(fixture('hello'), 'tampered') })
    const failed = await inBun(project, 'test')
    expect([failed.code, failed.err]).toEqual([1, expect.stringContaining('CONTENT_MODIFIED hello.wasm')])
  })

  it('finds in the cache what an earlier one has made', async () => {
    const project = makeApp({ 'main.js': `import { greet } from './hello.wasm'\nconsole.log(greet('a'))` })
    expect((await start(project, 'main.js')).out).toBe('Hello, a!')
    const [entry] = project.files('node_modules/.cache/unplugin-signed-wasm')
    const before = readFileSync(project.at('node_modules/.cache/unplugin-signed-wasm', entry!))
    expect((await start(project, 'main.js')).out).toBe('Hello, a!')
    expect(readFileSync(project.at('node_modules/.cache/unplugin-signed-wasm', entry!))).toEqual(before)
  })
})

describe('outside of Bun', () => {
  it('the entry for Bun says which to take', () => {
    expect(() => plugin({})).toThrow(
      '[signed-wasm] ENTRY_MISMATCH: unplugin-signed-wasm/bun has no effect in Node, and nothing would be verified',
    )
  })

  it('the entry for esbuild knows a build of Bun when it is set up in one', () => {
    const { setup } = signedWasm.esbuild({ keys: TRUSTED_PEM })
    const bunBuild = { onBeforeParse() {}, initialOptions: {} } as unknown as PluginBuild
    return expect(async () => setup(bunBuild)).rejects.toThrow(
      "hint: import signedWasm from 'unplugin-signed-wasm/bun'",
    )
  })
})
