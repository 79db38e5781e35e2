/** The packed tarball, installed where nothing of this repository is. */

import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixture, REPOSITORY } from '../kit/project.js'
import { command, type Ended } from '../kit/run.js'

interface PackageJson {
  version: string
  exports: Record<string, string | { types: string; default?: string }>
  scripts?: Record<string, string>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}
const packageJson = JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8')) as PackageJson

const folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm package é-'))
const at = (...names: string[]) => path.join(folder, ...names)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs to the end; fails with all that was said unless the exit code is 0. */
async function succeed(file: string, args: readonly string[], cwd: string): Promise<Ended> {
  const ended = await command(file, args, { cwd, timeoutMs: 240_000 })
  expect(ended.code, `${file} ${args.join(' ')}\n${ended.output}`).toBe(0)
  return ended
}

let tarball: string
let packed: { path: string; size: number }[]

beforeAll(async () => {
  const { stdout } = await succeed(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', folder],
    REPOSITORY,
  )
  const [result] = JSON.parse(stdout) as [{ filename: string; files: typeof packed; size: number }]
  tarball = at(result.filename)
  packed = result.files
  console.info(`tarball: ${result.files.length} files, ${Math.round(result.size / 1024)} kB`)
})

describe('the tarball', () => {
  it('holds the build, the sources, the schemas and the papers, and nothing else', () => {
    const others = packed
      .map((file) => file.path)
      .filter(
        (name) =>
          !/^(?:dist\/.*\.(?:js|d\.ts)(?:\.map)?|dist\/LICENSES\.txt|dist\/bindings\/glue\.json|dist\/jco\/(?:(?:child|worker)\.mjs|js-component-bindgen-component\.core2?\.wasm|jco\.json|LICENSE)|dist\/sigstore\/(?:verifier\.cjs|sigstore\.json|trusted-root\.json|LICENSES\.txt)|src\/.*\.ts|src\/schema\/.*\.json|README\.md|LICENSE|package\.json)$/.test(
            name,
          ),
      )
    expect(others).toEqual([])
    expect(packed.length).toBeGreaterThan(50)
  })

  it('leads from every line that runs, and from every declaration, to a source that it holds', () => {
    const held = new Set(packed.map((file) => file.path))
    // What jco writes has no source here.
    const isJcos = (name: string) => name === 'dist/runtime/glue.js'
    const code = [...held].filter((name) => /^dist\/.*\.(?:js|d\.ts)$/.test(name) && !isJcos(name))
    const sources = code.flatMap((name) => {
      const text = readFileSync(path.join(REPOSITORY, name), 'utf8')
      expect(text.trimEnd().split('\n').at(-1)).toBe(`//# sourceMappingURL=${path.basename(name)}.map`)
      const map = JSON.parse(readFileSync(path.join(REPOSITORY, `${name}.map`), 'utf8')) as {
        sourceRoot?: string
        sources: (string | null)[]
      }
      expect(map.sourceRoot ?? '').toBe('')
      // Those of packages are left out.
      return map.sources.flatMap((source) =>
        source === null ? [] : [path.posix.join(path.posix.dirname(name), source)],
      )
    })
    expect(sources.filter((source) => !held.has(source))).toEqual([])
    expect(code.filter((name) => !held.has(`${name}.map`))).toEqual([])
    expect(new Set(sources).size).toBeGreaterThan(100)
  })

  it('holds what its scripts and declarations import', () => {
    const held = new Set(packed.map((file) => file.path))
    const missing = [...held]
      .filter((name) => /^dist\/.*\.(?:m?js|d\.ts)$/.test(name))
      .flatMap((name) => {
        const text = readFileSync(path.join(REPOSITORY, name), 'utf8')
        const imported = text.matchAll(
          /^(?:import|export)\b[^"'`;]*?["'](\.{1,2}\/[^"']+\.m?js)["']|\bimport\(["'](\.{1,2}\/[^"']+\.m?js)["']\)/gm,
        )
        return [...imported].map(([, one, other]) => {
          const target = path.posix.join(path.posix.dirname(name), (one ?? other)!)
          return name.endsWith('.d.ts') ? target.replace(/\.js$/, '.d.ts') : target
        })
      })
      .filter((target) => !held.has(target))
    expect(missing).toEqual([])
  })

  it('has the plugin in few files, whose errors are those of the library', async () => {
    const importsOf = (name: string) => {
      const text = readFileSync(path.join(REPOSITORY, 'dist', name), 'utf8')
      const found = [...text.matchAll(/^(?:import|export) [^"']*?from ["'](\.[^"']+)["']/gm)]
      return found.map(([, specifier]) => path.posix.join(path.posix.dirname(name), specifier!))
    }
    const reachedFrom = (name: string, known = new Set<string>()): Set<string> => {
      for (const other of importsOf(name).filter((one) => !known.has(one)))
        reachedFrom(other, known.add(other))
      return known
    }
    const doors = [
      'index',
      'vite',
      'rollup',
      'rolldown',
      'webpack',
      'rspack',
      'esbuild',
      'farm',
      'bun',
      'node',
    ]
    for (const door of doors) {
      const reached = [...reachedFrom(`${door}.js`)]
      expect(reached).toContain('errors/diagnostic.js')
      const others = reached.filter((name) => !name.startsWith('errors/'))
      expect(others.filter((name) => !/^plugin\/plugin-[\w-]+\.js$/.test(name))).toEqual([])
      // The one that has the adapters for all bundlers may take more.
      expect(others.length).toBeLessThanOrEqual(door === 'index' ? 11 : 6)
    }
    // What is for Next.js alone is in none of them, and its loader is without the doors.
    const holding = [...new Set([...doors.flatMap((door) => [...reachedFrom(`${door}.js`)])])].filter(
      (name) =>
        readFileSync(path.join(REPOSITORY, 'dist', name), 'utf8').includes('runAfterProductionCompile'),
    )
    expect(holding).toEqual([])
    expect([...reachedFrom('next.js')]).toContain('errors/diagnostic.js')
    expect([...reachedFrom('plugin/next/loader.js')].filter((name) => !name.includes('/'))).toEqual([])
    // What is for one host alone is in its door.
    const texts = ['index.js', ...reachedFrom('index.js')].map((name) =>
      readFileSync(path.join(REPOSITORY, 'dist', name), 'utf8'),
    )
    expect(texts.join('\n')).not.toMatch(/\bresolveSync\b|nitro:config|registerHooks/)
    const load = (name: string) =>
      import(pathToFileURL(path.join(REPOSITORY, 'dist', name)).href) as Promise<unknown>
    const { default: signedWasm } = (await load('rolldown.js')) as { default: (options: object) => unknown }
    const { Diagnostic } = (await load('api.js')) as { Diagnostic: new () => Error }
    expect(() => signedWasm({ cahce: true })).toThrow(Diagnostic)
  })

  it('says whose code its files hold, and on what terms', () => {
    const text = readFileSync(path.join(REPOSITORY, 'dist/LICENSES.txt'), 'utf8')
    const { packages } = JSON.parse(readFileSync(path.join(REPOSITORY, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version?: string }>
    }
    const named = [...text.matchAll(/^(@?[\w./-]+) (\d+\.\d+\.\d+), (.+)$/gm)]
    expect(named.map(([, name]) => name)).toEqual(
      expect.arrayContaining(['@noble/ed25519', '@noble/hashes', 'unplugin']),
    )
    for (const [, name, version, terms] of named) {
      expect([name, packages[`node_modules/${name}`]?.version]).toEqual([name, version])
      expect(terms).toBe('MIT')
    }
    expect(text.match(/Permission is hereby granted/g)).toHaveLength(named.length)
  })

  it('is built by `npm ci --engine-strict` on each Node that it supports', () => {
    const { packages } = JSON.parse(readFileSync(path.join(REPOSITORY, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { engines?: object }>
    }
    // They say Node 22.22 and run on 20.19. What the lockfile does not repeat, npm does not ask for.
    for (const name of ['verify', 'bundle', 'core'])
      expect(packages[`node_modules/@sigstore/${name}`]).not.toHaveProperty('engines')
  })

  it('names no path of the machine that built it', () => {
    const naming = packed.filter(({ path: name }) =>
      readFileSync(path.join(REPOSITORY, name), 'utf8').includes(REPOSITORY.replace(/\/$/, '')),
    )
    expect(naming).toEqual([])
  })

  it('is small', () => {
    expect(statSync(tarball).size).toBeLessThan(3_500_000)
  })

  it('runs no script when it is installed', () => {
    expect(
      Object.keys(packageJson.scripts!).filter((name) => /^(?:pre|post)?install$|^prepare$/.test(name)),
    ).toEqual([])
  })

  it('satisfies publint and are-the-types-wrong', async () => {
    await succeed('npx', ['publint', 'run', tarball, '--strict'], REPOSITORY)
    await succeed('npx', ['attw', tarball, '--profile', 'esm-only', '--no-color'], REPOSITORY)
  })
})

const VITE = packageJson.devDependencies['vite']!
const SHIM = packageJson.devDependencies['@bytecodealliance/preview2-shim']!

const MAIN = `
import hello, { greet } from './hello.wasm'
import { run } from './wasi.wasm'
globalThis.answers = [greet('Ada'), hello.answer(), run()]
`

/** Runs a command of an installed package. */
type Run = (name: string, ...args: string[]) => Promise<Ended>

const inBin =
  (project: string): Run =>
  (name, ...args) =>
    command(name === 'node' ? process.execPath : path.join(project, 'node_modules/.bin', name), args, {
      cwd: project,
      timeoutMs: 240_000,
    })

/** Signs, builds and runs in a folder where the package is installed. */
async function useIn(project: string, run: Run = inBin(project)): Promise<void> {
  const well = async (name: string, ...args: string[]) => {
    const ended = await run(name, ...args)
    expect(ended.code, `${name} ${args.join(' ')}\n${ended.output}`).toBe(0)
    return ended
  }
  mkdirSync(path.join(project, 'mein Bauteil ü'), { recursive: true })
  const files: Record<string, string | Uint8Array> = {
    'mein Bauteil ü/hello.wasm': fixture('hello'),
    'mein Bauteil ü/wasi.wasm': fixture('wasi'),
    'mein Bauteil ü/main.js': MAIN,
    'vite.config.js': `import signedWasm from 'unplugin-signed-wasm/vite'
      export default { plugins: [signedWasm({ keys: ['release.pub'] })], build: { ssr: 'mein Bauteil ü/main.js' }, ssr: { noExternal: [] } }`,
    'run.mjs': `await import('./dist/main.js'); console.log(JSON.stringify(globalThis.answers)); process.exit(0)`,
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(project, name), content)
  const components = ['mein Bauteil ü/hello.wasm', 'mein Bauteil ü/wasi.wasm']
  await well('signed-wasm', 'keygen', 'release')
  await well('signed-wasm', 'sign', '--write', '-k', 'release.key', ...components)
  await well('signed-wasm', 'verify', '--key', 'release.pub', ...components)
  await well('vite', 'build')
  const { stdout } = await well('node', 'run.mjs')
  expect(stdout).toContain('["Hello, Ada!",42,"stdout clock random"]')

  const tampered = readFileSync(path.join(project, components[0]!))
  tampered[tampered.length - 1]! ^= 1
  writeFileSync(path.join(project, components[0]!), tampered)
  const refused = await run('vite', 'build')
  expect(refused.code).not.toBe(0)
  expect(refused.output).toContain('CONTENT_MODIFIED')
}

function makeProject(name: string): string {
  mkdirSync(at(name))
  writeFileSync(at(name, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }))
  return at(name)
}

describe('installed with npm', () => {
  const project = makeProject('with-npm')
  beforeAll(() =>
    succeed(
      'npm',
      [
        'install',
        '--no-audit',
        '--no-fund',
        tarball,
        `vite@${VITE}`,
        `@bytecodealliance/preview2-shim@${SHIM}`,
      ],
      project,
    ),
  )

  it('signs, builds and runs', () => useIn(project))

  it('has its command under the name that npx takes, and under a short one', async () => {
    for (const name of ['unplugin-signed-wasm', 'signed-wasm'])
      expect((await succeed('npx', ['--no', '--', name, '--version'], project)).stdout.trim()).toBe(
        packageJson.version,
      )
  })

  it('resolves every documented entry, with types', async () => {
    const names = Object.keys(packageJson.exports).filter(
      (name) => !name.includes('*') && name !== './package.json',
    )
    expect(names).toHaveLength(15)
    // The others need their bundler, which is an optional peer.
    const loaded = names.filter((name) =>
      [
        '.',
        './vite',
        './rollup',
        './rolldown',
        './webpack',
        './rspack',
        './esbuild',
        './farm',
        './bun',
        './nuxt',
        './node',
        './next',
        './api',
        './runtime',
      ].includes(name),
    )
    const script = loaded
      .map((name) => `await import(${JSON.stringify(name.replace('.', 'unplugin-signed-wasm'))})`)
      .join('\n')
    await succeed(process.execPath, ['--input-type=module', '-e', script], project)
    for (const name of names) {
      const target = packageJson.exports[name] as { types: string; default?: string }
      for (const file of Object.values(target))
        expect(existsSync(path.join(project, 'node_modules/unplugin-signed-wasm', file)), file).toBe(true)
    }
  })

  it('brings no dependency that runs a script when it is installed', () => {
    const wanted = Object.keys(packageJson.dependencies)
    for (const name of wanted) {
      const manifest = JSON.parse(
        readFileSync(path.join(project, 'node_modules', name, 'package.json'), 'utf8'),
      ) as PackageJson
      expect(
        Object.keys(manifest.scripts ?? {}).filter((script) => /^(?:pre|post)?install$/.test(script)),
        name,
      ).toEqual([])
    }
    expect(wanted.length).toBeGreaterThan(4)
  })
})

describe("installed with pnpm's strict layout", () => {
  const project = makeProject('with-pnpm')
  const pnpm = path.join(REPOSITORY, 'node_modules/pnpm/bin/pnpm.cjs')
  beforeAll(() =>
    succeed(
      process.execPath,
      [
        pnpm,
        'add',
        '--store-dir',
        at('store'),
        tarball,
        `vite@${VITE}`,
        `@bytecodealliance/preview2-shim@${SHIM}`,
      ],
      project,
    ),
  )

  it('shows no dependency of ours to the project', () => {
    expect(
      readdirSync(path.join(project, 'node_modules'))
        .filter((name) => !name.startsWith('.'))
        .toSorted(),
    ).toEqual(['@bytecodealliance', 'unplugin-signed-wasm', 'vite'])
  })

  it('signs, builds and runs', () => useIn(project))
})

describe('installed alone', () => {
  const project = makeProject('alone')
  beforeAll(() => succeed('npm', ['install', '--no-audit', '--no-fund', tarball], project))

  it('is light, and has few packages beside it', () => {
    const { packages } = JSON.parse(
      readFileSync(path.join(project, 'node_modules/.package-lock.json'), 'utf8'),
    ) as { packages: Record<string, unknown> }
    expect(Object.keys(packages).length).toBeLessThanOrEqual(18)
    const files = readdirSync(path.join(project, 'node_modules'), { recursive: true, withFileTypes: true })
    const bytes = files
      .filter((entry) => entry.isFile())
      .reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0)
    expect(bytes).toBeLessThan(10_000_000)
  })
})

describe("installed with Yarn's Plug'n'Play", () => {
  const project = makeProject('with-pnp')
  const yarn = (...args: string[]) =>
    command(
      process.execPath,
      [path.join(REPOSITORY, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js'), ...args],
      {
        cwd: project,
        timeoutMs: 240_000,
      },
    )

  beforeAll(async () => {
    const { stdout } = await command('npm', ['config', 'get', 'registry'])
    const settings = {
      nodeLinker: 'pnp',
      enableTelemetry: false,
      enableGlobalCache: false,
      globalFolder: at('yarn'),
      npmRegistryServer: stdout.trim().replace(/\/$/, ''),
      unsafeHttpWhitelist: ['*'],
    }
    writeFileSync(path.join(project, '.yarnrc.yml'), JSON.stringify(settings))
    writeFileSync(path.join(project, 'yarn.lock'), '')
    const packages = [
      `unplugin-signed-wasm@${tarball}`,
      `vite@${VITE}`,
      `@bytecodealliance/preview2-shim@${SHIM}`,
    ]
    const added = await yarn('add', ...packages)
    expect(added.code, added.output).toBe(0)
  })

  it('signs, builds and runs, with the transpiler out of its archive', async () => {
    await useIn(project, (name, ...args) =>
      name === 'node' ? yarn(name, ...args) : yarn('run', name, ...args),
    )
    expect(existsSync(path.join(project, 'node_modules/unplugin-signed-wasm'))).toBe(false)
    expect(readdirSync(path.join(project, '.yarn/unplugged')).join()).toContain('unplugin-signed-wasm-')
  })
})
