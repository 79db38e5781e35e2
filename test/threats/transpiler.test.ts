/** THREATS 24, 25 and 28: what a component, or jco led astray by one, can do to the build. */

import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { createTranspiler } from '../kit/sources.js'
import { type TranspileLimits } from '../../src/bindings/jco/job.js'
import { LIMITS } from '../kit/bindings.js'
import { assemble } from '../kit/shapes.js'
import { constantComponent } from '../kit/wat.js'

type Transpiler = ReturnType<typeof createTranspiler>

const opened: Transpiler[] = []
afterAll(() => Promise.all(opened.map((each) => each.close())))

const open = (limits: Partial<TranspileLimits> = {}, worker?: URL): Transpiler => {
  const made = createTranspiler({ jco: {}, limits: { ...LIMITS, ...limits }, ...(worker && { worker }) })
  opened.push(made)
  return made
}

const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'done',
    (error: { code?: unknown }) => error.code ?? error,
  )

const run = (with_: Transpiler, bytes: Uint8Array, name = 'a') =>
  codeOf(with_.transpile(bytes, { name, file: `${name}.wasm` }))

/** Each level makes two instances of the level below: 2^k of them out of some 100 bytes a level. */
function bomb(levels: number): Promise<Uint8Array> {
  const level = (index: number) => `(component $l${index}
    (alias outer 1 $l${index - 1} (component $below))
    (instance $a (instantiate $below))
    (instance $b (instantiate $below))
    (alias export $a "f" (func $f))
    (export "f" (func $f)))`
  return assemble(`(component
    (component $l0
      (core module $m (func (export "f")))
      (core instance $i (instantiate $m))
      (func (export "f") (canon lift (core func $i "f"))))
    ${Array.from({ length: levels }, (_, index) => level(index + 1)).join('\n')}
    (instance $top (instantiate $l${levels}))
    (alias export $top "f" (func $f))
    (export "f" (func $f)))`)
}

/** A plain function under an interface name, which makes jco 0.15.0 panic. */
const panicking = () =>
  assemble(`(component
    (core module $m (func (export "f")))
    (core instance $i (instantiate $m))
    (func (export "a:b/c@1.0.0") (canon lift (core func $i "f"))))`)

describe('a file that makes jco trap', () => {
  test('is refused, and the next file is transpiled by another jco', async () => {
    const own = open()
    const good = await constantComponent(1)
    expect(await run(own, await panicking())).toBe('TRANSPILE_FAILED')
    expect(await run(own, good)).toBe('done')
  })

  test('does not disturb files that wait beside it', async () => {
    const own = open()
    const files = [constantComponent(1), panicking(), constantComponent(2), panicking(), constantComponent(3)]
    const codes = await Promise.all((await Promise.all(files)).map((bytes) => run(own, bytes)))
    expect(codes).toEqual(['done', 'TRANSPILE_FAILED', 'done', 'TRANSPILE_FAILED', 'done'])
  })

  test('is refused again when it is tried again', async () => {
    const own = open()
    const bytes = await panicking()
    expect([await run(own, bytes), await run(own, bytes)]).toEqual(['TRANSPILE_FAILED', 'TRANSPILE_FAILED'])
  })
})

describe('an expansion bomb', () => {
  const GOOD = constantComponent(1)

  test('is stopped when its output grows too large', async () => {
    const own = open({ maxOutputBytes: 500_000 })
    expect(await run(own, await bomb(14))).toBe('TRANSPILE_TOO_LARGE')
    expect(await run(own, await GOOD)).toBe('done')
  })

  test('is stopped when it takes too long', async () => {
    const own = open({ timeoutMs: 3000, maxMemoryBytes: 4 * 2 ** 30 })
    expect(await run(own, await bomb(21))).toBe('TRANSPILE_TIMEOUT')
    expect(await run(own, await GOOD)).toBe('done')
  })

  test('is stopped when it takes too much memory', async () => {
    const own = open({ maxMemoryBytes: 120 * 2 ** 20, timeoutMs: 10 * 60_000 })
    expect(await run(own, await bomb(21))).toBe('TRANSPILE_MEMORY')
    expect(await run(own, await GOOD)).toBe('done')
  })

  test('is refused before jco when it is one of nesting', async () => {
    const depth = 5000
    const own = open({}, new URL('data:text/javascript,never'))
    const bytes = await assemble(`${'(component '.repeat(33)}(component)${')'.repeat(33)}`)
    expect(await run(own, bytes)).toBe('NESTING_TOO_DEEP')
    expect(await run(open(), nested(depth))).toBe('NESTING_TOO_DEEP')
  })
})

/** Empty components inside one another, deeper than a WAT parser would go. */
function nested(depth: number): Uint8Array {
  let bytes = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00])
  const preamble = bytes
  for (let level = 0; level < depth; level++) {
    const size = [0, 7, 14, 21].map((shift) => ((bytes.length >> shift) & 0x7f) | (shift < 21 ? 0x80 : 0))
    bytes = Buffer.concat([preamble, Buffer.from([4, ...size]), bytes])
  }
  return new Uint8Array(bytes)
}

/** A worker that answers each job as the source of a function of that job says. */
const fakeWorker = (answer: string) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from 'node:worker_threads'
      const encode = (text) => new TextEncoder().encode(text)
      const good = '"use components";\\nexport function instantiate(getCoreModule, imports) {\\n' +
        'if (!getCoreModule) getCoreModule = (name) => fetchCompile(new URL(\`./\${name}\`, import.meta.url));\\n' +
        '};\\nexport const _util = {\\n}\\n'
      const done = (files) => ({ status: 'done', output: { files, imports: [], exports: [] } })
      const answer = ${answer}
      parentPort.on('message', async (job) => parentPort.postMessage(await answer(job)))`)}`,
  )

