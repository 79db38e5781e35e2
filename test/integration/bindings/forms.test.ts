/** Names with attributes and imports in groups, from the file to what runs. @see test/fixtures/forms/README.md */

import { afterAll, describe, expect, test } from 'vitest'
import { planImports } from '../../../src/bindings/hosts.js'
import { declareComponent } from '../../../src/bindings/types/declare.js'
import { hostNames, parseFullName } from '../../../src/format/interface-name.js'
import { readSections } from '../../../src/format/wasm.js'
import { parsePublicKeys } from '../../../src/trust/keys/read.js'
import { verifySync } from '../../../src/trust/verify.js'
import { transpiler as makeTranspiler, runModule, writeOurs } from '../../kit/bindings.js'
import {
  externalIds,
  labelAndName,
  labelAndOtherVersion,
  twoLabels,
  twoResources,
  twoVersions,
} from '../../kit/labels.js'
import {
  attributes,
  bytes,
  component,
  exported,
  external,
  implementing,
  nest,
  type Part,
  section,
} from '../../kit/names.js'
import { form, inState, makeProject, TRUSTED_PEM } from '../../kit/project.js'
import { sourceOf } from '../../kit/sources.js'
import { COMPILERS, ROOT_DIRS, typeCheck } from '../../kit/typescript.js'

const transpiler = makeTranspiler()
afterAll(() => transpiler.close())

const file = 'src/x.wasm'
const transpile = (wasm: Uint8Array) => transpiler.transpile(wasm, { name: 'component', file })
const declare = (wasm: Uint8Array, imports: Record<string, string> = {}) =>
  declareComponent(sourceOf(wasm), { transpiler, jco: {}, imports, name: 'x.wasm', display: file })

const A = 'a (wasi:random/random@0.2.0)'
const SHIM = { module: '@bytecodealliance/preview2-shim/random', member: 'random' }

describe('an import that implements an interface', () => {
  test('is known by its label and by what it implements', () => {
    expect(hostNames(A)).toEqual(['a', 'wasi:random/random@0.2.0', 'wasi:random/random'])
    expect(hostNames('wasi:cli/stdout@0.2.3')).toEqual(['wasi:cli/stdout@0.2.3', 'wasi:cli/stdout'])
    expect(hostNames('log')).toEqual(['log'])
    expect(parseFullName(A)).toEqual({ name: 'a', implements: 'wasi:random/random@0.2.0' })
    expect(parseFullName('log')).toEqual({ name: 'log' })
  })

  test('gets the shim of that interface', async () => {
    const { imports } = await transpile(form('implements'))
    expect(imports).toEqual([A])
    expect(planImports(imports, {})).toEqual({ hosts: new Map([[A, SHIM]]), shims: [SHIM.module] })
  })

  test.each([
    [{ a: './a.js' }],
    [{ 'wasi:random/random@0.2.0': './a.js' }],
    [{ 'wasi:random/random': './a.js' }],
    [{ 'wasi:random/random': './c.js', 'wasi:random/random@0.2.0': './b.js', a: './a.js' }],
    [{ 'wasi:random/random': './b.js', 'wasi:random/random@0.2.0': './a.js' }],
  ])('gets the nearest host that is configured: %j', (configured) => {
    expect(planImports([A], configured)).toEqual({ hosts: new Map([[A, { module: './a.js' }]]), shims: [] })
  })

  test('gets no host of another version or label, and none for an interface that no shim implements', () => {
    const others = { b: './b.js', 'wasi:random/random@0.2.3': './b.js' }
    expect(planImports([A], others).hosts.get(A)).toEqual(SHIM)
    expect(planImports(['a (wasi:keyvalue/store@0.2.0)', 'a (wasi:random/random@0.4.0)'], {})).toEqual({
      hosts: new Map(),
      shims: [],
    })
  })

  test('runs with the shim, as default and as named export', async () => {
    const project = makeProject()
    const wasm = form('implements')
    writeOurs(project.root, { transpiled: await transpile(wasm), bytes: wasm, form: 'exports' })
    const code = `import component, { f } from './index.js'; report([typeof f(), f() !== component.f()])`
    expect(await runModule(project.root, code)).toEqual(['bigint', true])
  })

  test('runs in instances with the shim, or with what is passed under any of its names', async () => {
    const project = makeProject()
    const wasm = form('implements')
    writeOurs(project.root, { transpiled: await transpile(wasm), bytes: wasm, form: 'instantiate' })
    const code = `
      import instantiate from './index.js'
      const answer = async (imports) => (await instantiate(imports)).f()
      const get = (value) => ({ getRandomU64: () => value })
      report([
        typeof (await answer()), typeof (await answer({ b: get(9n) })),
        await answer({ a: get(1n) }),
        await answer({ 'wasi:random/random@0.2.0': get(2n) }),
        await answer({ 'wasi:random/random': get(3n) }),
        await answer({ 'wasi:random/random': get(3n), 'wasi:random/random@0.2.0': get(2n), a: get(1n) }),
      ])`
    expect(await runModule(project.root, code)).toEqual(['bigint', 'bigint', '1n', '2n', '3n', '1n'])
  })

  test('is named with what it implements when nobody provides it', async () => {
    const project = makeProject()
    const wasm = await twoVersions()
    const parts = { transpiled: await transpile(wasm), bytes: wasm }
    expect(() => writeOurs(project.root, { ...parts, form: 'exports' })).toThrow(
      'IMPORTS_MISSING: imports new (acme:app/source@2.0.0), old (acme:app/source@1.0.0), which nobody provides',
    )
    writeOurs(project.root, { ...parts, form: 'instantiate' })
    const code = `
      import instantiate from './index.js'
      report(await instantiate({ old: { next: () => 1 } }).catch((error) => error.message))`
    expect(await runModule(project.root, code)).toBe(
      '[signed-wasm] IMPORTS_MISSING: this component imports new (acme:app/source@2.0.0), which nobody provides',
    )
  })
})

