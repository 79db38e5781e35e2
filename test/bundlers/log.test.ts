/** The log of jco, which asks for a variable of the environment a hundred times in each call: silent, and gone from small code. */

import { readFileSync } from 'node:fs'
import { transform } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { cutSeams } from '../../src/bindings/jco/seams.js'
import { build, BUNDLERS } from '../kit/bundlers.js'
import { fixture, inState, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { command, runInNode } from '../kit/run.js'
import { JCO_LOG } from '../kit/sources.js'

const app = () =>
  makeProject({
    'hello.wasm': inState(fixture('hello'), 'signed'),
    'main.js': `import { greet } from './hello.wasm'\nglobalThis.answers = [greet('Ada')]`,
  })

/** Words that only the log says: in the code of a component, and in what components share. */
const ENTER = '[Instruction::CallWasm] enter'
const SHARED = '[createNewCurrentTask()] args'

describe.each(BUNDLERS)('in a build of %s', (bundler) => {
  test('calls are not logged, and nothing of the log is in small code', async () => {
    const project = app()
    await build[bundler]({
      project,
      options: { keys: TRUSTED_PEM },
      target: 'node',
      out: 'dist',
      minify: true,
      config: bundler === 'rolldown' ? { output: { minify: true } } : {},
    })
    const written = readFileSync(project.at('dist/main.js'), 'utf8')
    // Rollup has others make its code small, and leaves alone what stands in a `try`.
    const { code } = bundler === 'rollup' ? await transform(written, { minify: true }) : { code: written }
    expect(code).not.toContain('JCO_DEBUG')
    for (const words of [ENTER, SHARED]) expect(code).not.toContain(words)
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: ['Hello, Ada!'] }])
  })
})

test('calls are logged where the option `tracing` of jco is on, and not without', async () => {
  const run = async (tracing: boolean) => {
    const project = app()
    const options = { keys: TRUSTED_PEM, jco: { tracing } }
    await build.rollup({ project, options, target: 'node', out: 'dist' })
    const ended = await command('node', ['dist/main.js'], { cwd: project.root, env: { JCO_DEBUG: '1' } })
    return { code: ended.code, output: ended.output }
  }
  expect(await run(false)).toEqual({ code: 0, output: '' })
  expect(await run(true)).toEqual({ code: 0, output: expect.stringContaining(ENTER) })
})

test('an argument that does something does it still', async () => {
  const code = cutSeams(`"use components";
export function instantiate(getCoreModule) {
  ${JCO_LOG}
  if (!getCoreModule) getCoreModule = (name) => fetchCompile(new URL(\`./\${name}\`, import.meta.url));
  _debugLog('one', { made: getCoreModule('asked') });
  return getCoreModule('done');
};
export const _util = {
}
`)
  const project = makeProject({
    'main.js': `${code.toString()}\nconst heard = []\ninstantiate((name) => heard.push(name))\nglobalThis.answers = heard`,
  })
  for (const bundler of BUNDLERS) {
    await build[bundler]({ project, options: { mode: 'off' }, target: 'node', out: bundler, minify: true })
    expect(await runInNode([project.at(`${bundler}/main.js`)]), bundler).toEqual([
      { answers: ['asked', 'done'] },
    ])
  }
})
