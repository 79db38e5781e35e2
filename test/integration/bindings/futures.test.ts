/** Components with futures: jco exports a class `Future` beside `instantiate`, and so do we. */

import { transform } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { createCache } from '../../../src/bindings/jco/cache.js'
import { cutSeams, hasUtil } from '../../../src/bindings/jco/seams.js'
import { declareComponent } from '../../../src/bindings/types/declare.js'
import { LIMITS, runModule, transpiler, writeOurs } from '../../kit/bindings.js'
import { build, BUNDLERS } from '../../kit/bundlers.js'
import { entriesOf, NO_JCO } from '../../kit/cache.js'
import { compare, compareInBrowser } from '../../kit/equality.js'
import { inState, makeProject, TRUSTED_PEM } from '../../kit/project.js'
import { HAS_BROWSER, runInNode } from '../../kit/run.js'
import { assemble } from '../../kit/shapes.js'
import { createTranspiler, sourceOf } from '../../kit/sources.js'
import { FUTURES } from '../../kit/texts/futures.js'
import { constantComponent } from '../../kit/wat.js'

const own = transpiler()
afterAll(() => own.close())

const file = 'a.wasm'
const OUT = FUTURES['futures handed out']!
const IN = FUTURES['futures in futures']!

const transpile = async (wat: string) => {
  const bytes = await assemble(wat)
  return { bytes, transpiled: await own.transpile(bytes, { name: 'component', file }) }
}

describe('bindings of a component with futures', () => {
  test('answer as those of jco', async () => {
    const component = { ...(await transpile(OUT.wat)), usage: OUT }
    const { ours, jcos } = await compare(makeProject().root, component)
    expect(ours).toEqual(jcos)
    expect(ours.outcomes.slice(0, 4)).toEqual([5, 'function', 7, 8].map((returned) => ({ returned })))
  })

  test.skipIf(!HAS_BROWSER)('answer as those of jco in Chromium, futures in futures as well', async () => {
    const component = { ...(await transpile(IN.wat)), usage: IN }
    const { ours, jcos } = await compareInBrowser(makeProject().root, component)
    expect(ours).toEqual(jcos)
    expect(ours.outcomes.slice(0, 3)).toEqual([5, 41, 9].map((returned) => ({ returned })))
  })

  test('hand out `_util` beside the function that makes instances', async () => {
    const project = makeProject()
    writeOurs(project.root, { ...(await transpile(OUT.wat)), form: 'instantiate' })
    const answers = await runModule(
      project.root,
      `const { default: instantiate, ...rest } = await import('./index.js')
       const it = await instantiate({ take: { default: (future) => (globalThis.taken = future) } })
       it.give(3)
       report([Object.keys(rest), Object.keys(it), await globalThis.taken, await it.later(4), await new rest._util.Future(5)])`,
    )
    expect(answers).toEqual([['_util'], ['give', 'later'], 3, 4, 5])
  })
})

test.each(BUNDLERS)(
  'a component with futures answers when %s has built it, without a warning',
  async (bundler) => {
    const project = makeProject({
      'futures.wasm': inState(await assemble(OUT.wat), 'signed'),
      'take.js': 'export default (future) => void (globalThis.taken = future)',
      'main.js': `
      import { _util, give, later } from './futures.wasm'
      import instantiate, { _util as util } from './futures.wasm?instantiate'
      const it = await instantiate()
      give(1)
      globalThis.answers = [
        await globalThis.taken, await later(2), await it.later(3), await new _util.Future(4), await new util.Future(5),
      ]`,
    })
    const options = { keys: TRUSTED_PEM, imports: { take: './take.js' } }
    const { warnings } = await build[bundler]({ project, options, target: 'node', out: 'dist' })
    expect(warnings).toEqual([])
    const outcomes = await runInNode([project.at('dist/main.js')])
    expect(outcomes).toEqual([{ answers: [1, 2, 3, 4, 5] }])
  },
)

