/** What dev servers send of files, for whatever spelling of their names. */

import { symlinkSync } from 'node:fs'
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { rspack, type Compiler as RspackCompiler } from '@rspack/core'
import { RspackDevServer } from '@rspack/dev-server'
import { build, createServer, type InlineConfig, type Logger } from 'vite'
import { afterEach, describe, expect, it } from 'vitest'
import webpack, { type Compiler } from 'webpack'
import WebpackDevServer from 'webpack-dev-server'
import { type Options, signedWasm } from '../../src/index.js'
import { build as buildWith, webpackConfig } from '../kit/bundlers.js'
import { inState, makeProject, type Project, type Status, TRUSTED_PEM } from '../kit/project.js'
import { constantComponent, coreModule } from '../kit/wat.js'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** Sends a path as it stands: other clients normalise it first. */
function ask(port: number, path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, headers, method, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    sent.on('error', reject)
    sent.end()
  })
}

const quiet: Logger = {
  info: () => {},
  warn: () => {},
  warnOnce: () => {},
  error: () => {},
  clearScreen: () => {},
  hasErrorLogged: () => false,
  hasWarned: false,
}

async function start(project: Project, config: InlineConfig, options?: Options) {
  const server = await createServer({
    root: project.root,
    configFile: false,
    customLogger: quiet,
    plugins: options === undefined ? [] : [signedWasm.vite({ keys: TRUSTED_PEM, ...options })],
    optimizeDeps: { noDiscovery: true },
    server: { port: 0, host: '127.0.0.1', fs: { allow: [project.root] }, headers: { 'x-own': '1' } },
    cacheDir: project.at(`node_modules/.vite${options === undefined ? '-plain' : ''}`),
    ...config,
  })
  stops.push(() => server.close())
  await server.listen()
  const { port } = server.httpServer!.address() as { port: number }
  return { server, port }
}

/** A project with files in every place from which a server sends, and one outside. */
async function filesIn(status: Status) {
  const bytes = inState(await constantComponent(1), status)
  const names = [
    'x.wasm',
    'UP.WASM',
    'name with space.wasm',
    'data.bin',
    'public/public.wasm',
    'public/data.bin',
  ]
  const project = makeProject({
    ...Object.fromEntries(
      [...names, 'node_modules/dep/dep.wasm', 'deep/y.wasm'].map((name) => [name, bytes]),
    ),
    'text.txt': 'text',
    'not.wasm': 'no wasm at all',
    '.env.wasm': bytes,
  })
  const outside = makeProject({ 'outside.wasm': bytes })
  symlinkSync(outside.at('outside.wasm'), project.at('public/linked.wasm'))
  symlinkSync(outside.root, project.at('public/folder'))
  symlinkSync(outside.at('outside.wasm'), project.at('linked.wasm'))
  return { project, outside, bytes }
}

const PLAIN = [
  '/x.wasm',
  '/UP.WASM',
  '/deep/y.wasm',
  '/data.bin',
  '/public.wasm',
  '/node_modules/dep/dep.wasm',
]
const SPELLINGS = [
  ...PLAIN,
  ...PLAIN.flatMap((path) => [
    `${path}/`,
    `${path}//`,
    `${path}?url`,
    `${path}?import=1`,
    `${path}?import=`,
    `${path}?import`,
  ]),
  ...[
    '?',
    '?&import=1',
    '?x&import',
    '?raw',
    '?t=1',
    '#x',
    '%3Fx',
    '%00',
    '%20',
    '.',
    ';x',
    '?import&raw',
  ].map((end) => `/x.wasm${end}`),
  ...['/./x.wasm', '//x.wasm', '/deep/../x.wasm', '/deep//y.wasm', '/%zz/../x.wasm', '/%zz/%2e%2e/x.wasm'],
  ...['/deep/%2e%2e/x.wasm', '/%2e/x.wasm', '/x%2Ewasm', '/%78.wasm', '/x%252Ewasm', '/x.%77asm', '/X.WASM'],
  ...[
    '/deep%2Fy.wasm',
    '/deep\\y.wasm',
    '/deep%5Cy.wasm',
    '/x.wasm%',
    '/%E0%A4/../x.wasm',
    '/%c0%ae%c0%ae/x.wasm',
  ],
  ...['/name%20with%20space.wasm', '/public/public.wasm', '/public/../x.wasm', '/../x.wasm', '/..%2Fx.wasm'],
  ...[
    '/linked.wasm',
    '/folder/outside.wasm',
    '/folder/../x.wasm',
    '/.env.wasm',
    '/not.wasm',
    '/text.txt',
    '/none.wasm',
  ],
  ...[
    '/@fs<root>/x.wasm',
    '/@fs/<root>/x.wasm',
    '/@fs<root>/x.wasm/',
    '/%40fs<root>/x.wasm',
    '/@fs<root>/deep/../x.wasm',
  ],
  ...[
    '/@fs<root>/data.bin',
    '/@fs<root>/x.wasm?import=1',
    '/@fs<root>/%78.wasm',
    '/@fs<root>/public/linked.wasm',
  ],
  ...[
    '/@fs<outside>/outside.wasm',
    '/@fs<outside>/none.wasm',
    '/@fs<root>/none.wasm',
    '/@fs<root>/.env.wasm',
  ],
  ...['/@id/x.wasm', '/@id/__x00__x.wasm', '/@fs<root>/%zz/%2e%2e/x.wasm', '/@fs<root>/linked.wasm'],
]

