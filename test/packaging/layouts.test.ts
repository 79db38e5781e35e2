/** Workspaces as package managers lay them out, from the packed tarball: an app, and a library beside it that has components. */

import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeFiles } from '../kit/bindings.js'
import { fixture, inState, REPOSITORY, TRUSTED_PEM, type Status } from '../kit/project.js'
import { command, type Ended } from '../kit/run.js'
import { installRuntime, IS_WANTED, sayIfSkipped } from '../kit/runtimes.js'

sayIfSkipped("Bun's layouts")

const { devDependencies } = JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>
}
const packages = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, devDependencies[name]]))

const world = mkdtempSync(path.join(tmpdir(), 'signed-wasm layouts-'))
afterAll(() => rmSync(world, { recursive: true, force: true, maxRetries: 5 }))

let tarball: string
let registry: string
beforeAll(async () => {
  const folder = path.join(world, 'packed')
  writeFiles(folder, { '.keep': '' })
  await succeed('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], REPOSITORY)
  tarball = path.join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz'))!,
  )
  registry = (await succeed('npm', ['config', 'get', 'registry'], world)).stdout.trim().replace(/\/$/, '')
})

async function succeed(file: string, args: readonly string[], cwd: string): Promise<Ended> {
  const ended = await command(file, args, { cwd, timeoutMs: 240_000 })
  expect(ended.code, `${file} ${args.join(' ')}\n${ended.output}`).toBe(0)
  return ended
}

interface Layout {
  name: string
  /** How the app names the library. */
  link: string
  /** Files at the top. */
  files?(): Record<string, string>
  install(root: string): Promise<unknown>
  /** Whether the app has its packages in a folder of its own. */
  isStrict: boolean
}

