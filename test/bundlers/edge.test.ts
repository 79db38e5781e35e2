/** Outputs for runtimes that compile no WebAssembly: core modules are files, which are handed over compiled. */

import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { context as openEsbuild } from 'esbuild'
import type { InlineConfig } from 'vite'
import { describe, expect, it } from 'vitest'
import { type Options, signedWasm } from '../../src/index.js'
import { build, type BuildRequest, type Built } from '../kit/bundlers.js'
import { runAtEdge } from '../kit/edge.js'
import { fixture, inState, makeProject, type Project, type Status, TRUSTED_PEM } from '../kit/project.js'
import { runInNode } from '../kit/run.js'
import { startServer } from '../kit/vite-server.js'
import { constantComponent, hostComponent, wasiComponent } from '../kit/wat.js'

type Config = NonNullable<BuildRequest['config']>

interface Target {
  name: string
  bundler: 'vite' | 'rollup' | 'rolldown' | 'esbuild'
  config: Config
  /** What says so, where the bundler does not. */
  asset?: Options['asset']
  /** What imports end in. */
  suffix: string
  /** An output whose format imports nothing. */
  cjs: Config
  /** What has the shims in their form for Node. */
  forNode?: Config
  /** With which another plugin gets a listing of the files to change. */
  listing?: Config
}

const inVite = (...conditions: string[]): Config => ({
  environments: { ssr: { resolve: { conditions, noExternal: true } } },
})
const vite = {
  bundler: 'vite',
  cjs: { build: { ssr: 'main.js', rolldownOptions: { output: { format: 'cjs' } } } },
  listing: { build: { ssr: 'main.js', ssrEmitAssets: true } },
} as const

const inRolldown = (...conditionNames: string[]): Config => ({
  platform: 'browser',
  resolve: { conditionNames },
})
const rolldown = { bundler: 'rolldown', cjs: { output: { format: 'cjs' } }, listing: {} } as const

const inEsbuild = (...conditions: string[]): Config => ({
  platform: 'browser',
  target: 'es2022',
  logLevel: 'warning',
  conditions,
})
const esbuild = { bundler: 'esbuild', cjs: { format: 'cjs' } } as const

/** Stands for @rollup/plugin-node-resolve with `browser: true`. */
const resolver = {
  name: 'resolver',
  resolveId: (source: string) =>
    source.startsWith('@bytecodealliance/')
      ? createRequire(import.meta.url)
          .resolve(source)
          .replace('/dist/nodejs/', '/dist/browser/')
      : null,
}

const TARGETS: readonly Target[] = [
  {
    ...vite,
    name: 'Vite, workerd',
    config: inVite('workerd', 'worker', 'browser'),
    forNode: inVite('workerd', 'node'),
    suffix: '',
  },
  {
    ...vite,
    name: 'Vite, edge-light',
    config: inVite('edge-light'),
    forNode: inVite('edge-light', 'node'),
    suffix: '?module',
  },
  {
    ...rolldown,
    name: 'Rolldown, workerd',
    config: inRolldown('workerd', 'browser', 'import'),
    forNode: inRolldown('workerd', 'node', 'import'),
    suffix: '',
  },
  {
    ...esbuild,
    name: 'esbuild, workerd',
    config: inEsbuild('workerd', 'browser'),
    forNode: inEsbuild('workerd', 'node'),
    suffix: '',
  },
  { ...esbuild, name: 'esbuild, edge-light', config: inEsbuild('edge-light'), suffix: '?module' },
  {
    ...esbuild,
    name: 'esbuild that is told so',
    config: { platform: 'neutral', target: 'es2022', logLevel: 'warning', mainFields: ['module'] },
    asset: { modules: 'import' },
    suffix: '',
  },
  {
    name: 'Rollup that is told so',
    bundler: 'rollup',
    config: { plugins: [resolver] },
    asset: { modules: 'import?module' },
    suffix: '?module',
    cjs: { output: { format: 'cjs' } },
    forNode: { plugins: [] },
    listing: {},
  },
]

const all = (files: Record<string, Uint8Array>, status: Status = 'signed') =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, inState(bytes, status)]))

const buildFor = (
  target: Pick<Target, 'asset' | 'bundler' | 'config'>,
  project: Project,
  { options, config }: { options?: Options; config?: Config } = {},
) =>
  build[target.bundler]({
    project,
    options: { keys: TRUSTED_PEM, ...(target.asset !== undefined && { asset: target.asset }), ...options },
    target: 'node',
    out: 'dist',
    config: { ...target.config, ...config, plugins: pluginsOf(target.config, config) },
  })

const pluginsOf = ({ plugins = [] }: Config, more?: Config) => [...plugins, ...(more?.plugins ?? [])]

const answersOf = (project: Project) => runAtEdge([project.at('dist/main.js')])

const MAIN = `import { answer } from './x.wasm'\nglobalThis.answers = answer()`