const HEADERS: OutgoingHttpHeaders[] = [
  {},
  { range: 'bytes=0-9' },
  { range: 'bytes=9-' },
  { accept: 'text/html', 'sec-fetch-dest': 'document' },
  { 'sec-fetch-dest': 'script' },
]

const isWasm = ({ body }: Answer, bytes: Uint8Array) => {
  const window = Buffer.from(bytes.subarray(9, 40))
  return body.includes(Buffer.from('\0asm', 'latin1')) || body.includes(window)
}

describe.each(['/', '/sub/'])('THREAT 40: under the base %s', (base) => {
  const spell = (path: string, { project, outside }: { project: Project; outside: Project }) =>
    base.slice(0, -1) + path.replace('<root>', project.root).replace('<outside>', outside.root)

  it('what Vite would send as a file is judged, and all else is answered as without us', async () => {
    const made = await filesIn('unsigned')
    const [plain, ours] = [await start(made.project, { base }), await start(made.project, { base }, {})]
    let judged = 0
    for (const spelling of SPELLINGS) {
      for (const headers of PLAIN.includes(spelling) ? HEADERS : [{}]) {
        const path = spell(spelling, made)
        const [without, answer] = [await ask(plain.port, path, headers), await ask(ours.port, path, headers)]
        const what = [spelling, JSON.stringify(headers)]
        expect([...what, isWasm(answer, made.bytes)]).toEqual([...what, false])
        if (isWasm(without, made.bytes)) {
          judged++
          expect([...what, answer.status]).toEqual([...what, 403])
          expect(answer.body.toString()).toContain('[signed-wasm] COMPONENT_UNSIGNED')
        } else if (without.status !== 200 || spelling.includes('.txt')) {
          // Vite itself transforms modules, and ours refuses them in `load`.
          if (answer.body.includes('[signed-wasm]')) continue
          expect([...what, answer.status]).toEqual([...what, without.status])
        }
      }
    }
    expect(judged).toBeGreaterThan(50)
  })

  it('what is sent of a signed file is what was verified', async () => {
    const made = await filesIn('signed')
    const [plain, ours] = [await start(made.project, { base }), await start(made.project, { base }, {})]
    for (const spelling of SPELLINGS) {
      const path = spell(spelling, made)
      const [without, answer] = [await ask(plain.port, path), await ask(ours.port, path)]
      if (without.status !== 200 || !isWasm(without, made.bytes)) continue
      expect([spelling, answer.status]).toEqual([spelling, 200])
      expect(new Uint8Array(answer.body)).toEqual(made.bytes)
      expect(answer.headers).toMatchObject({ 'content-type': 'application/wasm', 'x-own': '1' })
    }
    const head = await ask(ours.port, spell('/x.wasm', made), {}, 'HEAD')
    expect([head.status, head.headers['content-length']]).toEqual([200, String(made.bytes.length)])
  })
})