describe('a worker', () => {
  const GOOD = `if (job.options.name === 'good') return done({ 'good.js': encode(good) })`
  const bytes = constantComponent(1)

  test.each([
    ['never ends', 'for (;;) {}', 'TRANSPILE_TIMEOUT'],
    ['never answers', 'return new Promise(() => {})', 'TRANSPILE_TIMEOUT'],
  ])('that %s is replaced', async (_, misbehave, code) => {
    const own = open({ timeoutMs: 2000 }, fakeWorker(`(job) => { ${GOOD}; ${misbehave} }`))
    expect(await run(own, await bytes)).toBe(code)
    expect(await run(own, await bytes, 'good')).toBe('done')
  })

  test.each([
    ['throws', "throw new Error('x')", 'TRANSPILE_FAILED'],
    ['throws something that is no error', 'throw null', 'TRANSPILE_FAILED'],
    ['ends', 'process.exit(0)', 'TRANSPILE_FAILED'],
    ['answers a failure', "return { status: 'failed', reason: 'x' }", 'TRANSPILE_FAILED'],
    ['answers too much', "return { status: 'too large', outputBytes: 1 }", 'TRANSPILE_TOO_LARGE'],
    [
      'fills wasm memory',
      `const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 })
       setInterval(() => { try { const at = memory.grow(800) * 65536; new Uint8Array(memory.buffer, at).fill(1) } catch {} }, 1)
       return new Promise(() => {})`,
      'TRANSPILE_MEMORY',
    ],
    [
      'fills the heap',
      'const all = []; for (;;) all.push(Array.from({ length: 1000 }, (_, index) => ({ index })))',
      'TRANSPILE_MEMORY',
    ],
  ])('that %s is replaced', async (_, misbehave, code) => {
    const own = open(
      { maxMemoryBytes: 300 * 2 ** 20 },
      fakeWorker(`async (job) => { ${GOOD}; ${misbehave} }`),
    )
    expect(await run(own, await bytes)).toBe(code)
    expect(await run(own, await bytes, 'good')).toBe('done')
  })

  test('that does not end is not waited for', async () => {
    const own = open({ timeoutMs: 1000 }, fakeWorker(`(job) => { ${GOOD}; return new Promise(() => {}) }`))
    const terminate = vi.spyOn(Worker.prototype, 'terminate').mockReturnValue(new Promise(() => {}))
    expect(await run(own, await bytes)).toBe('TRANSPILE_TIMEOUT')
    const [left] = terminate.mock.contexts as Worker[]
    terminate.mockRestore()
    expect(await run(own, await bytes, 'good')).toBe('done')
    expect(await left!.terminate()).toBe(1)
  })

  test('that dies between two jobs is replaced', async () => {
    const own = open(
      {},
      fakeWorker(
        `(job) => { setImmediate(() => process.exit(1)); return done({ [job.options.name + '.js']: encode(good) }) }`,
      ),
    )
    expect(await run(own, await bytes, 'one')).toBe('done')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await run(own, await bytes, 'two')).toBe('done')
  })

  test('cannot break the error that is shown', async () => {
    const text = `\u001b[31mpanic\u202e\n${'x'.repeat(100_000)}`
    const own = open({}, fakeWorker(`() => ({ status: 'failed', reason: ${JSON.stringify(text)} })`))
    const error = await own
      .transpile(await bytes, { name: 'a', file: 'a.wasm' })
      .catch((problem: Error) => problem)
    expect((error as Error).message).toMatch(/\\u\{1b\}\[31mpanic\\u\{202e\}\\u\{a\}x+\.\.\./)
    expect((error as Error).message.length).toBeLessThan(1000)
  })
})

describe('output of jco', () => {
  const bytes = constantComponent(1)
  const withFiles = async (files: string) => run(open({}, fakeWorker(`(job) => done(${files})`)), await bytes)

  test.each([
    '../a.core.wasm',
    'interfaces/../../x.d.ts',
    '..',
    '/etc/a.wasm',
    'C:/a.wasm',
    'c:a.wasm',
    'interfaces\\..\\a.wasm',
    'a.core.wasm\0.js',
  ])('with the file name %j is refused', async (name) => {
    expect(await withFiles(`{ 'a.js': encode(good), [${JSON.stringify(name)}]: encode('') }`)).toBe(
      'UNSAFE_NAME',
    )
  })

  test('with ordinary file names is taken', async () => {
    expect(
      await withFiles(
        `{ 'a.js': encode(good), 'a.core.wasm': encode(''), 'interfaces/wasi-cli-..x.d.ts': encode('') }`,
      ),
    ).toBe('done')
  })

  test('under the name of a prototype changes nothing', async () => {
    const files = `Object.fromEntries([['a.js', encode(good)], ['__proto__', encode('')], ['constructor', encode('')]])`
    expect(await withFiles(files)).toBe('done')
    expect({}.constructor).toBe(Object)
  })

  test.each([
    ['without JavaScript', `{ 'b.js': encode(good) }`, 'TRANSPILE_FAILED'],
    ['that is no JavaScript', `{ 'a.js': encode(good.replace('};', 'let let; };')) }`, 'TRANSPILE_FAILED'],
    [
      'that leaves its function',
      `{ 'a.js': encode(good.replace('};', '}; export {};')) }`,
      'TRANSPILE_FAILED',
    ],
    [
      'of another jco',
      `{ 'a.js': encode(good.replace('import.meta.url', 'import.meta.uri')) }`,
      'SEAM_CHANGED',
    ],
    ['that is not text', `{ 'a.js': Uint8Array.of(0xff, 0xfe) }`, 'SEAM_CHANGED'],
  ])('%s is refused', async (_, files, code) => {
    expect(await withFiles(files)).toBe(code)
  })
})
