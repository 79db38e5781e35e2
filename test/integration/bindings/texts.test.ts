/** Components of texts of our own, of every kind that jco takes: they build, answer and are typed as under jco. */

import { transform } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { declareComponent } from '../../../src/bindings/types/declare.js'
import { writeTypes } from '../../../src/bindings/declarations/folder.js'
import { generateKey } from '../../../src/trust/keys/trusted-key.js'
import { sign } from '../../../src/trust/sign.js'
import { transpiler as makeTranspiler, writeOurs } from '../../kit/bindings.js'
import { compare, compareInBrowser } from '../../kit/equality.js'
import { makeProject } from '../../kit/project.js'
import { HAS_BROWSER } from '../../kit/run.js'
import { sourceOf } from '../../kit/sources.js'
import { ASYNC } from '../../kit/texts/async.js'
import { EXPORTS } from '../../kit/texts/exports.js'
import { FUTURES } from '../../kit/texts/futures.js'
import { REFUSED } from '../../kit/texts/refused.js'
import { RESOURCES } from '../../kit/texts/resources.js'
import { STREAMS } from '../../kit/texts/streams.js'
import { build, type Text } from '../../kit/texts/text.js'
import { COMPILERS, ROOT_DIRS, typeCheck } from '../../kit/typescript.js'

const own = makeTranspiler()
afterAll(() => own.close())

// Names with attributes (`implements`, external ids) have their place here: test/kit/texts/attributes.ts.
const texts = Object.entries({ ...EXPORTS, ...RESOURCES, ...ASYNC, ...STREAMS, ...FUTURES })

const signed = async (text: Pick<Text, 'wat' | 'wit'>) => sign(await build(text), generateKey()).bytes
const about = { name: 'component', file: 'it.wasm' }

describe.each(texts)('%s', (_, text) => {
  test.skipIf(text.needsJspi && !HAS_BROWSER)('answer as under jco', async () => {
    const bytes = await signed(text)
    const transpiled = await own.transpile(bytes, about)
    const run = text.needsJspi ? compareInBrowser : compare
    const { ours, jcos } = await run(makeProject().root, { bytes, transpiled, usage: text })
    expect(ours).toEqual(jcos)
    expect(ours.outcomes[0]).toHaveProperty('returned')
  })

  test('need JSPI only if it says so, and give esbuild nothing to warn of', async () => {
    const bytes = await signed(text)
    const transpiled = await own.transpile(bytes, about)
    expect(transpiled.needsJspi).toBe(text.needsJspi ?? false)
    const hosts = Object.fromEntries(transpiled.imports.map((name) => [name, './host.js']))
    for (const form of ['exports', 'instantiate'] as const) {
      const code = writeOurs(makeProject().root, { bytes, transpiled, form, hosts })
      const settings = { format: 'esm', target: 'es2022', logLevel: 'silent' } as const
      expect((await transform(code, settings)).warnings).toEqual([])
    }
  })
})

const declare = async (text: Text, jco = {}) =>
  declareComponent(sourceOf(await signed(text)), {
    transpiler: own,
    jco,
    imports: {},
    name: 'it.wasm',
    display: 'it.wasm',
  })

describe('their types', () => {
  test.each(COMPILERS)('take right uses and refuse wrong ones: $name', async (compiler) => {
    const project = makeProject()
    for (const [index, [, text]] of texts.entries()) {
      writeTypes(
        { folder: project.at('.signed-wasm/types/src', String(index)), root: project.root, name: 'it.wasm' },
        await declare(text),
      )
      project.write({ [`src/${index}/use.ts`]: text.types })
    }
    expect(await typeCheck(project, { compiler, resolution: 'bundler', compilerOptions: ROOT_DIRS })).toBe('')
  })

  test('are promises for `asyncExports` of every kind and name', async () => {
    const members = ['[method]thing.get-URL', '[method]thing.default', 'peek']
    const asyncExports = members.map((member) => `acme:shop/things@1.0.0#${member}`)
    const things = await declare(RESOURCES['resources that it exports']!, { asyncExports })
    const text = things['it.wasm.d/interfaces/acme-shop-things.d.ts']!
    expect(text.match(/^.*Promise<.*$/gm)).toEqual([
      'export function peek(it: Thing): Promise<number>;',
      "  'default'(): Promise<number>;",
      '  getUrl(): Promise<number>;',
    ])
    const words = await declare(EXPORTS['names that JavaScript reserves']!, {
      asyncExports: ['acme:all/words#delete'],
    })
    expect(words['it.wasm.d/interfaces/acme-all-words.d.ts']).toContain(
      '\ndeclare function _delete(): Promise<number>;',
    )
  })
})

describe('what jco does not take', () => {
  test.each(Object.entries(REFUSED))('is refused in the words of jco: %s', async (_, [wat, reason]) => {
    const attempt = own.transpile(await signed({ wat }), about)
    await expect(attempt).rejects.toMatchObject({ code: 'TRANSPILE_FAILED', file: 'it.wasm' })
    await expect(attempt).rejects.toThrow(reason)
  })
  test('is refused where its bindings are no JavaScript: `asyncExports` of a static function', async () => {
    const asyncExports = ['acme:shop/things@1.0.0#[static]thing.merge']
    const suspending = makeTranspiler({ asyncMode: 'jspi', asyncExports })
    const attempt = suspending.transpile(await signed(RESOURCES['resources that it exports']!), about)
    await expect(attempt).rejects.toThrow(
      /TRANSPILE_FAILED it\.wasm: .* await is only valid in async functions/,
    )
    await suspending.close()
  })
})