describe('THREAT 40: a file that the server keeps back', () => {
  const QUERIES = ['', '?', '?import', '?component', '?instantiate', '?component&import', '?instantiate&t=1']
  const MORE = [
    '?v=1',
    '?init',
    '?url',
    '?raw',
    '?attributes=%7B%22type%22%3A%22webassembly%22%7D',
    '?component#x',
  ]

  it.each(['signed', 'unsigned'] as const)('is answered for as without us, %s as it is', async (status) => {
    const made = await filesIn(status)
    const [plain, ours] = [await start(made.project, {}), await start(made.project, {}, {})]
    const kept = [`/@fs${made.outside.root}/outside.wasm`, `/@fs${made.project.root}/.env.wasm`, '/.env.wasm']
    for (const path of kept.flatMap((file) => [...QUERIES, ...MORE].map((query) => file + query))) {
      for (const headers of [{}, { 'sec-fetch-dest': 'script' }]) {
        const [without, answer] = [await ask(plain.port, path, headers), await ask(ours.port, path, headers)]
        expect([path, answer.status]).toEqual([path, without.status])
        expect(answer.body.toString()).not.toMatch(/signed-wasm|answer/)
        expect(isWasm(answer, made.bytes)).toBe(false)
      }
    }
  })

  it('is still there for the code of the project, and for a server of its own', async () => {
    const made = await filesIn('signed')
    for (const query of ['', '?component', '?instantiate']) {
      const file = `${made.outside.root}/outside.wasm`
      made.project.write({ 'main.js': `import * as all from '${file}${query}'\nglobalThis.all = all` })
      const { port, server } = await start(made.project, {}, {})
      await ask(port, '/main.js', { 'sec-fetch-dest': 'script' })
      const { status, body } = await ask(port, `/@fs${file}${query === '' ? '?import' : `${query}&import`}`)
      expect([query, status, body.includes('[signed-wasm]')]).toEqual([query, 200, false])
      await server.ssrLoadModule(`${file}${query}`)
    }
  })
})

it('THREAT 19: a file that was refused is sent when it has been signed', async () => {
  const { project, bytes } = await filesIn('unsigned')
  const { port } = await start(project, {}, {})
  expect((await ask(port, '/x.wasm')).status).toBe(403)
  project.write({ 'x.wasm': inState(await constantComponent(1), 'signed') })
  expect((await ask(port, '/x.wasm')).status).toBe(200)
  project.write({ 'x.wasm': bytes })
  expect((await ask(port, '/x.wasm')).status).toBe(403)
})

it('THREAT 40: a refusal is said once, in the log and in the overlay', async () => {
  const { project } = await filesIn('unsigned')
  const said: string[] = []
  const { port, server } = await start(
    project,
    { customLogger: { ...quiet, error: (text) => void said.push(text) } },
    {},
  )
  const shown: unknown[] = []
  const { hot } = server.environments.client
  hot.send = (...args: unknown[]) => void shown.push(args[0])
  for (let time = 0; time < 3; time++) await ask(port, '/x.wasm')
  await ask(port, '/public.wasm')
  const messages = ['COMPONENT_UNSIGNED x.wasm', 'COMPONENT_UNSIGNED public/public.wasm']
  expect(said).toEqual(messages.map((text) => expect.stringContaining(text)))
  expect(shown).toEqual(
    messages.map((text) => ({ type: 'error', err: { message: expect.stringContaining(text), stack: '' } })),
  )
})

describe('THREAT 46: core modules of packages in a dev server', () => {
  const open = async (options: Options) => {
    const lines: string[] = []
    const bytes = await coreModule()
    const project = makeProject({
      'node_modules/lib/lib.wasm': bytes,
      'node_modules/@s/other/other.wasm': bytes,
      'own.wasm': bytes,
    })
    const customLogger = { ...quiet, info: (line: string) => void lines.push(line) }
    return { ...(await start(project, { customLogger }, options)), lines, bytes }
  }

  it('are sent, and said', async () => {
    const { port, lines, bytes } = await open({})
    for (const path of [
      '/node_modules/lib/lib.wasm',
      '/node_modules/lib/lib.wasm',
      '/node_modules/@s/other/other.wasm',
    ])
      expect(new Uint8Array((await ask(port, path)).body)).toEqual(bytes)
    expect(lines.filter((line) => line.includes('not verified')).map((line) => line.split('\n')[0])).toEqual([
      "[signed-wasm] not verified, as trusted as the package's JavaScript: lib (1)",
      "[signed-wasm] not verified, as trusted as the package's JavaScript: @s/other (1), lib (1)",
    ])
    expect((await ask(port, '/own.wasm')).status).toBe(403)
  })

  it("are refused with `packages: 'verify'`, by the code and with the line of a build", async () => {
    const { port } = await open({ packages: 'verify' })
    const { status, body } = await ask(port, '/node_modules/@s/other/other.wasm')
    expect(status).toBe(403)
    expect(body.toString()).toMatch(
      /PACKAGE_UNVERIFIED.*@s\/other \(other\.wasm\)[^]*exclude: \['npm:@s\/other'\]/,
    )
    const excluded = await open({ packages: 'verify', exclude: 'npm:@s/other' })
    expect((await ask(excluded.port, '/node_modules/@s/other/other.wasm')).status).toBe(200)
  })
})

