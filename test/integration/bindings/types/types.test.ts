import { mkdirSync, rmSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { rollup } from 'rollup'
import { createServer } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { declareComponent } from '../../../../src/bindings/types/declare.js'
import {
  changedTypes,
  placeTypes,
  writableTypes,
  writeTypes,
  resolveTypes,
} from '../../../../src/bindings/declarations/folder.js'
import { planDeclarations } from '../../../../src/bindings/types/plan.js'
import { insideRoot } from '../../../../src/disk/paths.js'
import type { Options } from '../../../../src/plugin/options.js'
import signedWasm from '../../../../src/rollup.js'
import viteSignedWasm from '../../../../src/vite.js'
import { evilDocs } from '../../../fixtures/components/hostile.mjs'
import { transpiler as makeTranspiler, runModule, writeOurs } from '../../../kit/bindings.js'
import {
  fixture,
  inState,
  linkPackage,
  makeProject,
  type Project,
  REPOSITORY,
  TRUSTED_PEM,
} from '../../../kit/project.js'
import { Pipeline } from '../../../../src/plugin/pipeline.js'
import { sourceOf } from '../../../kit/sources.js'
import { TYPE_USES } from '../../../kit/type-uses.js'
import { COMPILERS, RESOLUTIONS, ROOT_DIRS, typeCheck } from '../../../kit/typescript.js'
import { versionsComponent } from '../../../kit/wat.js'

const transpiler = makeTranspiler()
afterAll(() => transpiler.close())

const declare = (bytes: Uint8Array, name = 'hello.wasm', imports: Record<string, string> = {}) =>
  declareComponent(sourceOf(bytes), { transpiler, jco: {}, imports, name, display: name })

/** Builds `src/main.js` with Rollup. @returns warnings and lines */
async function build(project: Project, options: Options = {}): Promise<string[]> {
  const lines: string[] = []
  const cwd = process.cwd()
  process.chdir(project.root)
  try {
    const bundle = await rollup({
      input: project.at('src/main.js'),
      external: /^@bytecodealliance\//,
      logLevel: 'info',
      onLog: (_, { message }) => void lines.push(message),
      plugins: [signedWasm({ keys: TRUSTED_PEM, types: true, ...options })],
    })
    await bundle.close()
  } finally {
    process.chdir(cwd)
  }
  return lines
}

const signed = (name: string) => inState(fixture(name), 'signed')
const TYPES = '.signed-wasm/types'

const MAIN = `
  export * as a from './hello.wasm'
  export * as b from './deep/hello.wasm'
  export * as c from './counter.wasm'
  export * as d from './host.wasm?instantiate'
  export * as e from './wasi.wasm'
  export * as f from './versions.wasm?instantiate'
  export * as g from './awkward.wasm'`

describe('the types that a build writes', () => {
  let project: Project
  beforeAll(async () => {
    project = makeProject({
      'src/main.js': MAIN,
      'src/hello.wasm': signed('hello'),
      'src/deep/hello.wasm': signed('calculator'),
      'src/counter.wasm': signed('counter'),
      'src/host.wasm': signed('host'),
      'src/wasi.wasm': signed('wasi'),
      'src/versions.wasm': inState(await versionsComponent(), 'signed'),
      'src/awkward.wasm': signed('awkward'),
      ...Object.fromEntries(Object.entries(TYPE_USES).map(([name, text]) => [`src/${name}`, text])),
    })
    linkPackage(project)
    expect(await build(project)).toEqual([expect.stringContaining('1 trusted key')])
  })

  const matrix = COMPILERS.flatMap((compiler) => RESOLUTIONS.map((resolution) => ({ compiler, resolution })))
  const noWarnings = process.platform !== 'win32' // see "Types" in the README about `?instantiate`
  it.runIf(noWarnings).each(matrix)(
    'let right uses pass and wrong ones fail: $compiler.name, $resolution',
    async (check) => {
      expect(await typeCheck(project, { ...check, compilerOptions: ROOT_DIRS })).toBe('')
    },
  )

  it.runIf(noWarnings).each(matrix)('win over the loose ones: $compiler.name, $resolution', async (check) => {
    const compilerOptions = { ...ROOT_DIRS, types: ['unplugin-signed-wasm/client'] }
    expect(await typeCheck(project, { ...check, compilerOptions })).toBe('')
  })

  it.each(matrix)(
    'have a loose form for where they are missing: $compiler.name, $resolution',
    async (check) => {
      const loose = makeProject({
        'src/main.ts': `
        import hello, { greet } from './hello.wasm'
        import again from './hello.wasm?component'
        import instantiate from './hello.wasm?instantiate'
        void [hello.anything, greet(1), again.anything, (await instantiate({ log: {} })).anything]
        // @ts-expect-error imports are an object
        void instantiate(1)
        export {}`,
      })
      linkPackage(loose)
      const compilerOptions = { ...ROOT_DIRS, types: ['unplugin-signed-wasm/client'] }
      expect(await typeCheck(loose, { ...check, compilerOptions })).toBe('')
    },
  )

  it.each(matrix)('are exact on Windows, too, by a type: $compiler.name, $resolution', async (check) => {
    const windows = makeProject({
      'src/main.ts': `
        import instantiate from './host.wasm?instantiate'
        import type { Instantiate } from './host.wasm'
        const create: Instantiate = instantiate
        const log = { default: (message: string) => void message }
        const { run } = await create({ log, 'acme:app/directory': { lookup: (key) => key } })
        // @ts-expect-error the interface is missing
        await create({ log })
        // @ts-expect-error a number where a string belongs
        run(1)
        export {}`,
    })
    linkPackage(windows)
    const files = writableTypes(await declare(fixture('host'), 'host.wasm'), 'win32')
    expect(Object.keys(files).filter((file) => /[?"<>|*:\\]/.test(file))).toEqual([])
    writeTypes({ folder: windows.at(TYPES, 'src'), root: windows.root, name: 'host.wasm' }, files)
    const compilerOptions = { ...ROOT_DIRS, types: ['unplugin-signed-wasm/client'] }
    expect(await typeCheck(windows, { ...check, compilerOptions })).toBe('')
  })

  it('say in their words what is wrong', async () => {
    const wrong = makeProject({
      'src/main.js': `export * from './hello.wasm'`,
      'src/hello.wasm': signed('hello'),
      'src/wrong.ts': `import { greet } from './hello.wasm'\ngreet(1)\n`,
    })
    await build(wrong)
    const said = await typeCheck(wrong, {
      compiler: COMPILERS[0]!,
      resolution: 'bundler',
      compilerOptions: ROOT_DIRS,
    })
    expect(said).toContain("src/wrong.ts(2,7): error TS2345: Argument of type 'number' is not assignable")
  })

  it('are beside the components when asked for', async () => {
    const beside = makeProject({
      'src/main.js': `export * from './hello.wasm'`,
      'src/hello.wasm': signed('hello'),
      'src/plain.ts': TYPE_USES['plain.ts']!,
    })
    await build(beside, { types: 'sibling' })
    expect(beside.files('src')).toContain('hello.d.wasm.ts')
    expect(beside.files('.signed-wasm')).toEqual([])
    const compilerOptions = { allowArbitraryExtensions: true }
    const check = { compiler: COMPILERS[0]!, resolution: 'bundler', compilerOptions } as const
    expect(await typeCheck(beside, check)).toBe('')
  })

  it('are the same from one build to the next, and not written again', async () => {
    const stamps = () =>
      project.files(TYPES).map((file) => [file, statSync(project.at(TYPES, file)).mtimeMs] as const)
    const before = stamps()
    await build(project)
    expect(stamps()).toEqual(before)
    expect(before.length).toBeGreaterThan(25)
    const texts = project.files(TYPES).map((file) => Buffer.from(project.read(`${TYPES}/${file}`)).toString())
    expect(texts.filter((text) => text.includes(project.root))).toEqual([])
  })
})

describe('async exports', () => {
  const jco = {
    asyncMode: 'jspi',
    asyncExports: [
      'greet',
      'docs:hello/greeter@0.1.0#greet',
      'test:counter/counters#[method]counter.increment',
    ],
  } as const
  const jspi = makeTranspiler(jco)
  afterAll(() => jspi.close())

  it.each(COMPILERS)('return promises, in the world and in interfaces: $name', async (compiler) => {
    const project = makeProject({
      'src/main.ts': `
        import { answer, greet, greeter } from './hello.wasm'
        const [one, two]: Promise<string>[] = [greet('a'), greeter.greet('b')]
        const three: number = answer()
        // @ts-expect-error a promise
        const four: string = greet('a')
        import { counters } from './counter.wasm'
        const five: Promise<number> = new counters.Counter(1).increment()
        const six: number = counters.Counter.live()
        export { one, two, three, five, six }`,
    })
    for (const component of ['hello', 'counter']) {
      const name = `${component}.wasm`
      const about = { transpiler: jspi, jco, imports: {}, name, display: name }
      writeTypes(
        { folder: project.at(TYPES, 'src'), root: project.root, name },
        await declareComponent(sourceOf(fixture(component)), about),
      )
    }
    expect(await typeCheck(project, { compiler, resolution: 'bundler', compilerOptions: ROOT_DIRS })).toBe('')
  })
})

/** Real components where there are some, else our own. */
const CORPUS = process.env['SIGNED_WASM_COMPONENTS']
const corpus: [name: string, file: string][] = CORPUS
  ? readdirSync(CORPUS)
      .filter((name) => name.endsWith('.wasm'))
      .map((name) => [name, path.join(CORPUS, name)])
  : ['calculator', 'composed', 'counter', 'hello', 'hello2', 'host', 'wasi'].map((name) => [
      `${name}.wasm`,
      path.join(REPOSITORY, 'test/fixtures/components', name, `${name}.wasm`),
    ])
if (!CORPUS) console.warn('SKIPPED: types of the components of SIGNED_WASM_COMPONENTS, which is not set')

describe('real components', () => {
  it.each(COMPILERS)('are declared whole, without an error in the declarations: $name', async (compiler) => {
    const project = makeProject()
    const uses: string[] = []
    for (const [index, [name, file]] of corpus.entries()) {
      const bytes = new Uint8Array(readFileSync(file))
      const { exports } = await transpiler.transpile(bytes, { name: 'component', file: name })
      writeTypes({ folder: project.at(TYPES, 'src'), root: project.root, name }, await declare(bytes, name))
      uses.push(
        `import * as all${index} from './${name}'`,
        `import create${index} from './${name}?instantiate'`,
        ...exports.flatMap(([exported]) => [
          `void all${index}.default[${JSON.stringify(exported)}]`,
          ...(exported === 'default' ? [] : [`void all${index}[${JSON.stringify(exported)}]`]),
          `type ${['T', index, uses.length, exports.findIndex(([other]) => other === exported)].join('_')} = Awaited<ReturnType<typeof create${index}>>[${JSON.stringify(exported)}]`,
        ]),
      )
    }
    project.write({ 'src/main.ts': uses.join('\n') })
    expect(await typeCheck(project, { compiler, resolution: 'bundler', compilerOptions: ROOT_DIRS })).toBe('')
    expect(uses.length).toBeGreaterThan(30)
  })
})

describe('what the types say', () => {
  it('is which version has the short name, as in the bindings', async () => {
    const project = makeProject()
    const bytes = await versionsComponent()
    const transpiled = await transpiler.transpile(bytes, { name: 'component', file: 'x.wasm' })
    writeOurs(project.root, { transpiled, bytes, form: 'instantiate' })
    const code = `
      import instantiate from './index.js'
      const source = { next: (after = 1) => after }
      const it = await instantiate({ 'acme:app/source': source })
      report([Object.keys(it.math), it.math === it['acme:app/math@1.0.0']])`
    expect(await runModule(project.root, code)).toEqual([['change'], true])
    const files = await declare(bytes, 'versions.wasm')
    expect(files['versions.wasm.d/component.d.ts']).toContain('\n  math: typeof AcmeAppMath,\n')
    expect(files['versions.wasm.d/interfaces/acme-app-math.d.ts']).toContain('function change(n: number)')
  })

  it('leaves imports optional that a host is bound to', async () => {
    const open = await declare(fixture('host'), 'host.wasm')
    const bound = await declare(fixture('host'), 'host.wasm', {
      log: './log.js',
      'acme:app/directory': './d.js',
    })
    expect(open['host.wasm.d/component.d.ts']).toContain('= (imports: $Imports')
    expect(bound['host.wasm.d/component.d.ts']).toContain('= (imports?: $Imports')
  })

  it('never leaves a comment, whatever the documentation of the component holds', async () => {
    const evil = evilDocs('Runs. */ export const evil: string; /*')
    const kind = evilDocs('Runs, kindly.')
    const [refused, kept] = [await declare(evil), await declare(kind)].map((files) =>
      Object.values(files).join('\n'),
    )
    expect(refused).toContain('go(): number')
    expect(refused).not.toMatch(/evil|Runs/)
    expect(kept).toContain('* Runs, kindly.')
  })

  it.each(['*/', '*\\/', '\\u002a/', '*\\u002F'])('knows the end of a comment as %s', (text) => {
    const bytes = evilDocs('END')
    const at = Buffer.from(bytes).indexOf('END')
    const json = Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at + 3)])
    // The size of the section grows with the text; it is the last one, and shorter than 128 bytes.
    const size = Buffer.from(bytes).lastIndexOf('package-docs') - 2
    json[size]! += text.length - 3
    expect(planDeclarations(json).copy).toBeDefined()
    expect(planDeclarations(bytes).copy).toBeUndefined()
  })

  it('changes nothing but names and comments in the copy that it is made from', async () => {
    const bytes = await versionsComponent()
    const { copy, renamed } = planDeclarations(bytes)
    expect([...renamed]).toEqual([
      ['acme:app/mathv2a0a0', 'acme:app/math@2.0.0'],
      ['acme:app/sourcev2a0a0', 'acme:app/source@2.0.0'],
    ])
    const different = [...bytes].filter((byte, index) => byte !== copy![index]).length
    expect(different).toBe(2 * '@..'.length)
    expect(planDeclarations(fixture('hello')).copy).toBeUndefined()
  })
})

describe('a build', () => {
  const one = (status: Parameters<typeof inState>[1] = 'signed') =>
    makeProject({
      'src/main.js': `export * from './hello.wasm'`,
      'src/hello.wasm': inState(fixture('hello'), status),
    })

  it('writes no types for a file that it refuses', async () => {
    const project = one('tampered')
    await expect(build(project)).rejects.toThrow('CONTENT_MODIFIED')
    expect(project.files('.signed-wasm')).toEqual([])
  })

  it('writes types for a file that it only warns of', async () => {
    const project = one('unsigned')
    await build(project, { mode: 'lenient' })
    expect(project.files(TYPES)).toContain('src/hello.d.wasm.ts')
  })

  it('goes on, with one warning, where nothing can be written', async () => {
    const project = one()
    project.write({ '.signed-wasm': 'a file where the folder belongs' })
    const lines = await build(project)
    expect(lines.filter((line) => line.includes('TYPES_NOT_WRITTEN src/hello.wasm'))).toHaveLength(1)
  })

  it('writes where there is a tsconfig, unless told otherwise', async () => {
    const [without, having, off] = [one(), one(), one()]
    for (const project of [having, off]) project.write({ 'tsconfig.json': '{}' })
    await build(without, { types: undefined } as unknown as Options)
    await build(having, { types: undefined } as unknown as Options)
    await build(off, { types: false })
    expect([without, having, off].map((project) => project.files(TYPES).length > 0)).toEqual([
      false,
      true,
      false,
    ])
  })

  it('writes types when a dev server is asked for the component, and none when it refuses', async () => {
    const [project, tampered] = [one(), one('tampered')]
    for (const { root } of [project, tampered]) {
      const server = await createServer({
        root,
        configFile: false,
        logLevel: 'silent',
        server: { middlewareMode: true, ws: false },
        plugins: [viteSignedWasm({ keys: TRUSTED_PEM, types: true })],
      })
      await server.transformRequest('/src/hello.wasm').catch(() => undefined)
      await server.close()
    }
    expect(project.files(TYPES)).toContain('src/hello.d.wasm.ts')
    expect(tampered.files(TYPES)).toEqual([])
  })

  it('tries again in the same build where something was in the way', async () => {
    const own = 'src/hello.d.wasm.ts'
    const project = makeProject({ 'src/hello.wasm': signed('hello'), [own]: 'export declare const mine: 1' })
    const pipeline = new Pipeline({ keys: TRUSTED_PEM, types: 'sibling' })
    pipeline.configure({ root: project.root })
    const warnings: string[] = []
    const context = { watch: () => {}, warn: (message: string) => void warnings.push(message) }
    pipeline.start({ inform: () => {}, warn: () => {} })
    const attempt = () => pipeline.declare(project.at('src/hello.wasm'), '', context)
    expect(await attempt()).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('TYPES_NOT_WRITTEN')])
    rmSync(project.at(own))
    expect(await attempt()).toBe(project.at('src/hello.wasm.d/exports.d.ts'))
    expect(Buffer.from(project.read(own)).toString()).toContain('./hello.wasm.d/exports.js')
  })

  it('says once what the tsconfig lacks', async () => {
    const project = one()
    const compilerOptions = { module: 'nodenext', rootDirs: ['.', TYPES] }
    project.write({ 'tsconfig.json': JSON.stringify({ compilerOptions }) })
    const lines = await build(project)
    expect(lines.filter((line) => line.includes('"allowArbitraryExtensions": true'))).toHaveLength(1)
    expect(project.files('.').filter((file) => file.endsWith('signed-wasm.d.ts'))).toEqual([])
  })

  it('has a place for files of the project and of packages that it can import, and for no other', async () => {
    const project = makeProject({
      'node_modules/acme/hello.wasm': signed('hello'),
      'node_modules/acme/node_modules/inner/hello.wasm': signed('hello'),
      'linked/package.json': '{"name":"@acme/linked"}',
      'linked/hello.wasm': signed('hello'),
      'app/package.json': '{"name":"app"}',
      'app/src/hello.wasm': signed('hello'),
    })
    mkdirSync(project.at('app/node_modules/@acme'), { recursive: true })
    symlinkSync(project.at('linked'), project.at('app/node_modules/@acme/linked'))
    const root = project.at('app')
    const place = (file: string, kind: boolean | string = true) =>
      placeTypes(project.at(file), { root, types: resolveTypes(kind), configs: [] })
    expect(place('app/src/hello.wasm')).toEqual({
      folder: project.at('app', TYPES, 'src'),
      id: 'src/hello.wasm',
      style: 'extension',
    })
    const installed = place('node_modules/acme/hello.wasm')
    expect(installed?.id).toBe('node_modules/acme/hello.wasm')
    expect(place('linked/hello.wasm')?.id).toBe('node_modules/@acme/linked/hello.wasm')
    expect(place('node_modules/acme/node_modules/inner/hello.wasm')).toBeUndefined()
    expect(place('hello.wasm')).toBeUndefined()
    expect(place('node_modules/acme/hello.wasm', 'sibling')).toBeUndefined()
    expect(place('app/hello.wasm', 'sibling')?.folder).toBe(root)
  })
})