describe.each(TARGETS)('$name', (target) => {
  it('runs components in every form, and those that hold others', async () => {
    const project = makeProject({
      ...all({
        'hello.wasm': fixture('hello'),
        'composed.wasm': fixture('composed'),
        'counter.wasm': fixture('counter'),
        'host.wasm': await hostComponent(),
        'random.wasm': await wasiComponent(),
      }),
      'math.js': 'export const addOne = (n) => n + 1',
      'lazy.js': `export { answer } from './hello.wasm?component'`,
      'main.js': `
        import hello, { greet } from './hello.wasm'
        import { 'test:counter/counters@0.1.0' as counters } from './counter.wasm'
        import create from './composed.wasm?instantiate'
        import { run } from './host.wasm'
        import { run as random } from './random.wasm'
        const [one, two] = [await create(), await create()]
        const { answer } = await import('./lazy.js')
        globalThis.answers = [
          greet('a'), hello.answer(), answer(), one.shout('b'), one !== two, new counters.Counter(4).increment(), run(1), random(),
        ]`,
    })
    await buildFor(target, project, { options: { imports: { 'acme:app/math': './math.js' } } })
    expect(await answersOf(project)).toEqual([
      { answers: ['Hello, a!', 42, 42, 'Hello, b!!!', true, 5, 3, true] },
    ])
  })

  it('has each core module as a file, byte for byte, and says which bytes of which component it is', async () => {
    const project = makeProject({
      ...all({ 'x.wasm': await constantComponent(1), 'composed.wasm': fixture('composed') }),
      'main.js': `import { answer } from './x.wasm'\nimport { shout } from './composed.wasm'\nglobalThis.answers = [answer(), shout('you')]`,
    })
    const { lines } = await buildFor(target, project)
    const listed = filesListed(lines)
    const files = project.files('dist').filter((file) => file.endsWith('.wasm'))
    expect(listed.map(({ file }) => file).toSorted()).toEqual(files.toSorted())
    for (const { file, component, start, end } of listed) {
      if (start !== undefined)
        expect(project.read(`dist/${file}`)).toEqual(project.read(component).subarray(start, end))
    }
    // One for which two components meet, and one that jco would compile.
    expect(listed.filter(({ start }) => start === undefined)).toHaveLength(2)
    const code = scriptsOf(project)
    for (const file of files.filter((one) => !one.includes('helper')))
      expect(code).toMatch(new RegExp(`/${file.split('/').at(-1)!}${target.suffix.replace('?', '\\?')}["']`))
    expect(code).not.toMatch(/AGFzbQ|new WebAssembly\.Module|signed-wasm-core:/)
  })

  it.each([
    ['tampered', 'CONTENT_MODIFIED'],
    ['unsigned', 'COMPONENT_UNSIGNED'],
    ['unknown signer', 'SIGNER_UNTRUSTED'],
  ] as const)('refuses a component that is %s', async (status, code) => {
    const project = makeProject({ 'main.js': MAIN, ...all({ 'x.wasm': await constantComponent(1) }, status) })
    await expect(buildFor(target, project)).rejects.toThrow(`[signed-wasm] ${code} x.wasm`)
    expect(project.files('dist').filter((file) => file.endsWith('.wasm'))).toEqual([])
  })

  it.each(['digest', 'signature'] as const)(
    'refuses `recheck: %j`, for which there is no whole file',
    async (recheck) => {
      const project = makeProject({ 'main.js': MAIN, ...all({ 'x.wasm': await constantComponent(1) }) })
      await expect(buildFor(target, project, { options: { recheck } })).rejects.toThrow(
        `[signed-wasm] RECHECK_UNSUPPORTED x.wasm: \`recheck: '${recheck}'\` needs the whole file`,
      )
    },
  )

  if (target.asset === undefined)
    it.each(['inline', 'file', 'modules', { modules: 'url' }, 1e6] as const)(
      'has files whatever `asset: %j` says, since nothing else runs',
      async (asset) => {
        const project = makeProject({ 'main.js': MAIN, ...all({ 'x.wasm': await constantComponent(1) }) })
        await buildFor(target, project, { options: { asset } })
        expect(await answersOf(project)).toEqual([{ answers: 1 }])
      },
    )

  if (target.listing !== undefined)
    it.each(['generateBundle', 'closeBundle'])(
      'stops when another plugin puts one core module in the place of another in %s',
      async (hook) => {
        const project = makeProject({
          ...all({ 'x.wasm': await constantComponent(1), 'y.wasm': await constantComponent(2) }),
          'main.js': `import { answer } from './x.wasm'\nimport { answer as other } from './y.wasm'\nglobalThis.answers = [answer(), other()]`,
        })
        const config = { plugins: [swapping(hook, project)], ...target.listing }
        await expect(buildFor(target, project, { config })).rejects.toThrow(
          /\[signed-wasm\] UNVERIFIED_WASM .*it has to be a core module of [xy]\.wasm, and is another/,
        )
      },
    )

  it('stops where a format cannot import them', async () => {
    const project = makeProject({
      'main.js': `import create from './x.wasm?instantiate'\nglobalThis.answers = create`,
      ...all({ 'x.wasm': await constantComponent(1) }),
    })
    await expect(buildFor(target, project, { config: target.cjs })).rejects.toThrow(
      'MODULES_UNSUPPORTED x.wasm: its core modules cannot be files of their own in the format cjs',
    )
  })

  if (target.forNode !== undefined)
    it('refuses shims in their form for Node, which wait for ever elsewhere', async () => {
      const main = `import { run } from './x.wasm'\nglobalThis.answers = run()`
      const project = makeProject({ 'main.js': main, ...all({ 'x.wasm': await wasiComponent() }) })
      await expect(buildFor({ ...target, config: target.forNode! }, project)).rejects.toThrow(
        'SHIM_UNUSABLE x.wasm',
      )
    })
})