describe('THREAT 46: what code in a dev server imports as a module', () => {
  const open = async (files: Record<string, string>) => {
    const bytes = await coreModule()
    const project = makeProject({
      'package.json': JSON.stringify({ name: 'app', type: 'module', dependencies: { hello: '1' } }),
      'node_modules/hello/package.json': JSON.stringify({
        name: 'hello',
        type: 'module',
        exports: { '.': './index.js', './named': './hello.wasm', './hello.wasm': './hello.wasm' },
      }),
      'node_modules/hello/index.js': `import * as hello from './hello.wasm'\nexport default hello`,
      'node_modules/hello/hello.wasm': bytes,
      ...files,
    })
    return start(project, {}, {})
  }
  const refused = async (port: number, path: string) =>
    (await ask(port, path, { 'sec-fetch-dest': 'script' })).body.toString()

  it.each(['hello/hello.wasm', 'hello/named', './node_modules/hello/hello.wasm'])(
    'is verified where the project imports %s, so that it takes no place of a component',
    async (specifier) => {
      for (const query of specifier.endsWith('.wasm') ? ['', '?component', '?instantiate'] : ['']) {
        const { port, server } = await open({
          'main.js': `import * as all from '${specifier}${query}'\nglobalThis.all = all`,
        })
        await ask(port, '/main.js', { 'sec-fetch-dest': 'script' })
        const url = `/node_modules/hello/hello.wasm${query === '' ? '?import' : `${query}&import`}`
        expect(await refused(port, url)).toMatch(/COMPONENT_UNSIGNED|LAYER_MISMATCH/)
        await expect(server.ssrLoadModule('/main.js')).rejects.toThrow(/COMPONENT_UNSIGNED|LAYER_MISMATCH/)
      }
    },
  )

  it("is the package's where its own code imports it", async () => {
    const { port } = await open({
      'main.js': `import hello from './node_modules/hello/index.js'\nglobalThis.hello = hello`,
    })
    await ask(port, '/main.js', { 'sec-fetch-dest': 'script' })
    await ask(port, '/node_modules/hello/index.js', { 'sec-fetch-dest': 'script' })
    expect(await refused(port, '/node_modules/hello/hello.wasm?import')).not.toContain('[signed-wasm]')
  })
})

describe('THREAT 46: a copy of a core module in a public folder', () => {
  const make = async (bytes: Uint8Array) =>
    makeProject({
      'package.json': JSON.stringify({ name: 'app', type: 'module', dependencies: { lib: '1' } }),
      'node_modules/lib/package.json': JSON.stringify({ name: 'lib', version: '1.0.0' }),
      'node_modules/lib/lib.wasm': await coreModule(),
      'public/copy.wasm': bytes,
      'index.html': '<p>',
    })

  it("is the package's, in a dev server and in a build", async () => {
    const project = await make(await coreModule())
    const { port } = await start(project, {}, {})
    expect((await ask(port, '/copy.wasm')).status).toBe(200)
    const lines: string[] = []
    await buildPublic(project, {}, (line) => void lines.push(line))
    expect(lines.join()).toContain("as trusted as the package's JavaScript: lib (1)")
  })

  it("is refused with `packages: 'verify'`, as is what only has its name", async () => {
    for (const [bytes, options] of [
      [await coreModule(), { packages: 'verify' }],
      [inState(await coreModule(), 'tampered'), {}],
      [await constantComponent(1), {}],
    ] as const) {
      const project = await make(bytes)
      const { port } = await start(project, {}, options)
      expect((await ask(port, '/copy.wasm')).status).toBe(403)
      await expect(buildPublic(project, options)).rejects.toThrow('[signed-wasm]')
    }
  })
})

function buildPublic(project: Project, options: Options, inform: (line: string) => void = () => {}) {
  return build({
    root: project.root,
    configFile: false,
    customLogger: { ...quiet, info: inform },
    plugins: [signedWasm.vite({ keys: TRUSTED_PEM, ...options })],
  })
}

