/** Cloudflare's own tools in their current versions, with workerd, the runtime of Workers; installed for the test. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeFiles } from '../kit/bindings.js'
import { fixture, inState, projectIn, REPOSITORY, type Status, TRUSTED_PEM } from '../kit/project.js'
import { blockWith } from '../kit/readme.js'
import { command, HAS_BROWSER, visit } from '../kit/run.js'
import { serve, type Served } from '../kit/serve.js'
import { constantComponent, coreModule, wasiComponent } from '../kit/wat.js'

/** Exact versions. What they depend on is the newest that they allow. */
const PACKAGES = [
  '@bytecodealliance/preview2-shim@0.26.1',
  '@cloudflare/vite-plugin@1.64.0',
  'esbuild@0.28.2',
  'vite@8.3.8',
  'wrangler@4.151.0',
]

/** With packages of its own, in other versions than those. */
const NITRO = 'nitropack@2.13.6'

/** What these tools start in, where the tests themselves run in an older Node. */
const NODE = 'node@22.23.3'
const IS_OLD = Number(process.versions.node.split('.')[0]) < 22

const IS_WANTED = process.env['SIGNED_WASM_FRAMEWORKS'] === '1'
if (!IS_WANTED)
  console.warn('\n  SKIPPED: workerd, which npm would have to install. Set SIGNED_WASM_FRAMEWORKS=1.\n')

const WORKER = `
import { greet } from './hello.wasm'
import create from './composed.wasm?instantiate'
import { run } from './random.wasm'
import { answer } from 'acme'
import core from './core.wasm'

export default {
  async fetch() {
    const { shout } = await create()
    const { exports } = await WebAssembly.instantiate(core)
    const { answer: late } = await import('./late.wasm')
    return Response.json([greet('Ada'), shout('you'), run(), answer(), exports.answer(), late()])
  },
}`
const ANSWER = JSON.stringify(['Hello, Ada!', 'Hello, you!!!', true, 7, 42, 8])

const REFUSED: readonly (readonly [Status, string])[] = [
  ['tampered', 'CONTENT_MODIFIED'],
  ['unsigned', 'COMPONENT_UNSIGNED'],
  ['unknown signer', 'SIGNER_UNTRUSTED'],
]

const env = {
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  CI: '1',
  // Where wrangler writes its logs.
  XDG_CONFIG_HOME: '',
}

let world: string
let tarball: string
/** What runs the tools. */
let node = process.execPath

const npm = async (cwd: string, ...args: string[]) => {
  const ended = await command('npm', [...args, '--no-audit', '--no-fund'], { cwd, timeoutMs: 250_000 })
  expect(ended.code, ended.output).toBe(0)
}

beforeAll(async () => {
  if (!IS_WANTED) return
  // Outside of the repository, whose own packages would be found.
  world = mkdtempSync(path.join(tmpdir(), 'signed-wasm-'))
  env.XDG_CONFIG_HOME = path.join(world, 'config')
  await npm(REPOSITORY, 'pack', '--ignore-scripts', '--pack-destination', world)
  tarball = path.join(
    world,
    readdirSync(world).find((name) => name.endsWith('.tgz'))!,
  )
  writeFiles(world, { 'package.json': '{}', 'node/package.json': '{}' })
  await npm(world, 'install', '--ignore-scripts', ...PACKAGES, tarball)
  if (!IS_OLD) return
  await npm(path.join(world, 'node'), 'install', NODE)
  node = path.join(world, 'node/node_modules/node/bin/node')
})

afterAll(() => {
  if (IS_WANTED) rmSync(world, { recursive: true, force: true, maxRetries: 5 })
})

const signed = (bytes: Uint8Array) => inState(bytes, 'signed')

