/** Next.js, with Turbopack and with webpack, as users have it: installed for the test, with this package out of its tarball. */

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { formatPublicKey } from '../../src/trust/keys/write.js'
import { generateKey } from '../../src/trust/keys/trusted-key.js'
import { sign } from '../../src/trust/sign.js'
import {
  fixture,
  inState,
  type Project,
  projectIn,
  REPOSITORY,
  type Status,
  TRUSTED,
  TRUSTED_PEM,
} from '../kit/project.js'
import { blockWith } from '../kit/readme.js'
import { command, HAS_BROWSER, visit } from '../kit/run.js'
import { freePort } from '../kit/serve.js'
import { constantComponent, coreModule } from '../kit/wat.js'

const IS_WANTED = process.env['SIGNED_WASM_FRAMEWORKS'] === '1'
if (!IS_WANTED)
  console.warn('\n  SKIPPED: Next.js, which npm would have to install. Set SIGNED_WASM_FRAMEWORKS=1.\n')

// Several builds of a whole application each.
vi.setConfig({ testTimeout: 400_000 })

/** Exact versions. What they depend on is the newest that they allow. */
const NEXT = 'next@16.4.6'
const OLD_NEXT = 'next@15.5.29'
const PACKAGES = [
  'react@19.3.1',
  'react-dom@19.3.1',
  'typescript@5.9.3',
  '@types/react@19.3.0',
  '@types/node@20.19.43',
  '@bytecodealliance/preview2-shim@0.26.1',
]

const CONFIG = blockWith('// next.config.ts (Next.js)').text
const KEYS = `{ keys: ['release.pub'] }`
const OPTIONS = `{ keys: ['release.pub'], imports: { 'acme:app/directory@1.0.0': './lib/directory.ts', log: './lib/log.ts' } }`

const signed = (bytes: Uint8Array) => inState(bytes, 'signed')

/** An application that has components everywhere. */
const files = async (): Promise<Record<string, string | Uint8Array>> => ({
  'package.json': JSON.stringify({ name: 'app', private: true, dependencies: { 'acme-hello': '1.0.0' } }),
  'release.pub': TRUSTED_PEM,
  'next.config.ts': CONFIG.replace(KEYS, OPTIONS),
  'tsconfig.json': TSCONFIG,
  'app/hello.wasm': signed(fixture('hello')),
  'app/number.wasm': signed(await constantComponent(1)),
  'app/composed.wasm': signed(fixture('composed')),
  'app/host.wasm': signed(fixture('host')),
  'app/wasi.wasm': signed(fixture('wasi')),
  'lib/directory.ts': `export const lookup = (key: string) => 'value of ' + key`,
  'lib/log.ts': `export default (message: string) => void Object.assign(globalThis, { logged: message })`,
  'app/layout.tsx': `import type { ReactNode } from 'react'
    export default ({ children }: { children: ReactNode }) => <html><body>{children}</body></html>`,
  'app/page.tsx': `import hello, { greet } from '@/app/hello.wasm'
    import instantiate from './hello.wasm?instantiate'
    import { answer } from 'acme-hello'
    export default async function Page() {
      const own = await instantiate()
      return <h1>{[greet('Ada'), hello.answer(), own.answer(), answer()].join(' ')}</h1>
    }`,
  'app/client/page.tsx': `'use client'
    import { useEffect } from 'react'
    import { greet } from '../hello.wasm'
    import { shout } from '../composed.wasm'
    import { run } from '../host.wasm'
    export default function Page() {
      useEffect(() => void Object.assign(globalThis, { answers: [greet('you'), shout('you'), run('key')] }), [])
      return <h1>{greet('server')}</h1>
    }`,
  'app/api/route.ts': `import { shout } from '../composed.wasm'
    import { run } from '../host.wasm'
    import { run as useWasi } from '../wasi.wasm'
    export const dynamic = 'force-dynamic'
    export const GET = () => Response.json([shout('you'), run('key'), useWasi()])`,
  'app/edge/route.ts': `import { greet } from '../hello.wasm'
    export const runtime = 'edge'
    export const GET = () => Response.json(greet('edge'))`,
  'app/number/route.ts': `import { answer } from '../number.wasm'
    export const dynamic = 'force-dynamic'
    export const GET = () => Response.json(answer())`,
})