describe('one interface, imported twice', () => {
  const answers = async (wasm: Uint8Array, ...passed: string[]) => {
    const other = makeTranspiler()
    const project = makeProject()
    const transpiled = await other.transpile(wasm, { name: 'component', file })
    await other.close()
    writeOurs(project.root, { transpiled, bytes: wasm, form: 'instantiate' })
    return runModule(
      project.root,
      `import instantiate from './index.js'
      const get = (value) => ({ getRandomU64: () => value })
      const answer = async (imports) => String((await instantiate(imports)).sum())
      report(await Promise.all([${passed.join(', ')}].map(answer)))`,
    )
  }

  test('has a host for each label', async () => {
    expect(
      await answers(
        await twoLabels(),
        '{ one: get(1n), two: get(2n) }',
        `{ one: get(1n), 'wasi:random/random': get(3n) }`,
        `{ 'wasi:random/random@0.2.0': get(4n) }`,
      ),
    ).toEqual(['1002', '1003', '4004'])
  })

  test.each([
    ['by its own name as well', labelAndName, 'wasi:random/random@0.2.0'],
    ['by its own name in another version as well', labelAndOtherVersion, 'wasi:random/random@0.2.3'],
  ])('has a host for the label, and one for the name: %s', async (_, make, name) => {
    expect(await answers(await make(), `{ one: get(1n), '${name}': get(2n) }`)).toEqual(['1002'])
  })

  test('has a host for each label in the configuration', async () => {
    const project = makeProject({ 'one.js': 'export const getRandomU64 = () => 5n' })
    const wasm = await twoLabels()
    const transpiled = await transpile(wasm)
    const hosts = { one: './one.js', 'wasi:random/random': './two.js' }
    project.write({ 'two.js': 'export const getRandomU64 = () => 6n' })
    writeOurs(project.root, { transpiled, bytes: wasm, form: 'exports', hosts })
    expect(await runModule(project.root, `import { sum } from './index.js'; report(sum())`)).toBe('5006n')
  })

  test('has a class of its own for each label', async () => {
    const project = makeProject()
    const wasm = await twoResources()
    writeOurs(project.root, { transpiled: await transpile(wasm), bytes: wasm, form: 'instantiate' })
    const code = `
      import instantiate from './index.js'
      const things = (value) => ({ Thing: class { get() { return value } } })
      report((await instantiate({ 'my-first': things(7), second: things(8) })).run())`
    expect(await runModule(project.root, code)).toBe(7008)
  })
})

