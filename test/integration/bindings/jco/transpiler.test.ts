import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { build as esbuild } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { planImports } from '../../../../src/bindings/hosts.js'
import { generateKey } from '../../../../src/trust/keys/trusted-key.js'
import { sign } from '../../../../src/trust/sign.js'
import { buildBigComponent } from '../../../fixtures/components/big.mjs'
import {
  DIST,
  LIMITS,
  observeModule,
  runModule,
  RUNTIME,
  transpiler,
  writeJcos,
  writeOurs,
} from '../../../kit/bindings.js'
import { type Behaviour, compare, type Usage } from '../../../kit/equality.js'
import { fixture, makeProject, REPOSITORY } from '../../../kit/project.js'
import { HAS_BROWSER, runInBrowser } from '../../../kit/run.js'
import { assemble, SHAPES } from '../../../kit/shapes.js'
import { createTranspiler, generateModule } from '../../../kit/sources.js'
import { OWN_USAGES, REAL, real, REAL_USAGES } from '../../../kit/usages.js'
import { constantComponent, coreModule } from '../../../kit/wat.js'

const own = transpiler()
afterAll(() => own.close())

const file = 'a.wasm'

const ownFiles = readdirSync(path.join(REPOSITORY, 'test/fixtures/components')).filter((name) =>
  existsSync(path.join(REPOSITORY, 'test/fixtures/components', name, `${name}.wasm`)),
)

const compareSigned = async (unsigned: Uint8Array, usage: Usage) => {
  const { bytes } = sign(unsigned, generateKey())
  const transpiled = await own.transpile(bytes, { name: 'component', file })
  const { ours, jcos } = await compare(makeProject().root, { bytes, transpiled, usage })
  expect(ours).toEqual(explain(jcos))
  return ours
}

/** What an engine without JSPI says, as we say it. */
const explain = (jcos: Behaviour) =>
  JSON.parse(
    JSON.stringify(jcos).replaceAll(
      '"WebAssembly.Suspending is not a constructor"',
      JSON.stringify(JSPI_MISSING),
    ),
  ) as Behaviour

const JSPI_MISSING =
  '[signed-wasm] JSPI_MISSING: this component needs JSPI, which this engine lacks or has off; Node.js has it from 24 on, at first with --experimental-wasm-jspi'

describe("bindings are jco's own", () => {
  test.each(Object.entries(SHAPES))('for a component with %s', async (_, shape) => {
    const { outcomes } = await compareSigned(await assemble(shape.wat), shape)
    expect(outcomes[0]).toHaveProperty('returned')
  })

  test.each(ownFiles)('for our component %s', async (name) => {
    const { outcomes } = await compareSigned(fixture(name), OWN_USAGES[name]!)
    expect(outcomes[0]).toHaveProperty('returned')
  })

  test('for a component of more than 10 MB', async () => {
    const bytes = await buildBigComponent()
    expect(bytes.length).toBeGreaterThan(10_000_000)
    const { outcomes } = await compareSigned(bytes, { probes: "[(m) => m.greet('you')]" })
    expect(outcomes).toEqual([{ returned: 'Hello, you, from JS!' }])
  })
})

if (REAL === undefined) console.warn('SIGNED_WASM_COMPONENTS is not set: real components are not tested')

describe.skipIf(REAL === undefined)("bindings are jco's own for the real component", () => {
  // These need what a test cannot give: a folder, a configuration, a newer engine.
  const UNHAPPY = ['dir.virt', 'stdio.composed', 'p3-cli-hello-stdout']

  test('in every file that is there', () => {
    const files = readdirSync(REAL!).filter((name) => name.endsWith('.wasm'))
    expect(new Set(files.map((name) => path.basename(name, '.wasm')))).toEqual(
      new Set(Object.keys(REAL_USAGES)),
    )
  })

  test.each(Object.entries(REAL_USAGES))('%s', async (name, usage) => {
    const { outcomes } = await compareSigned(real(name), usage)
    if (!UNHAPPY.includes(name)) expect(outcomes[0]).toHaveProperty('returned')
  })
})