test('a component without futures has no `_util`, in neither form and not in its types', async () => {
  const bytes = await constantComponent(1)
  const transpiled = await own.transpile(bytes, { name: 'component', file })
  for (const form of ['exports', 'instantiate'] as const)
    expect(writeOurs(makeProject().root, { bytes, transpiled, form })).not.toMatch(/_?util/i)
  const about = { transpiler: own, jco: {}, imports: {}, name: 'it.wasm', display: file }
  expect(JSON.stringify(await declareComponent(sourceOf(bytes), about))).not.toMatch(/_?util/i)
})

test('an export of the component has its name before `_util`', async () => {
  const { bytes, transpiled } = await transpile(OUT.wat)
  const exports = [['_util', 'function'] as const]
  const code = writeOurs(makeProject().root, {
    bytes,
    transpiled: { ...transpiled, exports },
    form: 'exports',
    hosts: { take: './take.js' },
  })
  expect(code.match(/ as _util\b/g)).toHaveLength(1)
  expect(code).toContain('$signedWasmExport0 as _util')
})

test('bindings of a component with futures are the same from the cache on disk', async () => {
  const bytes = await assemble(OUT.wat)
  const project = makeProject()
  const folder = project.at('cache')
  const [first, second] = [undefined, NO_JCO].map((worker) =>
    createTranspiler({
      jco: {},
      limits: LIMITS,
      cache: createCache(() => folder),
      ...(worker && { worker }),
    }),
  )
  const made = await first!.transpile(bytes, { name: 'component', file })
  expect(entriesOf(folder)).toHaveLength(1)
  expect(await second!.transpile(bytes, { name: 'component', file })).toEqual(made)
  expect(made.hasUtil).toBe(true)
  await Promise.all([first!.close(), second!.close()])
})

test.each(Object.entries(FUTURES))(
  'bindings of a component with %s have no key twice',
  async (_, { wat }) => {
    const { bytes, transpiled } = await transpile(wat)
    const hosts = { take: './take.js' }
    const code = writeOurs(makeProject().root, { bytes, transpiled, form: 'exports', hosts })
    const { warnings } = await transform(code, { format: 'esm', target: 'es2022', logLevel: 'silent' })
    expect(warnings).toEqual([])
    // So that this goes when jco no longer does it.
    const before = await transform(transpiled.js, { format: 'esm', target: 'es2022', logLevel: 'silent' })
    expect(before.warnings.map(({ id }) => id)).toEqual(['duplicate-object-key'])
  },
)

describe("the seam of jco's `_util`", () => {
  const CLASS =
    'class Future { #value; constructor(value) { this.#value = value; } get then() { return () => { if (this) { } } } }'
  const code = (util: string) =>
    `"use components";\nexport function instantiate(getCoreModule, imports) {\n` +
    'if (!getCoreModule) getCoreModule = (name) => fetchCompile(new URL(`./${name}`, import.meta.url));\n' +
    `};\n\n${util}\n\n`
  const codeOf = (util: string) => {
    try {
      return cutSeams(code(util)).toString()
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  test.each([
    ['plain', `export const _util = {\n  Future: ${CLASS},\n  \n}`],
    ['minified', `export const _util={Future:${CLASS}};`],
  ])('keeps the class under a name of ours: %s', (_, util) => {
    expect(codeOf(util)).toContain('const $signedWasmUtil = {')
    expect(codeOf(util)).not.toMatch(/export|_util/)
    expect(hasUtil(code(util))).toBe(true)
    expect(hasUtil(code('export const _util = {\n}'))).toBe(false)
  })

  test.each([
    ['another class', `export const _util = { Stream: ${CLASS} }`],
    ['two classes', `export const _util = { Future: ${CLASS}, Stream: ${CLASS} }`],
    ['a function', 'export const _util = { Future: () => {} }'],
    ['something after it', `export const _util = { Future: ${CLASS} }; globalThis.x = {}`],
    ['a call of it', `export const _util = { Future: ${CLASS} }()`],
    ['deeper braces', `export const _util = { Future: class Future { a() { { { { } } } } } }`],
  ])('is refused when there is %s', (_, util) => {
    expect(codeOf(util)).toBe('SEAM_CHANGED')
    expect(hasUtil(code(util))).toBe(false)
  })
})