describe('declarations', () => {
  test('say what a label stands for, and take a host under any of its names', async () => {
    const files = await declare(form('implements'), { a: './a.js' })
    expect(files['x.wasm.d/component.d.ts']).toContain(`
  /** Implements \`wasi:random/random@0.2.0\`; may be passed by that name as well. */
  "a"?: typeof WasiRandomRandom | undefined
  "wasi:random/random@0.2.0"?: typeof WasiRandomRandom | undefined
  "wasi:random/random"?: typeof WasiRandomRandom | undefined
`)
  })

  test('keep two versions apart that are implemented under labels', async () => {
    const files = await declare(await twoVersions())
    const world = files['x.wasm.d/component.d.ts']!
    expect(world).toContain('// acme:app/source@1.0.0')
    expect(world).toContain('// acme:app/source@2.0.0')
    expect(Object.values(files).join('\n')).toMatch(/next\(\): number[\s\S]*next\(after: number\): number/)
  })

  const USES = `
    import instantiate from './x.wasm?instantiate'
    import { run } from './x.wasm'
    const [old, current] = [{ next: () => 1 }, { next: (after: number) => after }]
    const count: number = run() + (await instantiate({ old, new: current })).run()
    await instantiate({ 'acme:app/source@1.0.0': old, new: current })
    await instantiate({ 'acme:app/source@1.0.0': old, 'acme:app/source@2.0.0': current })
    await instantiate({ 'acme:app/source': old })
    // @ts-expect-error nothing provides the other one
    await instantiate({ old })
    // @ts-expect-error version 1 calls it without an argument
    await instantiate({ old: current, new: current })
    // @ts-expect-error no such label
    await instantiate({ old, new: current, newer: current })
    export { count }`

  // Windows has no `?` in file names.
  test.runIf(process.platform !== 'win32').each(COMPILERS)(
    'let right uses pass and wrong ones fail: $name',
    async (compiler) => {
      const declared = await declare(await twoVersions())
      const project = makeProject({ 'src/main.ts': USES })
      project.write(
        Object.fromEntries(
          Object.entries(declared).map(([name, text]) => [`.signed-wasm/types/src/${name}`, text]),
        ),
      )
      expect(await typeCheck(project, { compiler, resolution: 'bundler', compilerOptions: ROOT_DIRS })).toBe(
        '',
      )
    },
  )
})

describe('an external id', () => {
  test('reaches no generated code and no declaration, and changes nothing', async () => {
    const wasm = form('external-id')
    const transpiled = await transpile(wasm)
    const project = makeProject()
    const code = writeOurs(project.root, { transpiled, bytes: wasm, form: 'exports' })
    const texts = [code, transpiled.js, ...Object.values(await declare(wasm))]
    for (const text of texts) expect(text).not.toContain(`x'y*/z`)
    expect(await runModule(project.root, `import { f } from './index.js'; report(f())`)).toBe('7n')
  })

  test('is had on imports, exports and what instances export', async () => {
    const wasm = await externalIds()
    const transpiled = await transpile(wasm)
    expect(transpiled.imports.toSorted()).toEqual(['acme:app/source', 'log'])
    expect(transpiled.exports.map(([name]) => name).toSorted()).toEqual(['go', 'myRunner', 'other'])
    const project = makeProject({
      'log.js': 'export default () => {}',
      'source.js': 'export const next = () => 3',
    })
    const hosts = { 'acme:app/source': './source.js', log: './log.js' }
    const code = writeOurs(project.root, { transpiled, bytes: wasm, form: 'exports', hosts })
    const texts = [code, ...Object.values(await declare(wasm))]
    for (const text of texts) expect(text).not.toContain("it's `")
    const run = `import { go, myRunner, other } from './index.js'; report([go(), myRunner.go(), other.go()])`
    expect(await runModule(project.root, run)).toEqual([3, 3, 3])
    expect((await declare(wasm))['x.wasm.d/component.d.ts']).toContain('myRunner: typeof AcmeAppRunner')
  })
})