describe.skipIf(REAL === undefined || !HAS_BROWSER)('in Chromium, which has JSPI,', () => {
  test('a real component of WASI preview 3 answers as with the bindings of jco', async () => {
    const bytes = real('p3-cli-hello-stdout')
    const project = makeProject()
    const transpiled = await own.transpile(bytes, { name: 'p3', file })
    writeOurs(project.at('ours'), { bytes, transpiled, form: 'exports' })
    await writeJcos(project.at('jcos'), bytes)
    for (const side of ['ours', 'jcos']) {
      const main = `import { run } from './index.js'
        const log = console.log
        const lines = []
        console.log = (...line) => lines.push(line.join(' '))
        globalThis.answers = [String(await run.run()), lines]
        console.log = log`
      project.write({ [`${side}/main.js`]: main })
      await esbuild({
        entryPoints: [project.at(side, 'main.js')],
        outfile: project.at(side, 'bundle.js'),
        bundle: true,
        format: 'esm',
        platform: 'browser',
        external: ['node:*'],
        logLevel: 'error',
      })
    }
    const [ours, jcos] = await runInBrowser(project.root, ['ours/bundle.js', 'jcos/bundle.js'])
    expect(ours).toEqual(jcos)
    expect(ours).toHaveProperty('answers')
  })
})

describe('transpiling', () => {
  test('makes the same of the same file, in whatever process', async () => {
    const bytes = await assemble(SHAPES['composition']!.wat)
    const other = transpiler()
    const [first, second] = await Promise.all(
      [own, other].map((each) => each.transpile(bytes, { name: 'a', file })),
    )
    await other.close()
    expect(second).toEqual(first)
    expect(second).not.toBe(first)
  })

  test('is done once for one content under one name', async () => {
    const bytes = await constantComponent(1)
    const [first, second, third, renamed] = await Promise.all([
      own.transpile(bytes, { name: 'a', file: 'one.wasm' }),
      own.transpile(bytes.slice(), { name: 'a', file: 'two.wasm' }),
      own.transpile(await constantComponent(2), { name: 'a', file: 'one.wasm' }),
      own.transpile(bytes, { name: 'b', file: 'one.wasm' }),
    ])
    expect(second).toBe(first)
    expect(third).not.toBe(first)
    expect(Object.keys(first.cores)).toEqual(['a.core.wasm'])
    expect(Object.keys(renamed.cores)).toEqual(['b.core.wasm'])
  })

  test('takes the bytes as they are at the call', async () => {
    const bytes = await constantComponent(3)
    const before = bytes.slice()
    const later = own.transpile(bytes, { name: 'frozen', file })
    bytes.fill(0)
    expect(await later).toBe(await own.transpile(before, { name: 'frozen', file }))
  })

  test('names imports in full, so that two versions of one interface stay apart', async () => {
    const bytes = await assemble(SHAPES['host imports']!.wat)
    const { imports } = await own.transpile(bytes, { name: 'a', file })
    expect(imports).toEqual(['acme:app/math@1.0.0', 'acme:app/math@2.0.0', 'last-step'])
  })

  test('makes a plain name of any name', async () => {
    const { cores, js } = await own.transpile(await constantComponent(4), {
      name: "../it's größer`${1}",
      file,
    })
    expect(Object.keys(cores)).toEqual(['---it-s-gr--er---1-.core.wasm'])
    expect(js).toContain("'---it-s-gr--er---1-.core.wasm'")
  })

  test('keeps the declarations of jco', async () => {
    const { declarations } = await own.transpile(await assemble(SHAPES['resources']!.wat), {
      name: 'a',
      file,
    })
    expect(Object.keys(declarations)).toEqual(['a.d.ts', 'interfaces/acme-app-counters.d.ts'])
    expect(declarations['interfaces/acme-app-counters.d.ts']).toContain('class Counter')
  })

  test.each([
    ['a core module', coreModule, /./],
    ['text', async () => new TextEncoder().encode('(component)'), /WASM_MALFORMED/],
    ['nothing', async () => new Uint8Array(), /WASM_MALFORMED/],
  ])('refuses %s with the name of the file', async (_, bytes, message) => {
    const attempt = own.transpile(await bytes(), { name: 'a', file: 'src/a.wasm' })
    await expect(attempt).rejects.toMatchObject({ name: 'Diagnostic', file: 'src/a.wasm' })
    await expect(attempt).rejects.toThrow(message)
  })

  test.each([
    { tracing: true },
    { validLiftingOptimization: true },
    { strict: true },
    { asyncMode: 'jspi' },
  ] as const)('works with the jco options %o', async (jco) => {
    const changed = transpiler(jco)
    const bytes = await constantComponent(5)
    const project = makeProject()
    writeOurs(project.root, {
      bytes,
      transpiled: await changed.transpile(bytes, { name: 'a', file }),
      form: 'instantiate',
    })
    await changed.close()
    const answer = `const { default: instantiate } = await import('./index.js')\nreport((await instantiate()).answer())`
    expect(await runModule(project.root, answer)).toBe(5)
  })
})

