/** `next.config` with the plugin in it, as Node loads it, without Next.js itself. */

import { describe, expect, it } from 'vitest'
import {
  fixture,
  inState,
  linkPackage,
  makeProject,
  OTHER_PEM,
  type Project,
  TRUSTED_PEM,
} from '../kit/project.js'
import { command } from '../kit/run.js'

function app(files: Record<string, string | Uint8Array>, version = '16.4.6'): Project {
  const project = makeProject({
    'package.json': '{}',
    'release.pub': TRUSTED_PEM,
    'app/hello.wasm': inState(fixture('hello'), 'signed'),
    'node_modules/next/package.json': JSON.stringify({ name: 'next', version }),
    ...files,
  })
  linkPackage(project)
  return project
}

interface Outcome {
  kind: string
  config: Record<string, unknown>
  rules: Record<string, Rule[]>
}

interface Rule {
  condition: unknown
  as?: string
  loaders: [{ loader: string; options: { as: string; options: string; seal: string; unsupported?: string } }]
}

const SHOW = `
  const show = (_, value) => (value instanceof RegExp ? String(value) : typeof value === 'function' ? '()' : value)
  async function print({ default: given }) {
    const config = await (typeof given === 'function' ? given('phase', {}) : given)
    const kind = given instanceof Promise ? 'promise' : typeof given
    console.log(JSON.stringify({ kind, config, rules: config.turbopack.rules }, show))
  }`

/** What a config says. */
async function load({ root }: Project, name: string): Promise<Outcome> {
  const script = name.endsWith('.mjs')
    ? `${SHOW}\nprint(await import('./${name}'))`
    : `${SHOW}\nprint({ default: require('./${name}') })`
  const type = name.endsWith('.mjs') ? ['--input-type=module'] : []
  const ended = await command(process.execPath, [...type, '-e', script], { cwd: root })
  if (ended.code !== 0) throw new Error(ended.output)
  expect(ended.output).not.toMatch(/warning/i)
  return JSON.parse(ended.stdout) as Outcome
}

const IMPORT = `import { withSignedWasm } from 'unplugin-signed-wasm/next'\n`
const KEYS = `{ keys: ['release.pub'] }`
const config = (given: string, options = KEYS) =>
  ({ 'next.config.mjs': `${IMPORT}export default withSignedWasm(${given}, ${options})` }) as const

const RULE = '*.[wW][aA][sS][mM]'

