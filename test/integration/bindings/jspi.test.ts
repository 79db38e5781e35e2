/** Components that suspend WebAssembly, where the engine cannot. */

import { afterAll, describe, expect, test } from 'vitest'
import { runModule, transpiler, writeOurs } from '../../kit/bindings.js'
import { makeProject } from '../../kit/project.js'
import { assemble, SHAPES } from '../../kit/shapes.js'
import { FUTURES } from '../../kit/texts/futures.js'
import { hostComponent } from '../../kit/wat.js'

const own = {
  plain: transpiler(),
  'suspending imports': transpiler({ asyncMode: 'jspi', asyncImports: ['acme:app/math@1.0.0#add-one'] }),
  'suspending exports': transpiler({ asyncMode: 'jspi', asyncExports: ['run'] }),
}
afterAll(() => Promise.all(Object.values(own).map((each) => each.close())))

type Which = keyof typeof own

const transpile = (which: Which, bytes: Uint8Array) =>
  own[which].transpile(bytes, { name: 'component', file: 'a.wasm' })

/** What engines without JSPI are like, whatever this one is. */
const WITHOUT = 'delete WebAssembly.Suspending; delete WebAssembly.promising'

const MESSAGE =
  '[signed-wasm] JSPI_MISSING: this component needs JSPI, which this engine lacks or has off; Node.js has it from 24 on, at first with --experimental-wasm-jspi'

const futures = () => assemble(FUTURES['futures in futures']!.wat)

describe.each<[Which, () => Promise<Uint8Array>]>([
  ['plain', futures],
  ['suspending imports', hostComponent],
  ['suspending exports', hostComponent],
])('a component that needs JSPI (%s)', (which, component) => {
  test.each([
    ['exports', `import('./index.js')`],
    ['instantiate', `import('./index.js').then((m) => m.default({ 'acme:app/math': host }))`],
  ] as const)('says so where there is none: %s', async (form, load) => {
    const bytes = await component()
    const transpiled = await transpile(which, bytes)
    const project = makeProject({ 'host.js': 'export const addOne = (n) => n + 1' })
    writeOurs(project.root, { bytes, transpiled, form, hosts: { 'acme:app/math': './host.js' } })
    const source = `${WITHOUT}
      const host = await import('./host.js')
      report(await ${load}.catch((error) => [error.code, error.message, error.cause instanceof TypeError]))`
    expect(await runModule(project.root, source)).toEqual(['JSPI_MISSING', MESSAGE, true])
  })
})

test('what fails for another reason is as it was', async () => {
  const bytes = await hostComponent()
  const transpiled = await transpile('suspending imports', bytes)
  const project = makeProject()
  writeOurs(project.root, { bytes, transpiled, form: 'instantiate' })
  const source = `WebAssembly.Suspending = class {}
    const { default: instantiate } = await import('./index.js')
    const failing = { instantiateCore: () => { throw new RangeError('of my own') } }
    report(await instantiate({ 'acme:app/math': { addOne: (n) => n } }, failing).catch(String))`
  expect(await runModule(project.root, source)).toBe('RangeError: of my own')
})

test.each(Object.entries({ ...SHAPES, 'futures handed out': FUTURES['futures handed out']! }))(
  'a component that can do without JSPI has no such code: %s',
  async (_, { wat }) => {
    const bytes = await assemble(wat)
    const transpiled = await transpile('plain', bytes)
    for (const form of ['exports', 'instantiate'] as const) {
      const hosts = Object.fromEntries(transpiled.imports.map((name) => [name, './host.js']))
      expect(writeOurs(makeProject().root, { bytes, transpiled, form, hosts })).not.toContain('WithJspi')
    }
  },
)
