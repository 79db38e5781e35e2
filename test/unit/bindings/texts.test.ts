/** Components of texts of our own, of every kind that jco takes: they build, answer and are typed as under jco. */

import { afterAll, describe, expect, test } from 'vitest'
import { declareComponent } from '../../../src/bindings/types/declare.js'
import { writeTypes } from '../../../src/bindings/types/folder.js'
import { generateKey } from '../../../src/trust/keys/trusted-key.js'
import { sign } from '../../../src/trust/sign.js'
import { transpiler as makeTranspiler } from '../../kit/bindings.js'
import { compare, compareInBrowser } from '../../kit/equality.js'
import { makeProject } from '../../kit/project.js'
import { HAS_BROWSER } from '../../kit/run.js'
import { assemble } from '../../kit/shapes.js'
import { FUTURES } from '../../kit/texts/futures.js'
import { COMPILERS, typeCheck } from '../../kit/typescript.js'

const transpiler = makeTranspiler()
afterAll(() => transpiler.close())

const TEXTS = { ...FUTURES }
const texts = Object.entries(TEXTS)

const signed = async (wat: string) => sign(await assemble(wat), generateKey()).bytes

describe('a component of our own text', () => {
  test.each(texts)('answers as under jco: %s', async (_, text) => {
    if (text.needsJspi && !HAS_BROWSER) return
    const bytes = await signed(text.wat)
    const transpiled = await transpiler.transpile(bytes, { name: 'component', file: 'it.wasm' })
    const run = text.needsJspi ? compareInBrowser : compare
    const { ours, jcos } = await run(makeProject().root, { bytes, transpiled, usage: text })
    expect(ours).toEqual(jcos)
    expect(ours.outcomes[0]).toHaveProperty('returned')
  })

  test.each(COMPILERS)('is typed, for right uses and wrong ones: $name', async (compiler) => {
    const project = makeProject()
    for (const [index, [, { wat, types }]] of texts.entries()) {
      const about = { transpiler, jco: {}, imports: {}, name: 'it.wasm', display: 'it.wasm' }
      const folder = project.at('.signed-wasm/types/src', String(index))
      writeTypes(folder, 'it.wasm', await declareComponent(await signed(wat), about))
      project.write({ [`src/${index}/use.ts`]: types })
    }
    expect(await typeCheck(project, { compiler, resolution: 'bundler' })).toBe('')
  })
})