/** Makes an application below the packages. */
async function makeApp(name: string, files: Record<string, string | Uint8Array> = {}) {
  const app = projectIn(path.join(world, name))
  app.write({
    'package.json': JSON.stringify({ name, type: 'module', dependencies: { acme: '1.0.0' } }),
    'release.pub': TRUSTED_PEM,
    'wrangler.json': JSON.stringify({ name, main: './src/worker.js', compatibility_date: '2026-01-01' }),
    'vite.config.js': blockWith('// vite.config.js (Cloudflare Workers)').text,
    'src/worker.js': WORKER,
    'src/hello.wasm': signed(fixture('hello')),
    'src/composed.wasm': signed(fixture('composed')),
    'src/random.wasm': signed(await wasiComponent()),
    'src/late.wasm': signed(await constantComponent(8)),
    'src/core.wasm': signed(await coreModule()),
    'node_modules/acme/package.json': JSON.stringify({
      name: 'acme',
      version: '1.0.0',
      type: 'module',
      main: 'main.js',
    }),
    'node_modules/acme/main.js': `export { answer } from './acme.wasm'`,
    'node_modules/acme/acme.wasm': signed(await constantComponent(7)),
    ...files,
  })
  const bin = (tool: string) => {
    const { bin: bins } = JSON.parse(
      readFileSync(path.join(world, `node_modules/${tool}/package.json`), 'utf8'),
    ) as {
      bin: Record<string, string>
    }
    return path.join(world, 'node_modules', tool, bins[tool]!)
  }
  return {
    ...app,
    run: (tool: string, ...args: string[]) =>
      command(node, [bin(tool), ...args], { cwd: app.root, env, timeoutMs: 120_000 }),
    serve: (tool: string, ...args: string[]) =>
      serve(node, (port) => [bin(tool), ...args, '--port', String(port)], { cwd: app.root, env }),
    wasm: () => app.files('dist').filter((file) => file.endsWith('.wasm')),
  }
}

type App = Awaited<ReturnType<typeof makeApp>>

const serving = async (starting: Promise<Served>, use: (server: Served) => Promise<void>) => {
  const server = await starting
  try {
    await use(server)
  } finally {
    await server.stop()
  }
}

/** Waits for an answer, since servers need a while to see that a file has changed. */
const answers = (server: Served, text: string) =>
  expect.poll(async () => (await server.get()).text, { timeout: 30_000 }).toContain(text)

/** The plugins the other way round. */
const turned = (config: string) => config.replace(/plugins: \[(.*), (cloudflare\(\))\]/, 'plugins: [$2, $1]')

describe.runIf(IS_WANTED).each([
  ['before', (config: string) => config],
  ['after', turned],
])("our plugin %s Cloudflare's", (order, arrange) => {
  let app: App
  beforeAll(async () => {
    app = await makeApp(`worker-${order}`)
    const config = blockWith('// vite.config.js (Cloudflare Workers)').text
    app.write({ 'vite.config.js': arrange(config) })
    expect(arrange(config) === config).toBe(order === 'before')
  })

  it('runs components in workerd, built and previewed, with nothing in the output but core modules', async () => {
    const built = await app.run('vite', 'build')
    expect(built.code, built.output).toBe(0)
    const components = app.wasm().filter((file) => app.read(`dist/${file}`)[4] === 0x0d)
    expect([app.wasm().length > 7, components]).toEqual([true, []])
    expect(built.output).toMatch(
      /\[signed-wasm\] assets\/hello\.core-\S+\.wasm is bytes \d+ to \d+ of src\/hello\.wasm/,
    )
    await serving(app.serve('vite', 'preview', '--host', '127.0.0.1'), async (server) => {
      expect(await server.get()).toEqual({ status: 200, text: ANSWER })
    })
  })

  it('runs them in the dev server, which refuses what is changed, and recovers', async () => {
    await serving(app.serve('vite', '--host', '127.0.0.1'), async (server) => {
      expect(await server.get()).toEqual({ status: 200, text: ANSWER })
      for (const [status, code] of REFUSED) {
        app.write({ 'src/hello.wasm': inState(fixture('hello'), status) })
        await answers(server, `[signed-wasm] ${code} src/hello.wasm`)
        expect((await server.get()).status).toBe(500)
        app.write({ 'src/hello.wasm': signed(fixture('hello')) })
        await answers(server, ANSWER)
      }
    })
  })

  it.each(REFUSED)(
    'stops the build when a file is %s, be it a component or a core module',
    async (status, code) => {
      for (const [file, bytes] of [
        ['src/hello.wasm', fixture('hello')],
        ['src/core.wasm', await coreModule()],
        ['node_modules/acme/acme.wasm', await constantComponent(7)],
      ] as const) {
        rmSync(app.at('dist'), { recursive: true, force: true })
        app.write({ [file]: inState(bytes, status) })
        const built = await app.run('vite', 'build')
        app.write({ [file]: signed(bytes) })
        expect([file, built.code === 0, built.output]).toEqual([
          file,
          false,
          expect.stringContaining(`[signed-wasm] ${code} ${file}`),
        ])
        expect(app.wasm()).toEqual([])
      }
    },
  )

  it('does not start a dev server with a core module that is refused', async () => {
    app.write({ 'src/core.wasm': inState(await coreModule(), 'tampered') })
    await expect(app.serve('vite', '--host', '127.0.0.1')).rejects.toThrow(
      '[signed-wasm] CONTENT_MODIFIED src/core.wasm',
    )
    app.write({ 'src/core.wasm': signed(await coreModule()) })
  })
})

