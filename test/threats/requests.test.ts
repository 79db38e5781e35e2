/** THREAT 17: imports in other forms, and other plugins that answer them before we do. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { requestsIn } from '../../src/plugin/bundlers/import-requests.js'
import { build, type BuildRequest, type BundlerName } from '../kit/bundlers.js'
import { fixture, inState, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { runInNode } from '../kit/run.js'
import { coreModule } from '../kit/wat.js'

const hello = fixture('hello')
const signed = inState(hello, 'signed')
const core = await coreModule()

/** What nobody trusted has signed, in each of its layers. */
const REFUSED: [string, Uint8Array][] = [
  ['an unsigned component', hello],
  ['a tampered component', inState(hello, 'tampered')],
  ['an unsigned core module', core],
]

interface Case extends Pick<BuildRequest, 'before' | 'config'> {
  main: string
  files?: Record<string, string>
}

/** Builds for Node, with one file under two names. @returns what runs */
async function answersOf(name: BundlerName, wasm: Uint8Array, { main, files = {}, ...extra }: Case) {
  const project = makeProject({ 'x.wasm': wasm, 'x.bin': wasm, ...files, 'main.js': main })
  await build[name]({ project, options: { keys: TRUSTED_PEM }, target: 'node', out: 'dist', ...extra })
  return runInNode([project.at('dist/main.js')])
}

/** Loaders of webpack and Rspack that see the bytes themselves. */
const LOADERS = {
  'list.cjs':
    'module.exports = (bytes) => `export default new Uint8Array([${[...bytes]}])`\nmodule.exports.raw = true',
  'text.cjs':
    "module.exports = (bytes) => `export default '${bytes.toString('base64')}'`\nmodule.exports.raw = true",
  'emit.cjs':
    "module.exports = function (bytes) { this.emitFile('other.dat', bytes)\nreturn 'export default 1' }\nmodule.exports.raw = true",
}

const WEBPACK = { experiments: { asyncWebAssembly: true, outputModule: true, sourceImport: true } }

describe.each(['webpack', 'rspack'] as const)(
  'THREAT 17: inline loaders and other names, with %s',
  (name) => {
    it.each([
      ['a list of numbers', `import x from '!!./list.cjs!./x.wasm'`],
      ['base64', `import x from '!!./text.cjs!./x.wasm'`],
      ['a file', `import x from '!!./emit.cjs!./x.wasm'`],
      ['base64, by a script of another name', `import x from './y.js!=!!!./text.cjs!./x.wasm'`],
      ['base64 of a file that is called otherwise', `import x from '!!./text.cjs!./x.bin'`],
    ])('%s', async (_, line) => {
      const app: Case = { main: `${line}\nglobalThis.answers = typeof x`, files: LOADERS, config: WEBPACK }
      for (const [what, bytes] of REFUSED)
        await expect(answersOf(name, bytes, app), what).rejects.toThrow('UNVERIFIED_WASM')
      expect(await answersOf(name, signed, app)).toEqual([{ answers: expect.any(String) as string }])
    })

    it('a core module by a name that ends in .wasm', async () => {
      const main = `import { answer } from 'y.wasm!=!./x.bin'\nglobalThis.answers = answer()`
      const app = { main, config: WEBPACK }
      await expect(answersOf(name, core, app)).rejects.toThrow('UNVERIFIED_WASM')
      expect(await answersOf(name, inState(core, 'signed'), app)).toEqual([{ answers: 42 }])
    })
  },
)

type PluginFor = (name: BundlerName) => Case