const YARN = path.join(REPOSITORY, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js')
const PNPM = path.join(REPOSITORY, 'node_modules/pnpm/bin/pnpm.cjs')

const yarnFiles = (nodeLinker: string) => () => ({
  'yarn.lock': '',
  '.yarnrc.yml': JSON.stringify({
    nodeLinker,
    enableTelemetry: false,
    enableGlobalCache: false,
    globalFolder: path.join(world, 'yarn'),
    npmRegistryServer: registry,
    unsafeHttpWhitelist: ['*'],
  }),
})

const LAYOUTS: readonly Layout[] = [
  {
    name: 'npm',
    link: '*',
    install: (root) => succeed('npm', ['install', '--no-audit', '--no-fund'], root),
    isStrict: false,
  },
  {
    name: 'pnpm',
    link: 'workspace:*',
    files: () => ({ 'pnpm-workspace.yaml': 'packages:\n  - packages/*\n' }),
    install: (root) =>
      succeed(process.execPath, [PNPM, 'install', '--store-dir', path.join(world, 'store')], root),
    isStrict: true,
  },
  {
    name: 'Yarn with node_modules',
    link: 'workspace:*',
    files: yarnFiles('node-modules'),
    install: (root) => succeed(process.execPath, [YARN, 'install', '--no-immutable'], root),
    isStrict: false,
  },
  {
    name: 'Yarn with links',
    link: 'workspace:*',
    files: yarnFiles('pnpm'),
    install: (root) => succeed(process.execPath, [YARN, 'install', '--no-immutable'], root),
    isStrict: true,
  },
]

let bun: string
const BUN_LAYOUTS: readonly Layout[] = ([true, false] as const).map((isStrict) => ({
  name: `Bun, ${isStrict ? 'isolated' : 'hoisted'}`,
  link: 'workspace:*',
  files: () => ({
    'bunfig.toml': `[install]\nregistry = "${registry}"\nlinker = "${isStrict ? 'isolated' : 'hoisted'}"\n`,
  }),
  install: (root) =>
    succeed(bun, ['install', '--ignore-scripts', '--cache-dir', path.join(world, 'bun')], root),
  isStrict,
}))

function makeWorkspace({ name, link, files }: Layout): string {
  const root = path.join(world, name.replaceAll(/\W+/g, '-'))
  const json = (value: object) => JSON.stringify(value, null, 2)
  writeFiles(root, {
    'package.json': json({ name: 'world', private: true, workspaces: ['packages/*'] }),
    'packages/lib/package.json': json({
      name: 'acme-lib',
      version: '1.0.0',
      type: 'module',
      exports: { '.': './index.js', './hello.wasm': './dist/hello.wasm' },
    }),
    'packages/lib/index.js': `export { run } from './dist/wasi.wasm'`,
    'packages/lib/dist/hello.wasm': inState(fixture('hello'), 'signed'),
    'packages/lib/dist/wasi.wasm': inState(fixture('wasi'), 'signed'),
    'packages/app/package.json': json({
      name: 'app',
      private: true,
      type: 'module',
      dependencies: {
        'acme-lib': link,
        'unplugin-signed-wasm': `file:${tarball}`,
        ...packages('@bytecodealliance/preview2-shim', 'vite'),
      },
    }),
    'packages/app/release.pub': TRUSTED_PEM,
    'packages/app/own.wasm': inState(fixture('hello'), 'signed'),
    'packages/app/main.js': `import { greet } from 'acme-lib/hello.wasm'
      import { run } from 'acme-lib'
      import own from './own.wasm'
      console.log(JSON.stringify([greet('lib'), own.greet('app'), run()]))
      process.exit()`,
    'packages/app/vite.config.js': `import signedWasm from 'unplugin-signed-wasm/vite'
      export default { plugins: [signedWasm({ keys: ['release.pub'] })], build: { ssr: 'main.js' } }`,
    'packages/app/wasm.mjs': `import { register } from 'unplugin-signed-wasm/node'\nregister({ keys: ['release.pub'] })`,
    'packages/app/preload.js': `import { plugin } from 'bun'\nimport signedWasm from 'unplugin-signed-wasm/bun'
      plugin(signedWasm({ keys: ['release.pub'] }))`,
    'packages/app/build.js': `import signedWasm from 'unplugin-signed-wasm/bun'
      await Bun.build({ entrypoints: ['main.js'], outdir: 'dist', target: 'bun', plugins: [signedWasm({ keys: ['release.pub'] })] })`,
    ...files?.(),
  })
  return root
}

const ANSWERS = '["Hello, lib!","Hello, app!","stdout clock random"]'

function describeLayout(layout: Layout): void {
  describe(`a workspace of ${layout.name}`, () => {
    let root: string
    let app: string
    const run = (file: string, ...args: string[]) => command(file, args, { cwd: app, timeoutMs: 120_000 })
    const node = (...args: string[]) => run(process.execPath, ...args)
    const vite = () =>
      node(
        path.join(
          app,
          existsSync(path.join(app, 'node_modules/vite')) ? '' : '../..',
          'node_modules/vite/bin/vite.js',
        ),
        'build',
      )
    const builds = async (build: () => Promise<Ended>, start: () => Promise<Ended>) => {
      const built = await build()
      expect(built.code, built.output).toBe(0)
      const started = await start()
      expect(started.stdout, started.output).toContain(ANSWERS)
    }
    /** Each component in turn, by the name that messages have. */
    const refuses = async (attempt: () => Promise<Ended>) => {
      const [own, other] = ['packages/app/own.wasm', 'packages/lib/dist/hello.wasm']
      const attempts: [file: string, display: string, status: Status, code: string][] = [
        [own, 'own.wasm', 'tampered', 'CONTENT_MODIFIED'],
        [own, 'own.wasm', 'unsigned', 'COMPONENT_UNSIGNED'],
        [other, 'hello.wasm', 'tampered', 'CONTENT_MODIFIED'],
        [other, 'hello.wasm', 'unknown signer', 'SIGNER_UNTRUSTED'],
      ]
      for (const [file, display, status, refusal] of attempts) {
        const before = readFileSync(path.join(root, file))
        writeFileSync(path.join(root, file), inState(fixture('hello'), status))
        const { code, output } = await attempt()
        writeFileSync(path.join(root, file), before)
        expect([code === 0, output]).toEqual([
          false,
          expect.stringContaining(`[signed-wasm] ${refusal} ${display}: `),
        ])
      }
    }

    beforeAll(async () => {
      root = makeWorkspace(layout)
      app = path.join(root, 'packages/app')
      await layout.install(root)
    })

    it('is laid out as its name says', () => {
      const own = path.join(app, 'node_modules/unplugin-signed-wasm')
      expect(existsSync(own) && lstatSync(own).isSymbolicLink()).toBe(layout.isStrict)
    })

    it('builds with components of the app and of the library beside it, and refuses each that is not as it was signed', async () => {
      await builds(vite, () => node('dist/main.js'))
      await refuses(vite)
    })

    it('runs without a bundler, and refuses as well', async () => {
      const start = () => node('--import', './wasm.mjs', 'main.js')
      expect((await start()).stdout).toContain(ANSWERS)
      await refuses(start)
    })

    it.runIf(layout.name.startsWith('Bun'))("does so in Bun's own builds and processes", async () => {
      const build = () => run(bun, 'build.js')
      await builds(build, () => run(bun, 'dist/main.js'))
      await refuses(build)
      const start = () => run(bun, '--preload', './preload.js', 'main.js')
      expect((await start()).stdout).toContain(ANSWERS)
      await refuses(start)
    })
  })
}

LAYOUTS.forEach(describeLayout)

describe.runIf(IS_WANTED)('Bun', () => {
  beforeAll(async () => {
    bun = await installRuntime('bun')
  })
  BUN_LAYOUTS.forEach(describeLayout)
})