describe.runIf(IS_WANTED)('a Worker', () => {
  it('cannot check its files again, and says so', async () => {
    const app = await makeApp('rechecking')
    const config = Buffer.from(app.read('vite.config.js')).toString()
    app.write({ 'vite.config.js': config.replace("['release.pub']", "['release.pub'], recheck: 'digest'") })
    const built = await app.run('vite', 'build')
    expect([built.code === 0, built.output]).toEqual([
      false,
      expect.stringContaining('RECHECK_UNSUPPORTED src/'),
    ])
  })

  it('may have pages that import a component, when it does not itself', async () => {
    const app = await makeApp('pages', {
      'index.html': '<!doctype html><script type="module" src="/src/page.js"></script>',
      'src/page.js': `import { greet } from './hello.wasm'\nglobalThis.answers = greet('page')`,
      'src/worker.js': `export default { fetch: () => new Response('worker') }`,
    })
    const built = await app.run('vite', 'build')
    expect(built.code, built.output).toBe(0)
    expect(app.wasm()).toEqual([expect.stringMatching(/^client\/assets\/hello-\S+\.wasm$/)])
    expect(app.read(`dist/${app.wasm()[0]}`)).toEqual(app.read('src/hello.wasm'))
    if (!HAS_BROWSER) return
    for (const args of [['preview'], []])
      await serving(app.serve('vite', ...args, '--host', '127.0.0.1'), async ({ address }) => {
        expect(await visit(address)).toEqual({ answers: 'Hello, page!' })
      })
  })
})

describe.runIf(IS_WANTED)('wrangler over what esbuild has made', () => {
  let app: App
  const bundle = async () => {
    rmSync(app.at('dist'), { recursive: true, force: true })
    return command(node, ['build.js'], { cwd: app.root, env })
  }
  beforeAll(async () => {
    app = await makeApp('bundled', {
      'build.js': blockWith('// build.js (esbuild, for Workers)').text,
      // The loader of esbuild for core modules of one's own is another matter.
      'src/worker.js': WORKER.replace("import core from './core.wasm'", '')
        .replace('const { exports } = await WebAssembly.instantiate(core)', '')
        .replace('exports.answer()', '42'),
      'wrangler.json': JSON.stringify({
        name: 'bundled',
        main: 'dist/worker.js',
        compatibility_date: '2026-01-01',
      }),
    })
  })

  it('runs components in workerd, and would deploy the files that were verified', async () => {
    const built = await bundle()
    expect(built.code, built.output).toBe(0)
    expect(built.output).toMatch(
      /\[signed-wasm\] hello\.core-\S+\.wasm is bytes \d+ to \d+ of src\/hello\.wasm/,
    )
    const dry = await app.run('wrangler', 'deploy', '--dry-run', '--outdir', 'deployed')
    expect(dry.code, dry.output).toBe(0)
    const deployed = app.files('deployed').filter((file) => file.endsWith('.wasm'))
    const contents = deployed.map((file) => Buffer.from(app.read(`deployed/${file}`)).toString('hex'))
    expect(contents.toSorted()).toEqual(
      app
        .wasm()
        .map((file) => Buffer.from(app.read(`dist/${file}`)).toString('hex'))
        .toSorted(),
    )
    await serving(app.serve('wrangler', 'dev', '--ip', '127.0.0.1'), async (server) => {
      expect(await server.get()).toEqual({ status: 200, text: ANSWER })
    })
  })

  it.each(REFUSED)('has nothing to take when a component is %s', async (status, code) => {
    app.write({ 'src/hello.wasm': inState(fixture('hello'), status) })
    const built = await bundle()
    app.write({ 'src/hello.wasm': signed(fixture('hello')) })
    expect([built.code === 0, built.output]).toEqual([
      false,
      expect.stringContaining(`[signed-wasm] ${code} src/hello.wasm`),
    ])
    expect(app.files('dist')).toEqual([])
  })
})