/** As `create-next-app` makes it. */
const TSCONFIG = JSON.stringify({
  compilerOptions: {
    target: 'ES2017',
    lib: ['dom', 'dom.iterable', 'esnext'],
    allowJs: true,
    skipLibCheck: true,
    strict: true,
    noEmit: true,
    esModuleInterop: true,
    module: 'esnext',
    moduleResolution: 'bundler',
    resolveJsonModule: true,
    isolatedModules: true,
    jsx: 'react-jsx',
    incremental: true,
    plugins: [{ name: 'next' }],
    paths: { '@/*': ['./*'] },
  },
  include: ['next-env.d.ts', '**/*.ts', '**/*.tsx', '.next/types/**/*.ts', '.next/dev/types/**/*.ts'],
  exclude: ['node_modules'],
})

/** A package with a component of its own. */
const ACME: Record<string, string> = {
  'node_modules/acme-hello/package.json': JSON.stringify({
    name: 'acme-hello',
    version: '1.0.0',
    type: 'module',
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
  }),
  'node_modules/acme-hello/index.js': `export { answer } from './hello.wasm'`,
  'node_modules/acme-hello/index.d.ts': 'export declare function answer(): number',
}

interface App extends Project {
  next(...args: string[]): ReturnType<typeof command>
}

const made: string[] = []

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** Makes an application outside of the repository, whose own packages would be found. */
async function makeApp(next: string): Promise<App> {
  const root = mkdtempSync(path.join(tmpdir(), 'signed-wasm-'))
  made.push(root)
  const project = projectIn(root)
  project.write({ 'package.json': JSON.stringify({ name: 'app', private: true }) })
  const pack = ['pack', '--ignore-scripts', '--pack-destination', root]
  const packed = await command('npm', pack, { cwd: REPOSITORY })
  expect(packed.code, packed.output).toBe(0)
  const tarball = readdirSync(root).find((name) => name.endsWith('.tgz'))!
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts']
  const install = ['install', ...quiet, next, ...PACKAGES, path.join(root, tarball)]
  const installed = await command('npm', install, { cwd: root, timeoutMs: 280_000 })
  expect(installed.code, installed.output).toBe(0)
  project.write({
    ...(await files()),
    ...ACME,
    'node_modules/acme-hello/hello.wasm': signed(fixture('hello')),
  })
  const bin = project.at('node_modules/next/dist/bin/next')
  return {
    ...project,
    next: (...args) => command(process.execPath, [bin, ...args], { cwd: root, env: ENV, timeoutMs: 280_000 }),
  }
}

const ENV = { NEXT_TELEMETRY_DISABLED: '1', CI: '1' }

interface Server {
  origin: string
  output(): string
  /** The text at an address. */
  get(name: string): Promise<string>
  stop(): void
}