/** As the command line does: the options of the server are read when the plugins have been applied. */
const SERVERS = {
  webpack: async (config: object) => {
    const compiler = webpack(config as never) as unknown as Compiler
    return new WebpackDevServer(compiler.options.devServer as object, compiler)
  },
  rspack: async (config: object) => {
    const compiler = rspack(config as never) as unknown as RspackCompiler
    return new RspackDevServer(compiler.options.devServer as never, compiler)
  },
}

describe.each(['webpack', 'rspack'] as const)(
  'THREAT 19: the static folders of the dev server of %s',
  (name) => {
    const open = async (status: Status, devServer: object) => {
      const bytes = inState(await constantComponent(1), status)
      const project = makeProject({
        'main.js': `import { answer } from './x.wasm'\nconsole.log(answer())`,
        'x.wasm': inState(await constantComponent(1), 'signed'),
        'public/deep/p.wasm': bytes,
        'public/data.bin': bytes,
        'public/text.txt': 'text',
        'node_modules/lib/lib.wasm': await coreModule(),
      })
      const heard: string[] = []
      const plugin = signedWasm[name]({ keys: TRUSTED_PEM })
      const config = webpackConfig(plugin, {
        project,
        options: {},
        target: 'browser',
        mode: 'development',
        out: 'dist',
      })
      const server = await SERVERS[name]({
        ...config,
        infrastructureLogging: { level: 'info', stream: { write: (line: string) => heard.push(line) } },
        stats: 'none',
        devServer: {
          port: 0,
          host: '127.0.0.1',
          hot: false,
          client: false,
          static: project.at('public'),
          ...devServer,
        },
      })
      await server.start()
      stops.push(() => server.stop())
      const { port } = server.server!.address() as { port: number }
      return { port, bytes, heard }
    }

    it('are judged, and their files sent out of the verified buffer', async () => {
      const { port } = await open('unsigned', {})
      for (const path of ['/deep/p.wasm', '/deep/../data.bin', '/deep/p.wasm?x', '/%64ata.bin']) {
        for (const headers of [{}, { range: 'bytes=0-9' }]) {
          const answer = await ask(port, path, headers)
          expect([path, answer.status]).toEqual([path, 403])
          expect(answer.body.toString()).toContain('[signed-wasm] COMPONENT_UNSIGNED')
        }
      }
      expect((await ask(port, '/text.txt')).body.toString()).toBe('text')
      const signed = await open('signed', {})
      for (const path of ['/deep/p.wasm', '/data.bin'])
        expect(new Uint8Array((await ask(signed.port, path)).body)).toEqual(signed.bytes)
    })

    it('and what else it sends stays as it was', async () => {
      const seen: string[] = []
      const { port } = await open('signed', {
        setupMiddlewares: (all: unknown[]) => [
          (asked: { url: string }, _: unknown, next: () => void) => (seen.push(asked.url), next()),
          ...all,
        ],
      })
      const main = await ask(port, '/main.js')
      expect(main.body.toString()).toContain('answer')
      const names = new Set(main.body.toString().match(/\b[0-9a-f]+\.wasm/g))
      expect(names.size).toBe(1)
      for (const asset of names)
        expect((await ask(port, `/${asset}`)).body.subarray(0, 4).toString('latin1')).toBe('\0asm')
      expect(seen).toContain('/main.js')
    })

    it('are judged when the bundler starts, where a server has no options', async () => {
      const before = [process.cwd(), process.env['WEBPACK_SERVE']] as const
      try {
        for (const status of ['unsigned', 'signed'] as const) {
          const bytes = inState(await constantComponent(1), status)
          const project = makeProject({ 'main.js': '1', 'public/p.wasm': bytes })
          process.chdir(project.root)
          process.env['WEBPACK_SERVE'] = 'true'
          const wanted = { project, options: { keys: TRUSTED_PEM }, target: 'browser', out: 'dist' } as const
          const building = buildWith[name](wanted)
          if (status === 'signed') await building
          else await expect(building).rejects.toThrow('COMPONENT_UNSIGNED public/p.wasm')
        }
      } finally {
        process.chdir(before[0])
        if (before[1] === undefined) delete process.env['WEBPACK_SERVE']
        else process.env['WEBPACK_SERVE'] = before[1]
      }
    })

    it('say a refusal once', async () => {
      const { port, heard } = await open('unsigned', {})
      for (let time = 0; time < 3; time++) await ask(port, '/deep/p.wasm')
      expect(heard.filter((line) => line.includes('COMPONENT_UNSIGNED'))).toHaveLength(1)
    })
  },
)
