/** What an adapter owes besides a working bundle: its place, its being alone, its lines, its memory. */

import { describe, expect, it } from 'vitest'
import { type Options, signedWasm } from '../../../src/index.js'
import { build, type BuildRequest, entryIn } from '../bundlers.js'
import { inState, makeProject, OTHER_PEM, type Project, TRUSTED_PEM } from '../project.js'
import { runInNode } from '../run.js'
import { constantComponent, coreModule, hostComponent } from '../wat.js'
import type { Habits } from './habits.js'

/** Declares the duties about a build as a whole. */
export function describeDuties(habits: Habits): void {
  describe(`${habits.name}: where the project is`, () => describeRoot(habits))
  describe(`THREAT 21: a second instance, which could be laxer, stops ${habits.name}`, () =>
    describeSecond(habits))
  describe(`${habits.name}: what it says`, () => describeLog(habits))
  describe(`${habits.name}: what it remembers`, () => describeMemory(habits))
}

const inNode = { target: 'node', out: 'dist' } as const

function describeRoot({ name, hasRoot }: Habits): void {
  it('keys, hosts, filters, folders and the names in messages count from there', async () => {
    const component = await hostComponent()
    const project = makeProject({
      'main.js': `import { run } from './src/x.wasm'\nglobalThis.answers = run(1)`,
      'src/x.wasm': inState(component, 'signed'),
      'host/math.js': 'export const addOne = (n) => n + 1',
      'keys/a.pub': TRUSTED_PEM,
    })
    // Whoever looks here finds something else.
    const elsewhere = makeProject({ 'keys/a.pub': OTHER_PEM, 'host/math.js': 'export const addOne = 0' })
    const options: Options = {
      keys: 'keys/a.pub',
      include: 'src/**',
      imports: { 'acme:app/math': './host/math.js' },
      types: 'gen',
      cache: 'kept',
    }
    const attempt = () => inFolder(hasRoot ? elsewhere : project, { ...inNode, name, project, options })
    await attempt()
    expect(await runInNode([project.at(entryIn('dist', name, 'node'))])).toEqual([{ answers: 3 }])
    expect([project.files('gen').length > 0, project.files('kept').length]).toEqual([true, 1])
    project.write({ 'src/x.wasm': inState(component, 'tampered') })
    await expect(attempt()).rejects.toThrow('[signed-wasm] CONTENT_MODIFIED src/x.wasm: ')
  })
}

async function inFolder(
  { root }: Project,
  { name, ...request }: BuildRequest & Pick<Habits, 'name'>,
): Promise<unknown> {
  const before = process.cwd()
  process.chdir(root)
  return build[name](request).finally(() => process.chdir(before))
}

function describeSecond({ name, nesting }: Habits): void {
  const project = makeProject({ 'main.js': 'globalThis.answers = 1' })
  // Some refuse at once.
  const attempt = async (plugins: unknown[]) =>
    build[name]({ ...inNode, project, options: { keys: TRUSTED_PEM }, config: { plugins } })
  // Only Farm's may be absent from the types of unplugin.
  const second = () => signedWasm[name]!({ mode: 'off' }) as unknown

  it('in the list of plugins', async () => {
    await attempt([])
    await expect(attempt([second()])).rejects.toThrow('PLUGIN_TWICE')
  })

  it.each(nesting.map((nest) => [String(nest), nest] as const))('in a list as %s', async (_, nest) => {
    await expect(attempt([nest(second())])).rejects.toThrow('PLUGIN_TWICE')
  })
}

function describeLog({ name, talkative }: Habits): void {
  const said = async (options: Options) => {
    const project = makeProject({
      'x.wasm': await constantComponent(1),
      'main.js': `
        import { answer } from './x.wasm'
        import * as again from './x.wasm?component'
        import instantiate from './x.wasm?instantiate'
        globalThis.answers = [answer, again, instantiate]`,
    })
    const heard = await build[name]({ ...inNode, project, options, ...(talkative && { config: talkative }) })
    const ours = (lines: readonly string[]) =>
      lines.flatMap((line) => /\[signed-wasm\] (?!making bindings)([\w-]+)/.exec(line)?.[1] ?? [])
    return { lines: ours(heard.lines), warnings: ours(heard.warnings) }
  }

  it('states the policy once, and warns of a file once', async () => {
    expect(await said({ keys: TRUSTED_PEM, mode: 'lenient' })).toEqual({
      lines: ['lenient'],
      warnings: ['COMPONENT_UNSIGNED'],
    })
  })

  it('warns once that nothing is verified', async () => {
    expect(await said({ mode: 'off' })).toEqual({ lines: [], warnings: ['VERIFICATION_OFF'] })
  })
}

function describeMemory({ name, coreModule: core, cache }: Habits): void {
  it('is nothing that a second build would not judge again, with every cache on', async () => {
    const [component, plain] = [await constantComponent(1), await coreModule()]
    const signed = { 'x.wasm': inState(component, 'signed'), 'core.wasm': inState(plain, 'signed') }
    const project = makeProject({
      'main.js': `import './core.js'\nimport { answer } from './x.wasm'\nglobalThis.answers = [answer(), globalThis.core]`,
      'core.js': core.main.replace('globalThis.answers', 'globalThis.core'),
      ...signed,
    })
    const config = { ...core.config, ...cache?.(project.at('kept')) }
    const attempt = (keys: string) =>
      build[name]({ ...inNode, project, mode: 'development', options: { keys, cache: 'jco' }, config })
    await attempt(TRUSTED_PEM)
    if (cache) expect(project.files('kept').length).toBeGreaterThan(0)
    await expect(attempt(OTHER_PEM)).rejects.toThrow('SIGNER_UNTRUSTED')
    project.write({ 'x.wasm': inState(component, 'tampered') })
    await expect(attempt(TRUSTED_PEM)).rejects.toThrow('CONTENT_MODIFIED x.wasm')
    project.write({ ...signed, 'core.wasm': inState(plain, 'tampered') })
    await expect(attempt(TRUSTED_PEM)).rejects.toThrow('CONTENT_MODIFIED core.wasm')
    project.write(signed)
    await attempt(TRUSTED_PEM)
    expect(await runInNode([project.at(entryIn('dist', name, 'node'))])).toEqual([{ answers: [1, 42] }])
  })
}