describe('the module for `?instantiate`', () => {
  test('makes independent instances, with own imports by either name', async () => {
    const { wat } = SHAPES['host imports']!
    const bytes = await assemble(wat)
    const project = makeProject()
    writeOurs(project.root, {
      bytes,
      transpiled: await own.transpile(bytes, { name: 'a', file }),
      form: 'instantiate',
    })
    const answers = await runModule(
      project.root,
      `const { default: instantiate, ...rest } = await import('./index.js')
       const step = (n) => ({ step: (value) => value + n })
       const one = await instantiate({ 'acme:app/math': step(1), 'last-step': { default: (n) => n } })
       const two = await instantiate({
         'acme:app/math': step(10), 'acme:app/math@2.0.0': step(100), 'last-step': { default: (n) => -n },
       })
       report([one.runAll(0), two.runAll(0), one.runAll(5), Object.keys(rest), await outcome(() => instantiate({ 'acme:app/math': step(1) }))])`,
    )
    expect(answers).toEqual([
      2,
      2 ** 32 - 110,
      7,
      [],
      {
        threw: {
          error: '[signed-wasm] IMPORTS_MISSING: this component imports last-step, which nobody provides',
          payload: 'undefined',
        },
      },
    ])
  })

  test('tries again when the file was not there', async () => {
    const bytes = await constantComponent(6)
    const project = makeProject()
    writeOurs(project.root, {
      bytes,
      transpiled: await own.transpile(bytes, { name: 'a', file }),
      form: 'instantiate',
    })
    const answers = await runModule(
      project.root,
      `import { renameSync } from 'node:fs'
       const { default: instantiate } = await import('./index.js')
       process.chdir(${JSON.stringify(project.root)})
       renameSync('component.wasm', 'away')
       const first = await instantiate().catch((error) => error.code)
       renameSync('away', 'component.wasm')
       report([first, (await instantiate()).answer()])`,
    )
    expect(answers).toEqual(['ENOENT', 6])
  })

  test('needs no file when it stands in the code', async () => {
    const bytes = await assemble(SHAPES['composition']!.wat)
    const project = makeProject()
    writeOurs(project.root, {
      bytes,
      transpiled: await own.transpile(bytes, { name: 'a', file }),
      form: 'exports',
      inline: true,
    })
    const answer = `import { rmSync } from 'node:fs'\nrmSync(new URL('component.wasm', import.meta.url))\nreport((await import('./index.js')).quadruple(2))`
    expect(await runModule(project.root, answer)).toBe(8)
  })
})

test('code is the same wherever it is made, and signing again does not change it', async () => {
  const bytes = await assemble(SHAPES['WASI']!.wat)
  const code = async (signed: Uint8Array) => {
    const transpiled = await own.transpile(signed, { name: 'a', file })
    const { hosts } = planImports(transpiled.imports, {})
    const source = { kind: 'url', expression: 'url' } as const
    return generateModule({
      transpiled,
      bytes: signed,
      form: 'exports',
      source,
      recheck: { kind: 'off' },
      runtime: RUNTIME,
      hosts,
    }).code
  }
  const [first, second] = [generateKey(), generateKey()].map((key) => sign(bytes, key).bytes) as [
    Uint8Array,
    Uint8Array,
  ]
  expect(await code(first)).toBe(await code(second))
  expect(await code(first)).toBe(await code(sign(first, generateKey()).bytes))
})