describe.runIf(IS_WANTED)('Nitro, whose unwasm takes core modules', () => {
  let app: App
  const nitro = (...args: string[]) => [app.at('node_modules/nitropack/dist/cli/index.mjs'), ...args]
  const bundle = () => command(node, nitro('build'), { cwd: app.root, env, timeoutMs: 120_000 })
  const wasm = () => app.files('.output').filter((file) => file.endsWith('.wasm'))

  beforeAll(async () => {
    const handler = WORKER.replaceAll("'./", "'../src/")
      .replace('export default {\n  async fetch() {', 'export default eventHandler(async () => {')
      .replace('return Response.json(', 'return (')
      .replace('  },\n}', '})')
      // Its dev server leaves packages to Node, which cannot import a component.
      .replace("import { answer } from 'acme'", 'const answer = () => 7')
      // What unwasm gives for `?module` is the module, and without it the exports.
      .replace('core.wasm', 'core.wasm?module')
    app = await makeApp('nitro', {
      'package.json': JSON.stringify({ name: 'nitro', private: true, type: 'module' }),
      'nitro.config.ts': blockWith('// nitro.config.ts (Nitro, for Workers)').text,
      'routes/index.ts': handler,
    })
    await npm(app.root, 'install', '--ignore-scripts', NITRO, tarball)
  })

  it('runs components in workerd when built', async () => {
    const built = await bundle()
    expect(built.code, built.output).toBe(0)
    expect(built.output).toMatch(
      /\[signed-wasm\] assets\/hello\.core-\S+\.wasm is bytes \d+ to \d+ of src\/hello\.wasm/,
    )
    // As Nitro says at the end of a build.
    const args = ['dev', '.output/server/index.mjs', '--assets', '.output/public', '--ip', '127.0.0.1']
    await serving(app.serve('wrangler', ...args), async (server) => {
      expect(JSON.parse((await server.get()).text)).toEqual(JSON.parse(ANSWER))
    })
  })

  it.each(REFUSED)(
    'stops the build when a file is %s, be it a component or a core module',
    async (status, code) => {
      for (const [file, bytes] of [
        ['src/hello.wasm', fixture('hello')],
        ['src/core.wasm', await coreModule()],
      ] as const) {
        // unwasm reads core modules before anybody else.
        const said = file === 'src/core.wasm' ? 'UNVERIFIED_WASM wasm/core-' : `${code} ${file}`
        rmSync(app.at('.output'), { recursive: true, force: true })
        app.write({ [file]: inState(bytes, status) })
        const built = await bundle()
        app.write({ [file]: signed(bytes) })
        expect([file, built.code === 0, built.output]).toEqual([
          file,
          false,
          expect.stringContaining(`[signed-wasm] ${said}`),
        ])
        expect(wasm()).toEqual([])
      }
    },
  )

  it('runs them in its dev server, which refuses what is changed, and recovers', async () => {
    const starting = serve(node, (port) => nitro('dev', '--host', '127.0.0.1', '--port', String(port)), {
      cwd: app.root,
      env,
    })
    await serving(starting, async (server) => {
      await answers(server, 'Hello, Ada!')
      app.write({ 'src/hello.wasm': inState(fixture('hello'), 'tampered') })
      await expect
        .poll(() => server.output(), { timeout: 30_000 })
        .toContain('[signed-wasm] CONTENT_MODIFIED src/hello.wasm')
      // Saved again now and then, as one does: on a busy machine Nitro was seen to stay with a worker that had failed.
      const again = setInterval(() => app.write({ 'src/hello.wasm': signed(fixture('hello')) }), 10_000)
      app.write({ 'src/hello.wasm': signed(fixture('hello')) })
      await answers(server, 'Hello, Ada!').finally(() => clearInterval(again))
    })
  })
})
