/** What components share, held against the code that jco writes: the catalogue that our build has made is right for all there are. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools'
import MagicString from 'magic-string'
import { parseAst } from 'rolldown/parseAst'
import { afterAll, describe, expect, test } from 'vitest'
import { shareGlue } from '../../../src/bindings/module/glue.js'
import { readGlue } from '../../../src/bindings/shared-glue.js'
import { namesOf } from '../../../src/scope.mjs'
import { RUNTIME, runModule, transpiler, writeOurs } from '../../kit/bindings.js'
import { fixture, makeProject } from '../../kit/project.js'
import { assemble, SHAPES } from '../../kit/shapes.js'
import { failingComponent } from '../../kit/wat.js'
import { ASYNC } from '../../kit/texts/async.js'
import { EXPORTS } from '../../kit/texts/exports.js'
import { FUTURES } from '../../kit/texts/futures.js'
import { RESOURCES } from '../../kit/texts/resources.js'
import { STREAMS } from '../../kit/texts/streams.js'
import { build } from '../../kit/texts/text.js'
import { REAL, real, REAL_USAGES } from '../../kit/usages.js'

const own = {
  plain: transpiler(),
  traced: transpiler({ tracing: true }),
  jspi: transpiler({ asyncMode: 'jspi' }),
}
afterAll(() => Promise.all(Object.values(own).map((each) => each.close())))

const jcos = async (bytes: Uint8Array, which: keyof typeof own = 'plain') =>
  (await own[which].transpile(bytes, { name: 'component', file: 'a.wasm' })).js

const share = (js: string) => {
  const code = new MagicString(js)
  return { groups: shareGlue(code, js, readGlue()), code: code.toString() }
}

interface Names {
  declared: Set<string>
  used: Set<string>
  assigned: Set<string>
}

/** What a module says of its functions: the names of each, and of each statement in them. */
function functionsIn(code: string): { whole: Names; statements: Names[] }[] {
  const { body } = parseAst(code) as unknown as { body: { declaration?: Declaration }[] }
  return body.flatMap(({ declaration }) => {
    const made = declaration?.declarations?.[0]?.init ?? declaration
    if (made === undefined || made.body === undefined) return []
    return {
      whole: namesOf(declaration!) as Names,
      statements: made.body.body.map((one) => namesOf(one) as Names),
    }
  })
}

interface Declaration {
  declarations?: { init: Declaration }[]
  body?: { body: object[] }
}

const instantiateIn = (code: string) => functionsIn(code)[0]!

const isOurs = (name: string) => name.startsWith('$signedWasm')

const COMPONENTS: Record<string, () => Promise<Uint8Array> | Uint8Array> = {
  ...Object.fromEntries(
    ['hello', 'hello2', 'calculator', 'counter', 'host', 'wasi', 'composed', 'awkward'].map((name) => [
      name,
      () => fixture(name),
    ]),
  ),
  ...Object.fromEntries(Object.entries(SHAPES).map(([name, { wat }]) => [name, () => assemble(wat)])),
  ...Object.fromEntries(
    Object.entries({ ...EXPORTS, ...RESOURCES, ...ASYNC, ...STREAMS, ...FUTURES }).map(([name, text]) => [
      name,
      () => build(text),
    ]),
  ),
  ...(REAL && Object.fromEntries(Object.keys(REAL_USAGES).map((name) => [name, () => real(name)]))),
}
if (REAL === undefined) console.warn('SKIPPED: real components, as SIGNED_WASM_COMPONENTS is not set')

const GLUE = readFileSync(path.join(RUNTIME, 'glue.js'), 'utf8')

