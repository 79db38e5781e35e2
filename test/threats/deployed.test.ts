/** THREATS row 34: files that are changed between the build and the visitor. */

import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Options } from '../../src/index.js'
import { build } from '../kit/bundlers.js'
import { inState, makeProject, type Project, TRUSTED_PEM } from '../kit/project.js'
import { HAS_BROWSER, runInBrowser, runInNode } from '../kit/run.js'
import { constantComponent } from '../kit/wat.js'

/** Counts what is handed to the engine. */
const COUNT = `
globalThis.compiled = 0
for (const name of ['compile', 'compileStreaming', 'instantiate', 'instantiateStreaming']) {
  const own = WebAssembly[name]
  WebAssembly[name] = (...args) => (globalThis.compiled++, own.apply(WebAssembly, args))
}
`

const MAIN = `${COUNT}
const codeOf = (work) => work().then(() => 'ran', (error) => error.code)
const imported = await codeOf(() => import('./x.wasm'))
const { default: instantiate } = await import('./x.wasm?instantiate')
const first = await codeOf(() => instantiate())
const second = await codeOf(() => instantiate())
globalThis.answers = [imported, first, second, globalThis.compiled]
`

async function builtWith(
  recheck: NonNullable<Options['recheck']>,
  target: 'node' | 'browser',
): Promise<Project> {
  const project = makeProject({ 'main.js': MAIN, 'x.wasm': inState(await constantComponent(7), 'signed') })
  await build.rolldown({ project, options: { keys: TRUSTED_PEM, recheck }, target, out: 'dist' })
  return project
}

function tamper(project: Project): void {
  for (const asset of project.files('dist').filter((file) => file.endsWith('.wasm'))) {
    const file = readFileSync(project.at('dist', asset))
    file[file.length - 3]! ^= 1
    writeFileSync(project.at('dist', asset), file)
  }
}

const run = async (project: Project, target: 'node' | 'browser') =>
  target === 'node' ? runInNode([project.at('dist/main.js')]) : runInBrowser(project.at('dist'), ['main.js'])

describe.each(HAS_BROWSER ? (['node', 'browser'] as const) : (['node'] as const))('%s', (target) => {
  it.each([
    ['digest', 'DIGEST_MISMATCH'],
    ['signature', 'CONTENT_MODIFIED'],
  ] as const)(
    'THREAT 34: with %s, a changed file is refused before anything of it is compiled',
    async (recheck, code) => {
      const project = await builtWith(recheck, target)
      const [untouched] = await run(project, target)
      expect(untouched).toMatchObject({ answers: ['ran', 'ran', 'ran', expect.any(Number)] })
      expect((untouched as { answers: number[] }).answers.at(-1)).toBeGreaterThan(2)
      tamper(project)
      expect(await run(project, target)).toEqual([{ answers: [code, code, code, 0] }])
    },
  )
})
