/** Names with attributes through whole builds. @see test/fixtures/forms/README.md */

import { describe, expect, it } from 'vitest'
import { build, type BundlerName, BUNDLERS } from '../kit/bundlers.js'
import { form, inState, makeProject, type Project, TRUSTED_PEM } from '../kit/project.js'
import { runInNode } from '../kit/run.js'

const project = (main: string, ...names: string[]) =>
  makeProject({
    ...Object.fromEntries(names.map((name) => [`${name}.wasm`, inState(form(name), 'signed')])),
    'main.js': main,
    'random.js': 'export const getRandomU64 = () => 5n',
  })

async function answersOf(name: BundlerName, app: Project, imports: Record<string, string> = {}) {
  await build[name]({ project: app, options: { keys: TRUSTED_PEM, imports }, target: 'node', out: 'dist' })
  return (await runInNode([app.at('dist/main.js')]))[0]
}

describe.each(BUNDLERS)('%s', (name) => {
  it('binds an import that implements an interface like that interface', async () => {
    const main = `
      import { f } from './implements.wasm'
      import instantiate from './implements.wasm?instantiate'
      import { f as seven } from './external-id.wasm'
      const own = await instantiate({ a: { getRandomU64: () => 6n } })
      const shimmed = await instantiate()
      globalThis.answers = [typeof f(), String(own.f()), typeof shimmed.f(), String(seven())]`
    const app = project(main, 'implements', 'external-id')
    expect(await answersOf(name, app)).toEqual({ answers: ['bigint', '6', 'bigint', '7'] })
    const scripts = app.files('dist').filter((file) => file.endsWith('.js'))
    const code = scripts.map((file) => Buffer.from(app.read(`dist/${file}`)).toString()).join('\n')
    expect(code).toContain('@bytecodealliance/preview2-shim/random')
    expect(code).not.toContain("x'y")
  })

  it('binds it to the host that is configured for it', async () => {
    const main = `import { f } from './implements.wasm'\nglobalThis.answers = String(f())`
    for (const key of ['a', 'wasi:random/random@0.2.0', 'wasi:random/random'])
      expect(await answersOf(name, project(main, 'implements'), { [key]: './random.js' })).toEqual({
        answers: '5',
      })
  })

  it.each([
    ['versionsuffix', 'TRANSPILE_FAILED'],
    ['compact', 'TRANSPILE_FAILED'],
    ['compact-hostile', 'UNSAFE_NAME'],
  ])('refuses %s.wasm with %s', async (file, code) => {
    const app = project(`export * from './${file}.wasm'`, file)
    await expect(answersOf(name, app)).rejects.toThrow(`${code} ${file}.wasm: `)
  })
})