describe.each(Object.entries(COMPONENTS))('in the code of %s', (_, bytesOf) => {
  test('the machinery is shared, no name is lost, and what is shared is assigned by nobody', async () => {
    const js = await jcos(await bytesOf())
    const { groups, code } = share(js)
    expect(groups).toContain('core')
    expect(code.length).toBeLessThan(js.length - 80_000)
    const [before, after] = [instantiateIn(js), instantiateIn(code)]
    expect([...after.whole.used].filter((name) => !isOurs(name) && !before.whole.used.has(name))).toEqual([])
    const shared = new Set(readGlue().flatMap(({ exports, variables }) => [...exports, ...variables]))
    expect(
      after.statements.flatMap(({ assigned }) => [...assigned]).filter((name) => shared.has(name)),
    ).toEqual([])
    // Nobody declares anew what was taken away.
    const names = after.statements.flatMap(({ declared }) => [...declared])
    expect(names.length).toBe(new Set(names).size)
  })
})

/** What a program of Rust takes of WASI, in short. */
const CLI = `package wasi:cli; interface io {
  resource error { to-debug-string: func() -> string; }
  variant stream-error { last-operation-failed(error), closed }
  resource output-stream {
    check-write: func() -> result<u64, stream-error>;
    write: func(contents: list<u8>) -> result<_, stream-error>;
  }
  resource input-stream { read: func(len: u64) -> result<list<u8>, stream-error>; }
  get-stdin: func() -> input-stream;
  get-stdout: func() -> output-stream;
  get-environment: func() -> list<tuple<string, string>>;
  initial-cwd: func() -> option<string>;
}
world w { import io; export run: func() -> result; }`

test('a component that is used like those of Rust shares all there is', async () => {
  const binary = await componentEmbed({ witSource: CLI, dummy: true, world: 'w' })
  const { groups } = share(await jcos(new Uint8Array(await componentNew(binary, []))))
  expect(groups).toEqual(readGlue().map(({ name }) => name))
})

describe('the module of what is shared', () => {
  test('takes nothing from elsewhere but globals, and holds each piece of the catalogue', async () => {
    const js = await jcos(fixture('hello'))
    const globals = new Set(instantiateIn(js).whole.used)
    const makers = functionsIn(GLUE)
    expect(makers).toHaveLength(readGlue().length)
    const taken = makers.flatMap(({ whole }) => [...whole.used])
    const unknown = taken.filter(
      (name) => name !== '_debugLog' && !globals.has(name) && !(name in globalThis),
    )
    expect(unknown).toEqual([])
  })

  test('holds what jco writes, line by line', () => {
    const lines = GLUE.replaceAll(/^\s+/gm, '')
    for (const { pieces } of readGlue())
      for (const piece of pieces) expect(lines).toContain(piece.replaceAll(/^\s+/gm, ''))
  })

  test('has nothing at its top that an import would run', () => {
    const { body } = parseAst(GLUE) as unknown as { body: { type: string }[] }
    expect(body.map(({ type }) => type)).toEqual([
      'VariableDeclaration',
      ...readGlue().map(() => 'ExportNamedDeclaration'),
    ])
  })
})

test('where calls are traced, nothing is shared: what is shared is silent', async () => {
  const bytes = fixture('hello')
  const transpiled = await own.traced.transpile(bytes, { name: 'component', file: 'a.wasm' })
  const project = makeProject()
  const parts = { bytes, transpiled, form: 'instantiate' } as const
  expect(writeOurs(project.root, parts)).toContain('/glue.js')
  expect(writeOurs(project.root, { ...parts, tracing: true })).not.toContain('/glue.js')
})

test('a trap ends one instance, and no other one of the same component or of another', async () => {
  const project = makeProject()
  const bytes = await failingComponent()
  const transpiled = await own.plain.transpile(bytes, { name: 'component', file: 'a.wasm' })
  for (const name of ['a', 'b']) writeOurs(project.at(name), { bytes, transpiled, form: 'instantiate' })
  const source = `
    const [a, b] = (await Promise.all([import('./a/index.js'), import('./b/index.js')])).map((one) => one.default)
    const [first, second, third] = await Promise.all([a(), a(), b()])
    const outcomes = [first.answer(), await outcome(() => first.fail()), await outcome(() => first.answer())]
    report([...outcomes.map((one) => typeof (one.threw ?? one)), second.answer(), third.answer(), (await a()).answer()])`
  expect(await runModule(project.root, source)).toEqual(['number', 'object', 'object', 42, 42, 42])
})