describe('the worker', () => {
  test('lets the process end between jobs, and prints nothing when jco panics', async () => {
    const panicking = await assemble(PANICS)
    const project = makeProject({ 'good.wasm': await constantComponent(7), 'bad.wasm': panicking })
    const observed = await observeModule(
      project.root,
      `import { readFileSync } from 'node:fs'
       import { createTranspiler } from '${DIST}/bindings/jco/transpiler.js'
              const limits = { timeoutMs: 30000, maxOutputBytes: 5e7, maxMemoryBytes: 1e9 }
       const { transpile } = createTranspiler({ jco: {}, limits })
       const run = (name) => transpile({ bytes: readFileSync(new URL(name, import.meta.url)), contentDigest: name, cores: [] }, { name: 'a', file: name }).then(() => 'done', (error) => error.code)
       report([await run('good.wasm'), await run('bad.wasm'), await run('good.wasm')])`,
    )
    expect(observed).toEqual({ value: ['done', 'TRANSPILE_FAILED', 'done'], stderr: '' })
  })

  test('says in the words of jco why it panicked', async () => {
    const attempt = own.transpile(await assemble(PANICS), { name: 'a', file: 'src/a.wasm' })
    await expect(attempt).rejects.toThrow(
      /TRANSPILE_FAILED src\/a\.wasm: jco cannot make bindings for it: it panicked at wit-parser-[^ ]+:\d+:\d+: internal error: entered unreachable code\n {2}hint: /,
    )
  })

  test.each([
    ['with control characters', 'no \u001b[31m\u202e', String.raw`no \u{1b}[31m\u{202e}`],
    ['over several lines', 'one\n  two', 'one two'],
    ['without end', 'x'.repeat(1_000_000), `${'x'.repeat(500 - 'it panicked at x.rs:1:1: '.length)}...`],
  ])('takes from a panic words %s', async (_, printed, shown) => {
    const error = await failureOf(
      panickingWorker(`thread 'main' panicked at x.rs:1:1:\n${printed}\nnote: run again`),
    )
    expect(error.message).toContain(`it panicked at x.rs:1:1: ${shown}\n  hint:`)
  })

  test('says what was thrown where nothing of a panic was printed', async () => {
    const error = await failureOf(panickingWorker('a warning'))
    expect(error.message).toContain('jco cannot make bindings for it: unreachable\n')
  })

  test('ends when it is closed, and takes no more', async () => {
    const closing = transpiler()
    const waiting = [1, 2].map(async (value) =>
      closing.transpile(await constantComponent(value), { name: 'a', file }),
    )
    const all = Promise.allSettled(waiting)
    await new Promise((resolve) => setImmediate(resolve))
    await closing.close()
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(closing.transpile(await constantComponent(3), { name: 'a', file })).rejects.toMatchObject({
      code: 'TRANSPILE_FAILED',
    })
  })
})

/** A plain function under an interface name: jco 0.15.0 panics. */
const PANICS = `(component
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func (export "a:b/c@1.0.0") (canon lift (core func $i "f"))))`

/** Our worker with another jco, which prints something and then traps. */
async function panickingWorker(printed: string): Promise<URL> {
  const jco = `import { stderr } from './wasi.js'
  export const $init = Promise.resolve()
  export const generate = () => {
    stderr.getStderr().blockingWriteAndFlush(new TextEncoder().encode(${JSON.stringify(printed)}))
    throw new Error('unreachable')
  }`
  const folder = path.join(REPOSITORY, 'src/bindings/jco')
  const { outputFiles } = await esbuild({
    entryPoints: [path.join(folder, 'worker.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    plugins: [
      {
        name: 'another jco',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^@bytecodealliance\// }, () => ({ path: 'jco', namespace: 'another' }))
          onLoad({ filter: /^jco$/, namespace: 'another' }, () => ({ contents: jco, resolveDir: folder }))
        },
      },
    ],
  })
  return new URL(`data:text/javascript,${encodeURIComponent(outputFiles[0]!.text)}`)
}

async function failureOf(worker: Promise<URL>): Promise<Error> {
  const failing = createTranspiler({ jco: {}, limits: LIMITS, worker: await worker })
  const bytes = await constantComponent(1)
  const outcome = await failing.transpile(bytes, { name: 'a', file }).catch((error: Error) => error)
  await failing.close()
  return outcome as Error
}
