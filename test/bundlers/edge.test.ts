/** Outputs for runtimes that compile no WebAssembly: core modules are files, which are handed over compiled. */

import { describe, expect, it } from 'vitest'
import type { Options } from '../../src/index.js'
import { build, type BuildRequest, type Built } from '../kit/bundlers.js'
import { runAtEdge } from '../kit/edge.js'
import { fixture, inState, makeProject, type Project, type Status, TRUSTED_PEM } from '../kit/project.js'
import { constantComponent, hostComponent, wasiComponent } from '../kit/wat.js'

type Config = NonNullable<BuildRequest['config']>

interface Target {
  name: string
  bundler: 'vite'
  config: Config
  /** What imports end in. */
  suffix: string
  /** With which files are in the listing that plugins get. */
  keepsAssets?: Config
}

const inVite = (...conditions: string[]): Config => ({
  environments: { ssr: { resolve: { conditions, noExternal: true } } },
})

const keepsAssets = { build: { ssr: 'main.js', ssrEmitAssets: true } }

const TARGETS: readonly Target[] = [
  {
    name: 'Vite, workerd',
    bundler: 'vite',
    config: inVite('workerd', 'worker', 'browser'),
    suffix: '',
    keepsAssets,
  },
  { name: 'Vite, edge-light', bundler: 'vite', config: inVite('edge-light'), suffix: '?module', keepsAssets },
]

const all = (files: Record<string, Uint8Array>, status: Status = 'signed') =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, inState(bytes, status)]))

const buildFor = (
  target: Pick<Target, 'bundler' | 'config'>,
  project: Project,
  { options, config }: { options?: Options; config?: Config } = {},
) =>
  build[target.bundler]({
    project,
    options: { keys: TRUSTED_PEM, ...options },
    target: 'node',
    out: 'dist',
    config: { ...target.config, ...config },
  })

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
    for (const file of files) expect(code).toContain(`${file.split('/').at(-1)}${target.suffix}"`)
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
    'refuses `recheck: %j`, for which there are no bytes',
    async (recheck) => {
      const project = makeProject({ 'main.js': MAIN, ...all({ 'x.wasm': await constantComponent(1) }) })
      await expect(buildFor(target, project, { options: { recheck } })).rejects.toThrow(
        `[signed-wasm] RECHECK_UNSUPPORTED x.wasm: \`recheck: '${recheck}'\` needs the bytes`,
      )
    },
  )

  it.each(['inline', 'file', 1e6] as const)(
    'has files whatever `asset: %j` says, since nothing else runs',
    async (asset) => {
      const project = makeProject({ 'main.js': MAIN, ...all({ 'x.wasm': await constantComponent(1) }) })
      await buildFor(target, project, { options: { asset } as Options })
      expect(await answersOf(project)).toEqual([{ answers: 1 }])
    },
  )

  it.each(['generateBundle', 'closeBundle'])(
    'stops when another plugin puts one core module in the place of another in %s',
    async (hook) => {
      const project = makeProject({
        ...all({ 'x.wasm': await constantComponent(1), 'y.wasm': await constantComponent(2) }),
        'main.js': `import { answer } from './x.wasm'\nimport { answer as other } from './y.wasm'\nglobalThis.answers = [answer(), other()]`,
      })
      const config = { plugins: [swapping(hook, project)], ...target.keepsAssets }
      await expect(buildFor(target, project, { config })).rejects.toThrow(
        /\[signed-wasm\] UNVERIFIED_WASM .*it has to be a core module of [xy]\.wasm, and is another/,
      )
    },
  )

  it('stops where a format cannot import them', async () => {
    const project = makeProject({
      'main.js': MAIN.replace('{ answer }', 'create')
        .replace('x.wasm', 'x.wasm?instantiate')
        .replace('answer()', 'create'),
      ...all({ 'x.wasm': await constantComponent(1) }),
    })
    const config = { build: { ssr: 'main.js', rolldownOptions: { output: { format: 'cjs' } } } }
    await expect(buildFor(target, project, { config })).rejects.toThrow('MODULES_UNSUPPORTED x.wasm')
  })

  it('refuses shims in their form for Node, which wait for ever elsewhere', async () => {
    const main = `import { run } from './x.wasm'\nglobalThis.answers = run()`
    const project = makeProject({ 'main.js': main, ...all({ 'x.wasm': await wasiComponent() }) })
    const { environments } = target.config as { environments: { ssr: { resolve: { conditions: string[] } } } }
    const config = inVite(...environments.ssr.resolve.conditions, 'node')
    await expect(buildFor(target, project, { config })).rejects.toThrow('SHIM_UNUSABLE x.wasm')
  })
})

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