describe('the folder of types', () => {
  it('loses what an earlier version of the component needed, and nothing else', async () => {
    const project = makeProject()
    writeTypes(
      { folder: project.root, root: project.root, name: 'hello.wasm' },
      await declare(fixture('hello')),
    )
    mkdirSync(project.at('hello.wasm.d/mine'))
    writeFileSync(project.at('hello.wasm.d/mine/own.d.ts'), 'export {}')
    writeTypes(
      { folder: project.at('other'), root: project.root, name: 'hello.wasm' },
      await declare(fixture('hello')),
    )
    const others = project.files('other')
    symlinkSync(project.at('other/hello.wasm.d'), project.at('hello.wasm.d/linked'))
    const next = await declare(fixture('calculator'))
    expect(changedTypes(project.root, 'hello.wasm', next)).toContain(
      'hello.wasm.d/interfaces/docs-hello-greeter.d.ts',
    )
    writeTypes({ folder: project.root, root: project.root, name: 'hello.wasm' }, next)
    expect(changedTypes(project.root, 'hello.wasm', next)).toEqual([])
    expect(project.files('hello.wasm.d').toSorted()).toEqual([
      'component.d.ts',
      'exports.d.ts',
      'instantiate.d.ts',
      'mine/own.d.ts',
    ])
    expect(project.files('other')).toEqual(others)
    expect(project.files('.').filter((file) => file.endsWith('.tmp'))).toEqual([])
  })

  it('loses nothing that somebody wrote by hand, and then gets nothing either', async () => {
    const files = await declare(fixture('hello'))
    const own = Object.keys(files).at(-1)!
    const project = makeProject({ [own]: 'export declare const mine: 1' })
    const place = { folder: project.root, root: project.root, name: 'hello.wasm' }
    expect(() => writeTypes(place, files)).toThrow(`TYPES_FOREIGN ${path.basename(own)}`)
    expect(project.files('.').toSorted()).toEqual([own, 'package.json'])
  })

  it('is not written through a link', async () => {
    const [project, other] = [makeProject(), makeProject({ 'a.txt': 'old' })]
    const files = await declare(fixture('hello'))
    const write = (folder: string) =>
      writeTypes({ folder: project.at(folder), root: project.root, name: 'hello.wasm' }, files)
    symlinkSync(other.root, project.at('out'))
    mkdirSync(project.at('in'))
    symlinkSync(other.at('a.txt'), project.at('in', Object.keys(files)[0]!))
    for (const folder of ['out', 'out/deep', 'in']) expect(() => write(folder)).toThrow('ELOOP')
    expect(other.files('.').toSorted()).toEqual(['a.txt', 'package.json'])
    expect(project.files('in')).toEqual([])
  })

  it.each([
    ['C:\\app\\src\\hello.wasm', 'C:\\app', 'src/hello.wasm'],
    ['c:/app/src/hello.wasm', 'C:\\app', 'src/hello.wasm'],
    ['C:/app/hello.wasm', 'C:/app/', 'hello.wasm'],
    ['D:\\app\\src\\hello.wasm', 'C:\\app', undefined],
    ['C:\\other\\hello.wasm', 'C:\\app', undefined],
    ['/app/src/hello.wasm', '/app', 'src/hello.wasm'],
    ['/app/..hidden/hello.wasm', '/app', '..hidden/hello.wasm'],
    ['/other/hello.wasm', '/app', undefined],
  ])('finds the place of %s in %s', (file, root, inside) => {
    expect(insideRoot(file, root)).toBe(inside)
  })
})