describe('Vite', () => {
  const files = async () => ({
    'main.js': `import { run } from './x.wasm'\nglobalThis.answers = run()\nexport default run()`,
    ...all({ 'x.wasm': await wasiComponent() }),
  })

  it('runs such an environment in Node while it serves, and verifies all the same', async () => {
    const project = makeProject(await files())
    const { server } = await startServer(
      project,
      { keys: TRUSTED_PEM },
      inVite('workerd', 'browser') as InlineConfig,
    )
    const load = () => server.ssrLoadModule('/main.js')
    expect(await load()).toMatchObject({ default: true })
    project.write(all({ 'x.wasm': await wasiComponent() }, 'tampered'))
    await expect.poll(() => load().catch(String), { timeout: 20_000 }).toContain('CONTENT_MODIFIED x.wasm')
  })

  it('bundles the shims for servers that are not Node', async () => {
    const project = makeProject(await files())
    const config = { ssr: { target: 'webworker', noExternal: true } }
    await buildFor({ bundler: 'vite', config }, project)
    expect(scriptsOf(project)).not.toMatch(/from ?["']@bytecodealliance/)
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: true }])
  })
})

describe('esbuild', () => {
  it.each(['file', 'modules'] as const)(
    'puts nothing of an earlier build beside a script, with `asset: %j`',
    async (asset) => {
      const project = makeProject({ 'main.js': MAIN, ...all({ 'x.wasm': await constantComponent(1) }) })
      const context = await openEsbuild({
        entryPoints: [project.at('main.js')],
        absWorkingDir: project.root,
        bundle: true,
        format: 'esm',
        target: 'es2022',
        outdir: 'dist',
        logLevel: 'silent',
        plugins: [signedWasm.esbuild({ keys: TRUSTED_PEM, asset })],
      })
      try {
        await context.rebuild()
        const [before] = wasmIn(project)
        project.write(all({ 'x.wasm': await constantComponent(2) }))
        rmSync(project.at('dist'), { recursive: true })
        await context.rebuild()
        expect(wasmIn(project)).toEqual([expect.not.stringMatching(before!)])
        expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 2 }])
      } finally {
        await context.dispose()
      }
    },
  )
})

const wasmIn = (project: Project) => project.files('dist').filter((file) => file.endsWith('.wasm'))

interface Listed {
  file: string
  component: string
  start: number | undefined
  end: number | undefined
}

/** What a build says of its files. */
function filesListed(lines: Built['lines']): Listed[] {
  const said = lines.flatMap((line) => [
    ...line.matchAll(
      /\[signed-wasm\] (\S+) is (?:bytes (\d+) to (\d+) of|an adapter that jco has made for) (\S+), sha256 [0-9a-f]{64}/g,
    ),
  ])
  return said.map(([, file, start, end, component]) => ({
    file: file!,
    component: component!,
    start: start === undefined ? undefined : Number(start),
    end: end === undefined ? undefined : Number(end),
  }))
}

function scriptsOf(project: Project): string {
  const scripts = project.files('dist').filter((file) => file.endsWith('.js'))
  return scripts.map((file) => Buffer.from(project.read(`dist/${file}`)).toString()).join('\n')
}

/** A plugin that swaps the core modules of an output. */
function swapping(hook: string, project: Project): object {
  const early = (_: unknown, bundle: Record<string, { source?: Uint8Array }>) => {
    const [one, two] = Object.keys(bundle).filter((name) => name.endsWith('.wasm'))
    const [first, second] = [bundle[one!]!.source!, bundle[two!]!.source!]
    bundle[one!]!.source = second
    bundle[two!]!.source = first
  }
  const late = () => {
    const [one, two] = project.files('dist').filter((name) => name.endsWith('.wasm'))
    const [first, second] = [project.read(`dist/${one}`), project.read(`dist/${two}`)]
    project.write({ [`dist/${one}`]: second, [`dist/${two}`]: first })
  }
  return { name: 'swapping', [hook]: hook === 'generateBundle' ? early : late }
}
