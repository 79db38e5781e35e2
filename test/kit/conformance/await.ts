/** Where there is no top-level await, and where there seems to be none. */

import { describe, expect, it } from 'vitest'
import type { Options } from '../../../src/index.js'
import { build } from '../bundlers.js'
import { inState, makeProject, TRUSTED_PEM } from '../project.js'
import { runInNode } from '../run.js'
import { constantComponent } from '../wat.js'
import type { Habits, Lack } from './habits.js'

const MAIN = `import { answer } from './x.wasm'\nglobalThis.answers = answer()`
const LATER = `import instantiate from './x.wasm?instantiate'\ninstantiate().then(({ answer }) => (globalThis.answers = answer()))`

/** Declares the duty to find out what has no top-level await. */
export function describeAwait({ name, lacks, hasAwait }: Habits): void {
  const attempt = async (
    main: string,
    { script = 'dist/main.js', isModule, isForPages, before, config = {} }: Lack,
  ) => {
    const component = inState(await constantComponent(1), 'signed')
    const files = {
      'package.json': isModule ? '{ "type": "module" }' : '{}',
      'main.js': main,
      'x.wasm': component,
    }
    const project = makeProject(files)
    const options: Options = { keys: TRUSTED_PEM, ...(isForPages && { asset: 'inline' }) }
    await build[name]({ project, options, target: 'node', out: 'dist', config, ...(before && { before }) })
    return runInNode([project.at(script)])
  }

  describe(`${name}: where there is no top-level await`, () => {
    it.each(lacks)('names `?instantiate`, and it works there: $where', async (lack) => {
      const refused = attempt(MAIN, lack)
      await expect(refused).rejects.toThrow(
        `TOP_LEVEL_AWAIT x.wasm: its exports come out of a top-level await, which ${lack.where} does not have`,
      )
      await expect(refused).rejects.toThrow("import instantiate from './x.wasm?instantiate'")
      expect(await attempt(LATER, lack)).toEqual([{ answers: 1 }])
    })

    it.each(hasAwait)('has one all the same: $where', async (one) => {
      expect(await attempt(MAIN, one)).toEqual([{ answers: 1 }])
    })
  })
}