/** Starts a server, and waits until it listens. */
async function start({ root, at }: App, ...args: string[]): Promise<Server> {
  const port = String(await freePort())
  const bin = at('node_modules/next/dist/bin/next')
  const env = {
    ...process.env,
    ...ENV,
    NODE_ENV: undefined,
    VITEST: undefined,
  } as unknown as NodeJS.ProcessEnv
  // In a group of its own, as it starts others.
  const child = spawn(process.execPath, [bin, ...args, '-p', port], { cwd: root, env, detached: true })
  let output = ''
  child.stdout.on('data', (data) => (output += data))
  child.stderr.on('data', (data) => (output += data))
  // Its dev server takes other names of this machine for strangers.
  const origin = `http://localhost:${port}`
  while ((await fetch(origin).catch(() => undefined)) === undefined) {
    if (child.exitCode !== null) throw new Error(output)
    await pause(200)
  }
  return {
    origin,
    output: () => output,
    get: async (name) => (await fetch(origin + name)).text(),
    stop: () => void process.kill(-child.pid!, 'SIGKILL'),
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function withServer(server: Promise<Server>, use: (server: Server) => Promise<void>): Promise<void> {
  const started = await server
  try {
    await use(started)
  } finally {
    started.stop()
  }
}

/** What the application answers everywhere. */
async function expectAnswers({ origin, get }: Server): Promise<void> {
  expect(await get('/')).toContain('<h1>Hello, Ada! 42 42 42</h1>')
  expect(await get('/client')).toContain('<h1>Hello, server!</h1>')
  expect(JSON.parse(await get('/api'))).toEqual([
    'Hello, you!!!',
    'key is value of key',
    'stdout clock random',
  ])
  expect(JSON.parse(await get('/edge'))).toBe('Hello, edge!')
  expect(JSON.parse(await get('/number'))).toBe(1)
  if (HAS_BROWSER)
    expect(await visit(`${origin}/client`)).toEqual({
      answers: ['Hello, you!', 'Hello, you!!!', 'key is value of key'],
    })
}

const REFUSED: readonly [Status, string][] = [
  ['tampered', 'CONTENT_MODIFIED'],
  ['unsigned', 'COMPONENT_UNSIGNED'],
  ['unknown signer', 'SIGNER_UNTRUSTED'],
]

let app: App

/** Whether there is something that could be started. */
const isBuilt = ({ at }: App) => existsSync(at('.next/BUILD_ID'))

async function build(flags: readonly string[]) {
  rmSync(app.at('.next/BUILD_ID'), { force: true })
  return app.next('build', ...flags)
}

async function expectRefusal(flags: readonly string[], ...texts: string[]): Promise<void> {
  const { code, output } = await build(flags)
  expect(code, output).not.toBe(0)
  for (const text of texts) expect(output).toContain(text)
  expect(isBuilt(app)).toBe(false)
}

async function expectBuilt(flags: readonly string[]): Promise<string> {
  const { code, output } = await build(flags)
  expect(code, output).toBe(0)
  return output
}

/** Asks until the answer is there, as watching takes its time. */
async function expectSoon({ get }: Server, name: string, text: string): Promise<void> {
  let last = ''
  for (let i = 0; i < 100; i++) {
    last = await get(name)
    if (last.includes(text)) return
    await pause(300)
  }
  expect(last).toContain(text)
}

describe.runIf(IS_WANTED)(NEXT, () => {
  beforeAll(async () => {
    app = await makeApp(NEXT)
  })

  describe.each([
    ['Turbopack', []],
    ['webpack', ['--webpack']],
  ])('with %s', (_, flags) => {
    it('builds, with exact types, and runs', async () => {
      const output = await expectBuilt(flags)
      expect(output.match(/\[signed-wasm\] strict, 1 trusted key: release\.pub/g)).toHaveLength(1)
      const shipped = app.files('.next/static').filter((file) => file.endsWith('.wasm'))
      const contents = shipped.map((file) => Buffer.from(app.read(`.next/static/${file}`)).toString('hex'))
      const wanted = ['hello', 'composed', 'host'].map((one) =>
        Buffer.from(app.read(`app/${one}.wasm`)).toString('hex'),
      )
      expect(contents.toSorted()).toEqual(wanted.toSorted())
      await withServer(start(app, 'start'), expectAnswers)
    })

    it('is red with wrong uses of a component', async () => {
      app.write({
        'app/wrong/route.ts': `import { greet } from '../hello.wasm'
          export const GET = () => Response.json(greet(1))`,
      })
      await expectRefusal(flags, "not assignable to parameter of type 'string'").finally(() =>
        rmSync(app.at('app/wrong'), { recursive: true }),
      )
    })

    it.each(REFUSED)('stops when a component is %s', async (status, code) => {
      app.write({ 'app/number.wasm': inState(await constantComponent(1), status) })
      await expectRefusal(flags, `[signed-wasm] ${code} app/number.wasm`)
      app.write({ 'app/number.wasm': signed(await constantComponent(1)) })
    })

    it('stops when that of a package is tampered', async () => {
      const file = 'node_modules/acme-hello/hello.wasm'
      app.write({ [file]: inState(fixture('hello'), 'tampered') })
      await expectRefusal(flags, `[signed-wasm] CONTENT_MODIFIED ${file}`)
      app.write({ [file]: signed(fixture('hello')) })
    })

    it('stops when the public folder holds one that is unsigned', async () => {
      app.write({ 'public/x.wasm': await constantComponent(1) })
      await expectRefusal(flags, '[signed-wasm] COMPONENT_UNSIGNED public/x.wasm')
      rmSync(app.at('public'), { recursive: true })
    })

    it('stops when a key is not trusted any more, whatever is in a cache', async () => {
      await expectBuilt(flags)
      app.write({ 'release.pub': strangerPem() })
      await expectRefusal(flags, '[signed-wasm] SIGNER_UNTRUSTED')
      app.write({ 'release.pub': TRUSTED_PEM })
      await expectBuilt(flags)
    })

    it('follows changes in the dev server, and refuses in it', async () => {
      await withServer(start(app, 'dev', ...flags), async (server) => {
        await expectAnswers(server)
        app.write({ 'app/number.wasm': signed(await constantComponent(2)) })
        await expectSoon(server, '/number', '2')
        for (const [status, code] of REFUSED) {
          app.write({ 'app/number.wasm': inState(await constantComponent(3), status) })
          await expectSoon(server, '/number', `[signed-wasm] ${code} app/number.wasm`)
        }
        app.write({ 'app/number.wasm': signed(await constantComponent(1)) })
        await expectSoon(server, '/number', '1')
        app.write({ 'release.pub': strangerPem() })
        await expectSoon(server, '/number', '[signed-wasm] SIGNER_UNTRUSTED')
        app.write({ 'release.pub': TRUSTED_PEM })
        await expectSoon(server, '/number', '1')
        app.write({
          'app/hello.wasm': signed(Buffer.concat([fixture('hello'), Uint8Array.of(0, 3, 1, 120, 121)])),
        })
        await expectAnswers(server)
      })
      app.write({ 'app/hello.wasm': signed(fixture('hello')) })
    })
  })

  describe('with Turbopack, which tells plugins little', () => {
    /** A route in a script that nobody checks the types of, and what else there is for it. */
    const write = (script: string, more: Record<string, string | Uint8Array> = {}) =>
      app.write({ 'app/more/route.js': `${script}\nexport const dynamic = 'force-dynamic'`, ...more })
    const configure = (options: string) => app.write({ 'next.config.ts': CONFIG.replace(KEYS, options) })
    const more = (options: string) => OPTIONS.replace('{', `{ ${options},`)

    afterEach(() => {
      rmSync(app.at('app/more'), { recursive: true, force: true })
      configure(OPTIONS)
    })

    it('refuses a component that comes after the dev server, with the reason, until that is started again', async () => {
      await withServer(start(app, 'dev'), async (server) => {
        expect(await server.get('/number')).toBe('1')
        write(`import { answer } from './late.wasm'\nexport const GET = () => Response.json(answer())`, {
          'app/more/late.wasm': signed(await constantComponent(7)),
        })
        await expectSoon(server, '/more', '[signed-wasm] COMPONENT_UNLISTED app/more/late.wasm')
      })
      await withServer(start(app, 'dev'), (server) => expectSoon(server, '/more', '7'))
    })

    it('waits for keys and signatures beside files that are not there yet', async () => {
      configure(more('detached: true'))
      const bytes = await constantComponent(8)
      write(`import { answer } from './x.wasm'\nexport const GET = () => Response.json(answer())`, {
        'app/more/x.wasm': bytes,
      })
      await withServer(start(app, 'dev'), async (server) => {
        await expectSoon(server, '/more', '[signed-wasm] COMPONENT_UNSIGNED app/more/x.wasm')
        app.write({ 'app/more/x.wasm.sig': sign(bytes, TRUSTED).signature })
        await expectSoon(server, '/more', '8')
        rmSync(app.at('release.pub'))
        await expectSoon(server, '/more', '[signed-wasm] KEY_NOT_FOUND')
        app.write({ 'release.pub': TRUSTED_PEM })
        await expectSoon(server, '/more', '8')
      })
      await expectBuilt([])
      app.write({ 'app/more/x.wasm.sig': sign(await constantComponent(9), TRUSTED).signature })
      await expectRefusal([], '[signed-wasm] CONTENT_MODIFIED app/more/x.wasm')
    })

    it('leaves a package the file that it takes the address of, once that is judged', async () => {
      const acme = 'node_modules/acme-hello'
      app.write({
        [`${acme}/index.js`]: `${ACME[`${acme}/index.js`]}\nexport default new URL('./data.wasm', import.meta.url).href`,
        [`${acme}/data.wasm`]: signed(await constantComponent(3)),
      })
      write(`import url from 'acme-hello'\nexport const GET = () => Response.json(url)`)
      await expectBuilt([])
      const media = app.files('.next/static/media').filter((file) => /^data\..*\.wasm$/.test(file))
      expect(media.map((file) => Buffer.from(app.read(`.next/static/media/${file}`)))).toEqual([
        Buffer.from(app.read(`${acme}/data.wasm`)),
      ])
      app.write({ [`${acme}/data.wasm`]: await constantComponent(3) })
      await expectRefusal([], `[signed-wasm] COMPONENT_UNSIGNED ${acme}/data.wasm`)
      rmSync(app.at(acme, 'data.wasm'))
      app.write(ACME)
    })

    it('judges core modules, but for those that packages bring for themselves', async () => {
      const acme = 'node_modules/acme-hello'
      write(`import { answer } from './core.wasm'\nexport const GET = () => Response.json(answer())`, {
        'app/more/core.wasm': signed(await coreModule()),
      })
      await expectBuilt([])
      await withServer(start(app, 'start'), async ({ get }) => expect(await get('/more')).toBe('42'))
      app.write({ 'app/more/core.wasm': await coreModule() })
      await expectRefusal([], '[signed-wasm] COMPONENT_UNSIGNED app/more/core.wasm')

      write(`import url from 'acme-hello'\nexport const GET = () => Response.json(url)`, {
        [`${acme}/index.js`]: `${ACME[`${acme}/index.js`]}\nexport default new URL('./core.wasm', import.meta.url).href`,
        [`${acme}/core.wasm`]: await coreModule(),
      })
      await expectBuilt([])
      configure(more(`packages: 'verify'`))
      await expectRefusal([], '[signed-wasm] PACKAGE_UNVERIFIED', 'acme-hello (core.wasm)')
      configure(OPTIONS)
      // In the place of a component that the project imports.
      write(
        `import { answer } from 'acme-hello/core.wasm'\nexport const GET = () => Response.json(answer())`,
        {
          [`${acme}/package.json`]: ACME[`${acme}/package.json`]!.replace(
            '".":',
            '"./core.wasm":"./core.wasm",".":',
          ),
        },
      )
      await expectRefusal([], `[signed-wasm] COMPONENT_UNSIGNED ${acme}/core.wasm`)
      rmSync(app.at(acme, 'core.wasm'))
      app.write(ACME)
    })

    it('looks at what was built in the end', async () => {
      const text = Buffer.from(await constantComponent(4)).toString('base64')
      write(`const text = '${text}'\nexport const GET = () => Response.json(text + Math.random())`)
      await expectRefusal([], '[signed-wasm] UNVERIFIED_WASM server/')
      const left = app
        .files('.next/server')
        .filter((file) => Buffer.from(app.read(`.next/server/${file}`)).includes(text))
      expect(left).toEqual([])
    })

    it('warns where it is lenient', async () => {
      configure(more(`mode: 'lenient'`))
      app.write({ 'app/number.wasm': await constantComponent(1) })
      expect(await expectBuilt([])).toContain('[signed-wasm] COMPONENT_UNSIGNED app/number.wasm')
      app.write({ 'app/number.wasm': signed(await constantComponent(1)) })
    })
  })

  it.each([
    ['next.config.ts', CONFIG],
    [
      'next.config.mjs',
      `import { withSignedWasm } from 'unplugin-signed-wasm/next'\nexport default withSignedWasm(async () => ({}), ${KEYS})`,
    ],
    [
      'next.config.js',
      `const { withSignedWasm } = require('unplugin-signed-wasm/next')\nmodule.exports = withSignedWasm({}, ${KEYS})`,
    ],
  ])('reads %s', async (name, text) => {
    rmSync(app.at('next.config.ts'))
    app.write({ [name]: text })
    const script = `const { default: load } = require('next/dist/server/config')
      load('phase-production-build', process.cwd()).then(({ turbopack }) => console.log(Object.keys(turbopack.rules).join()))`
    const ended = await command(process.execPath, ['-e', script], { cwd: app.root, env: ENV })
    rmSync(app.at(name))
    app.write({ 'next.config.ts': CONFIG.replace(KEYS, OPTIONS) })
    expect(ended.stdout, ended.output).toContain('*.[wW][aA][sS][mM]')
    expect(ended.output).not.toMatch(/invalid next\.config|ExperimentalWarning/i)
  })
})

describe.runIf(IS_WANTED)(OLD_NEXT, () => {
  beforeAll(async () => {
    app = await makeApp(OLD_NEXT)
  })

  it('builds with webpack, and runs', async () => {
    await expectBuilt([])
    await withServer(start(app, 'start'), expectAnswers)
    app.write({ 'app/number.wasm': inState(await constantComponent(1), 'tampered') })
    await expectRefusal([], '[signed-wasm] CONTENT_MODIFIED app/number.wasm')
    app.write({ 'app/number.wasm': signed(await constantComponent(1)) })
  })

  it('is refused with its Turbopack', async () => {
    await expectRefusal(['--turbopack'], `[signed-wasm] NEXT_UNSUPPORTED: Turbopack of Next.js 15.5.29`)
  })
})

const strangerPem = () => Buffer.from(formatPublicKey(generateKey(), 'pem')).toString()