describe('withSignedWasm', () => {
  it.each([
    ['an object', `{ reactStrictMode: true }`, 'object'],
    ['a function', `() => ({ reactStrictMode: true })`, 'function'],
    ['a function of a promise', `async (phase) => ({ reactStrictMode: phase === 'phase' })`, 'function'],
    ['a promise', `Promise.resolve({ reactStrictMode: true })`, 'promise'],
  ])('makes of %s the same with the plugin in it', async (_, given, kind) => {
    const outcome = await load(app(config(given)), 'next.config.mjs')
    expect(outcome.kind).toBe(kind)
    expect(outcome.config).toMatchObject({ reactStrictMode: true, webpack: '()' })
    expect(outcome.rules[RULE]!.map(({ as, loaders: [{ options }] }) => [as, options.as])).toEqual([
      ['*.js', 'module beside a file'],
      ['*.js', 'module'],
      [undefined, 'file'],
    ])
  })

  it('can be required', async () => {
    const script = `const { withSignedWasm } = require('unplugin-signed-wasm/next')
      module.exports = withSignedWasm({ distDir: 'out' }, ${KEYS})`
    const { config: made } = await load(app({ 'next.config.js': script }), 'next.config.js')
    expect(made).toMatchObject({ distDir: 'out' })
  })

  it('keeps what the config says otherwise', async () => {
    const given = `{
      turbopack: { root: '/x', rules: { '*.svg': { loaders: ['svg'], as: '*.js' } } },
      serverExternalPackages: ['pg'],
      compiler: { removeConsole: true },
      transpilePackages: ['@bytecodealliance/preview3-shim'],
    }`
    const { config: made, rules } = await load(app(config(given)), 'next.config.mjs')
    expect(made).toMatchObject({
      turbopack: { root: '/x' },
      serverExternalPackages: ['pg', '@bytecodealliance/preview2-shim'],
      compiler: { removeConsole: true, runAfterProductionCompile: '()' },
    })
    expect(Object.keys(rules)).toEqual([RULE, '*.svg'])
  })

  it('tells Turbopack the ends of the paths of components, and nothing else', async () => {
    const project = app({
      ...config('{}'),
      'app/[id]/x.y.wasm': fixture('hello'),
      '.next/z.wasm': fixture('hello'),
    })
    const { rules } = await load(project, 'next.config.mjs')
    const { path } = (rules[RULE]![2]!.condition as { not: { path: string } }).not
    expect(path).toBe(String.raw`/(?:^|\/)(?:app\/\[id\]\/x\.y\.wasm|app\/hello\.wasm)$/`)
    const without = await load(app(config('{}', `{ ...${KEYS}, exclude: 'app/**' }`)), 'next.config.mjs')
    expect((without.rules[RULE]![2]!.condition as { not: { path: string } }).not.path).toBe('/^(?!)/')
  })

  it('hands options over as they are, keys in bytes among them', async () => {
    const options = `{ keys: ['release.pub', new Uint8Array([1, 2]), { env: 'KEY' }], detached: true }`
    const { rules } = await load(app(config('{}', options)), 'next.config.mjs')
    const text = rules[RULE]![0]!.loaders[0].options.options
    const { decodeOptions } = await import('../../src/plugin/next/loader-options.js')
    expect(decodeOptions(text)).toEqual({
      keys: ['release.pub', Uint8Array.of(1, 2), { env: 'KEY' }],
      detached: true,
    })
  })

  it('has a seal that changes with keys, options and signatures beside files, and with nothing else', async () => {
    const sealOf = async (project: Project) =>
      (await load(project, 'next.config.mjs')).rules[RULE]![0]!.loaders[0].options.seal
    const project = app(config('{}', `{ keys: ['release.pub'], detached: true }`))
    const seals = [await sealOf(project)]
    expect(await sealOf(project)).toBe(seals[0])
    project.write({ 'app/page.tsx': '' })
    expect(await sealOf(project)).toBe(seals[0])
    project.write({ 'app/hello.wasm.sig': 'x' })
    seals.push(await sealOf(project))
    project.write({ 'app/hello.wasm.sig': 'y' })
    seals.push(await sealOf(project))
    project.write({ 'release.pub': OTHER_PEM })
    seals.push(await sealOf(project))
    project.write({ 'release.pub': 'no key' })
    seals.push(await sealOf(project))
    project.write(config('{}', `{ keys: ['release.pub'], detached: true, recheck: 'digest' }`))
    seals.push(await sealOf(project))
    expect(new Set(seals).size).toBe(6)
  })

  it.each([
    [
      'another rule for such files',
      `{ turbopack: { rules: { '**/*.wasm': { type: 'asset' } } } }`,
      'OPTION_INVALID',
    ],
    ['itself', `withSignedWasm({}, ${KEYS})`, 'PLUGIN_TWICE'],
  ])('refuses %s', async (_, given, code) => {
    await expect(load(app(config(given)), 'next.config.mjs')).rejects.toThrow(`[signed-wasm] ${code}`)
  })

  it('refuses options that there are not', async () => {
    await expect(load(app(config('{}', '{ key: 1 }')), 'next.config.mjs')).rejects.toThrow(
      '[signed-wasm] OPTION_UNKNOWN',
    )
  })

  it.each(['14.2.35', '15.4.11'])('refuses Next.js %s', async (version) => {
    await expect(load(app(config('{}'), version), 'next.config.mjs')).rejects.toThrow(
      `[signed-wasm] NEXT_UNSUPPORTED: Next.js ${version} is not supported`,
    )
  })

  it('refuses a folder without Next.js, from which paths would count', async () => {
    const project = app({
      'next.config.mjs': config('{}')['next.config.mjs'],
      'node_modules/next/package.json': '',
    })
    await expect(load(project, 'next.config.mjs')).rejects.toThrow('[signed-wasm] NEXT_UNSUPPORTED')
  })

  it.each(['15.5.29', '16.0.0', '16.1.9'])(
    'has Turbopack of Next.js %s refuse every such file',
    async (version) => {
      const { rules } = await load(app(config('{}'), version), 'next.config.mjs')
      expect(rules[RULE]).toMatchObject({ as: '*.js', loaders: [{ options: { unsupported: version } }] })
    },
  )
})