describe('a form that jco does not take yet', () => {
  const FORMS: [name: string, reason: string][] = [
    ['versionsuffix', 'feature is not active'],
    ['compact', 'invalid leading byte'],
  ]

  test.each(FORMS)('is framed and verified, and refused with its reason: %s', async (name, reason) => {
    const wasm = inState(form(name), 'signed')
    expect(readSections(wasm).layer).toBe('component')
    expect(verifySync(wasm, parsePublicKeys(TRUSTED_PEM, 'release.pub')).status).toBe('verified')
    await expect(transpile(wasm)).rejects.toMatchObject({
      code: 'TRANSPILE_FAILED',
      message: expect.stringContaining(reason) as string,
    })
  })

  test('is refused before jco sees it when it holds what would become code', async () => {
    const attempt = transpile(inState(form('compact-hostile'), 'signed'))
    await expect(attempt).rejects.toMatchObject({ code: 'UNSAFE_NAME', file })
  })
})

/** An empty instance under a name of this form. */
const instance = (...name: Part[]) => component(section(7, 1, 0x42, 0), section(10, 1, ...name, 0x05, 0x00))

describe('attributes that were assembled by hand', () => {
  test.each([
    ['no attribute', attributes()],
    ['an interface', attributes(implementing('a:b/c@1.0.0'))],
    ['all in either order', attributes(external("it's */"), implementing('a:b/c'))],
    ['all in either order', attributes(implementing('a:b/c'), external("it's */"))],
  ])('are taken: %s', async (_, list) => {
    expect((await transpile(instance(0x02, 'a', list))).exports).toEqual([])
  })

  const twice = attributes(implementing('a:b/c'), implementing('a:b/c'))
  test.each([
    ['a hostile label', instance(0x02, "a'", attributes(implementing('a:b/c'))), 'UNSAFE_NAME'],
    ['a hostile interface', instance(0x02, 'a', attributes(implementing("a:b/c'"))), 'UNSAFE_NAME'],
    ['one in a nested component', nest(3, exported(0x02, 'a', attributes(implementing('`')))), 'UNSAFE_NAME'],
    ['an attribute twice', instance(0x02, 'a', twice), 'WASM_MALFORMED'],
    ['an attribute that ends early', component(section(10, 1, 0x02, 'a', 1, 0x02, 9)), 'WASM_MALFORMED'],
    ['an attribute of the future', instance(0x02, 'a', attributes(bytes(0x03, 'x'))), 'FEATURE_UNKNOWN'],
    ['a form of the future', instance(0x03, 'a'), 'FEATURE_UNKNOWN'],
  ])('are refused before jco sees them: %s', async (_, wrong, code) => {
    await expect(transpile(wrong)).rejects.toMatchObject({ code, file })
  })

  test.each([
    ['b', 'a', 'must be an interface'],
    ['a:b/c', 'a:b/c', 'is not valid with `implements`'],
    ['x) (y', 'a', 'is not a valid name'],
  ])('are refused by jco where they make no sense: %s on %s', async (interfaceName, name, reason) => {
    const attempt = transpile(instance(0x02, name, attributes(implementing(interfaceName))))
    await expect(attempt).rejects.toMatchObject({
      code: 'TRANSPILE_FAILED',
      message: expect.stringContaining(reason) as string,
    })
  })
})
