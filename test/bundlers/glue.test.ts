/** Pages with several components: what jco writes into each of them is there once, and every instance has its own. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { build, BUNDLERS, entryIn } from '../kit/bundlers.js'
import { fixture, inState, makeProject, type Project, TRUSTED_PEM } from '../kit/project.js'
import { HAS_BROWSER, runInBrowser, runInNode, visit } from '../kit/run.js'
import { assemble } from '../kit/shapes.js'
import { ASYNC } from '../kit/texts/async.js'
import { startServer } from '../kit/vite-server.js'
import { constantComponent, failingComponent } from '../kit/wat.js'

const options = {
  keys: TRUSTED_PEM,
  imports: { ask: './ask.js', 'acme:app/oracle@1.0.0': './oracle.js' },
}

const HOSTS = {
  'ask.js': ASYNC['async imports']!.hosts!['ask']!,
  'oracle.js': ASYNC['async imports']!.hosts!['acme:app/oracle@1.0.0']!,
}

/** Words of the machinery, which no minifier changes. */
const ONCE = 'no current tasks for component instance ['

const signed = (bytes: Uint8Array) => inState(bytes, 'signed')

/** A page with so many components, among them one of C with texts and two that only count. */
async function page(count: number): Promise<Project> {
  const project = makeProject({
    'c0.wasm': signed(fixture('hello')),
    'c1.wasm': signed(fixture('calculator')),
  })
  for (let i = 2; i < count; i++) project.write({ [`c${i}.wasm`]: signed(await constantComponent(i)) })
  const all = Array.from({ length: count }, (_, i) => i)
  const calls = all.map((i) => (i === 0 ? `c0.greet('Ada')` : i === 1 ? `c1.add(1, 2)` : `c${i}.answer()`))
  project.write({
    'main.js': [
      ...all.map((i) => `import ${i % 2 ? `* as c${i}` : `c${i}`} from './c${i}.wasm'`),
      `globalThis.answers = [${calls.join(', ')}]`,
    ].join('\n'),
  })
  return project
}

const answersOf = (count: number) => [
  { answers: ['Hello, Ada!', 3, ...Array.from({ length: count - 2 }, (_, i) => i + 2)] },
]

/** All scripts of an output. */
function scriptsIn(project: Project, out = 'dist'): string {
  const names = project.files(out).filter((name) => /\.m?js$/.test(name))
  return names.map((name) => readFileSync(path.join(project.at(out), name), 'utf8')).join('\n')
}

const times = (code: string, word: string) => code.split(word).length - 1

describe.each(BUNDLERS)('in a build of %s', (bundler) => {
  test.each([2, 5, 20])('%i components on a page share what is the same, and each answers', async (count) => {
    const project = await page(count)
    const { warnings } = await build[bundler]({ project, options, target: 'node', out: 'dist' })
    expect(warnings).toEqual([])
    expect(times(scriptsIn(project), ONCE)).toBe(1)
    expect(await runInNode([project.at('dist/main.js')])).toEqual(answersOf(count))
  })

  test('instances of one component know nothing of one another, and a trap ends only its own', async () => {
    const project = makeProject({
      'counter.wasm': signed(fixture('counter')),
      'failing.wasm': signed(await failingComponent()),
      'main.js': `
        import counter from './counter.wasm?instantiate'
        import failing from './failing.wasm?instantiate'
        const [a, b, c, d, e] = await Promise.all([counter(), counter(), failing(), failing(), counter()])
        const Counter = (of) => of.counters.Counter
        const [one, other] = [new (Counter(a))(5), new (Counter(b))(50)]
        const attempt = (call) => { try { return call() } catch { return 'trap' } }
        globalThis.answers = [
          one.increment(), other.increment(), one.increment(), Counter(a).live(), Counter(b).live(), Counter(e).live(),
          attempt(c.fail), attempt(c.answer), attempt(d.answer), attempt(() => one.increment.call(other)),
        ]`,
    })
    await build[bundler]({ project, options, target: 'node', out: 'dist' })
    expect(await runInNode([project.at('dist/main.js')])).toEqual([
      { answers: [6, 51, 7, 1, 1, 0, 'trap', 'trap', 42, 'trap'] },
    ])
  })

  // What the page waits for must not wait for the page, which has what both share.
  test('a page waits at its top for a component, beside one that it has at once', async () => {
    const project = makeProject({
      'hello.wasm': signed(fixture('hello')),
      'calculator.wasm': signed(fixture('calculator')),
      'main.js': `
        import { greet } from './hello.wasm'
        const { add } = await import('./calculator.wasm')
        globalThis.answers = [greet('Ada'), add(1, 2)]`,
    })
    await build[bundler]({ project, options, target: 'node', out: 'dist' })
    expect(times(scriptsIn(project), ONCE)).toBe(1)
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: ['Hello, Ada!', 3] }])
  })

  test('nothing of it is in a page that does not use what it imports', async () => {
    const project = makeProject({
      'hello.wasm': signed(fixture('hello')),
      'main.js': `import { other } from './library.js'\nglobalThis.answers = other`,
      'library.js': `import instantiate from './hello.wasm?instantiate'
        export const greet = async (name) => (await instantiate()).greet(name)
        export const other = 1`,
    })
    await build[bundler]({ project, options, target: 'browser', out: 'dist', minify: true })
    expect(times(scriptsIn(project), ONCE)).toBe(0)
  })

  test.runIf(HAS_BROWSER)('async tasks of several instances run at once', async () => {
    const project = makeProject({
      ...HOSTS,
      'exports.wasm': signed(await assemble(ASYNC['async exports']!.wat)),
      'imports.wasm': signed(await assemble(ASYNC['async imports']!.wat)),
      'main.js': `
        import first from './exports.wasm?instantiate'
        import second from './imports.wasm?instantiate'
        const [a, b, c, d] = await Promise.all([first(), first(), second(), second()])
        globalThis.answers = await Promise.all([
          c.relay(1), a.double(2), d.relay(3), b.double(4), c.consult(5), d.consult(6), a.double(7), a.half(8),
        ])`,
    })
    await build[bundler]({ project, options, target: 'browser', out: 'dist' })
    expect(times(scriptsIn(project), ONCE)).toBe(1)
    const outcomes = await runInBrowser(project.root, [entryIn('dist', bundler, 'browser')])
    expect(outcomes).toEqual([{ answers: [11, 4, 31, 8, 501, 601, 14, 4] }])
  })
})

test.runIf(HAS_BROWSER)('in the dev server of Vite as well, which sends it once', async () => {
  const project = await page(5)
  project.write({ 'index.html': '<script type="module" src="./main.js"></script>' })
  const { address, server } = await startServer(project, options)
  expect(await visit(address)).toEqual(answersOf(5)[0])
  const asked = [...server.moduleGraph.idToModuleMap.keys()].filter((id) => id.includes('glue'))
  expect(asked).toHaveLength(1)
})

test('in a library whose modules stay apart, it is a module of its own, which each of them imports', async () => {
  const project = await page(3)
  const config = { output: { preserveModules: true, entryFileNames: '[name].js' } }
  await build.rollup({ project, options, target: 'node', out: 'dist', config })
  const files = project.files('dist').filter((name) => name.endsWith('.js'))
  expect(files.filter((name) => name.endsWith('glue.js'))).toHaveLength(1)
  expect(files.filter((name) => /c\d\.wasm/.test(name))).toHaveLength(3)
  expect(times(scriptsIn(project), ONCE)).toBe(1)
  expect(await runInNode([project.at('dist/main.js')])).toEqual(answersOf(3))
})