/** A plugin that makes a script of every `.wasm` file, where it stands before ours. */
const scripting: PluginFor = (name) => {
  const main = `import x from './x.wasm'\nglobalThis.answers = x`
  if (name === 'esbuild') {
    const setup = (esbuild: { onLoad(filter: object, load: (file: { path: string }) => object): void }) =>
      esbuild.onLoad({ filter: /\.wasm/ }, ({ path }) => ({
        contents: scriptOf(path.replace(/\?.*/, '')),
        loader: 'js',
      }))
    return { main, before: [{ name: 'scripting', setup }] }
  }
  const load = (id: string) => {
    const [, file] = /^(.*\.wasm)(?:-module)?(?:\?|$)/.exec(id) ?? []
    return file === undefined ? null : { code: scriptOf(file), moduleType: 'js' }
  }
  return { main, before: [{ name: 'scripting', enforce: 'pre', load }] }
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

const scriptOf = (file: string) => `export default '${base64(readFileSync(file))}'`

describe.each(['vite', 'rollup', 'rolldown', 'esbuild'] as const)(
  'THREAT 17: a plugin before ours, in %s',
  (name) => {
    it('answers for files that are judged in the output', async () => {
      const app = scripting(name)
      for (const [what, bytes] of REFUSED)
        await expect(answersOf(name, bytes, app), what).rejects.toThrow('UNVERIFIED_WASM')
      expect(await answersOf(name, signed, app)).toEqual([{ answers: base64(signed) }])
    })
  },
)

/** How each bundler is told to read bytes; what it makes of it is up to it. */
const BYTES: Partial<Record<BundlerName, Omit<Case, 'main'>>> = {
  webpack: { config: WEBPACK },
  rspack: { config: WEBPACK },
  esbuild: { config: { target: 'node20' } },
  rolldown: { config: { experimental: { importAttributes: true } } },
}

const bytesOf = (attribute: string) =>
  `import x from './x.wasm' with { type: '${attribute}' }\nglobalThis.answers = [x instanceof Uint8Array, x.length]`

describe.each(Object.keys(BYTES) as BundlerName[])('THREAT 17: `with { type }`, in %s', (name) => {
  it('gives the bytes of a signed file, and of no other', async () => {
    const app = { ...BYTES[name], main: bytesOf('bytes') }
    for (const [what, bytes] of REFUSED)
      await expect(answersOf(name, bytes, app), what).rejects.toThrow(/_UNSIGNED|MODIFIED/)
    expect(await answersOf(name, signed, app)).toEqual([{ answers: [true, signed.length] }])
  })

  it('gives the exports of a component where the type is webassembly', async () => {
    const main = `import { greet } from './x.wasm' with { type: 'webassembly' }\nglobalThis.answers = greet('Ada')`
    expect(await answersOf(name, signed, { ...BYTES[name], main })).toEqual([{ answers: 'Hello, Ada!' }])
  })

  it('lets no text pass that was wasm', async () => {
    const app = { ...BYTES[name], main: bytesOf('text') }
    await expect(answersOf(name, signed, app)).rejects.toThrow(/UNVERIFIED_WASM|UNLOADABLE_DEPENDENCY/)
  })
})

describe.each(['vite', 'rolldown'] as const)('THREAT 17: what %s passes over', (name) => {
  it.each([
    ['an attribute', bytesOf('bytes')],
    ['an attribute of `export`', `export { default } from './x.wasm' with { type: 'bytes' }`],
    ['an attribute of `import()`', `globalThis.answers = import('./x.wasm', { with: { 'type': 'bytes' } })`],
  ])('%s is refused for a component', async (_, main) => {
    await expect(answersOf(name, signed, { main })).rejects.toThrow(
      "IMPORT_UNSUPPORTED x.wasm: `with { type: 'bytes' }` asks for something else",
    )
  })

  it('does not concern what only looks like it', async () => {
    const main = `import { greet } from './x.wasm'
      // import source x from './x.wasm' with { type: 'bytes' }
      const text = "import source x from './x.wasm'"
      globalThis.answers = [greet('Ada'), text.length]`
    expect(await answersOf(name, signed, { main })).toEqual([{ answers: ['Hello, Ada!', 31] }])
  })
})

describe.each(['vite', 'rollup', 'rolldown', 'webpack', 'rspack'] as const)(
  'THREAT 17: `import source`, in %s',
  (name) => {
    const config = name === 'webpack' || name === 'rspack' ? { config: WEBPACK } : {}

    it.each([
      ['a statement', `import source x from './x.wasm'\nglobalThis.answers = x`],
      ['an expression', `globalThis.answers = await import.source('./x.wasm')`],
    ])('%s is refused for a component', async (_, main) => {
      await expect(answersOf(name, signed, { main, ...config })).rejects.toThrow(
        /IMPORT_UNSUPPORTED.*`import source`/,
      )
      await expect(answersOf(name, hello, { main, ...config })).rejects.toThrow(
        /COMPONENT_UNSIGNED|IMPORT_UNSUPPORTED/,
      )
    })
  },
)

describe.each(['webpack', 'rspack'] as const)(
  'THREAT 17: core modules in the source phase, in %s',
  (name) => {
    it('are modules when they are signed', async () => {
      const main = `import source x from './x.wasm'\nglobalThis.answers = x instanceof WebAssembly.Module`
      const app = { main, config: WEBPACK }
      await expect(answersOf(name, core, app)).rejects.toThrow('COMPONENT_UNSIGNED')
      expect(await answersOf(name, inState(core, 'signed'), app)).toEqual([{ answers: true }])
    })
  },
)

describe('THREAT 17: `?source` of Vite', () => {
  it('is judged, and then its own affair', async () => {
    const main = `import x from './x.wasm?source'\nglobalThis.answers = x`
    const source = {
      name: 'source',
      enforce: 'pre',
      resolveId: (id: string) => (id.endsWith('?source') ? id : null),
    }
    await expect(answersOf('vite', hello, { main })).rejects.toThrow('COMPONENT_UNSIGNED')
    await expect(answersOf('vite', signed, { main, before: [source] })).rejects.not.toThrow('[signed-wasm]')
  })
})

describe('requestsIn', () => {
  const literal = (value: string) => ({ type: 'Literal', value })

  it('finds no request in imports that say nothing more', () => {
    expect(
      requestsIn({
        body: [{ type: 'ImportDeclaration', source: literal('./x'), phase: null, attributes: [] }],
      }),
    ).toEqual([])
    expect(
      requestsIn({
        body: [{ type: 'ImportExpression', source: { type: 'Identifier', name: 'x' }, phase: 'source' }],
      }),
    ).toEqual([])
  })

  it('takes time in proportion to a tree of any depth', () => {
    let tree: object = { type: 'ImportExpression', source: literal('./x'), phase: 'source', options: null }
    for (let depth = 0; depth < 100_000; depth++) tree = { body: [tree] }
    expect(requestsIn(tree)).toEqual([{ specifier: './x', isSource: true, type: undefined }])
  })
})
