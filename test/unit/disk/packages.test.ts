import { describe, expect, it } from 'vitest'
import {
  coreModulesImportedBy,
  packagesWithComponents,
  parseBare,
  wasmOf,
} from '../../../src/disk/packages.js'
import { makeProject } from '../../kit/project.js'
import { constantComponent, coreModule } from '../../kit/wat.js'

type Files = Record<string, string | Uint8Array>

const manifest = (dependencies: readonly string[], more: object = { type: 'module' }) =>
  JSON.stringify({ ...more, dependencies: Object.fromEntries(dependencies.map((name) => [name, '*'])) })

const installed = (name: string, files: Files, dependencies: readonly string[] = [], more?: object): Files =>
  Object.fromEntries([
    [`node_modules/${name}/package.json`, manifest(dependencies, more)],
    ...Object.entries(files).map(([file, content]) => [`node_modules/${name}/${file}`, content]),
  ])

const component = await constantComponent(1)
const importing = { 'index.js': `import { answer } from "./x.wasm"`, 'x.wasm': component }

const found = (dependencies: readonly string[], ...packages: Files[]) => {
  const project = makeProject(
    Object.assign({ 'package.json': manifest(dependencies), 'src/.keep': '' }, ...packages),
  )
  return packagesWithComponents(project.at('src'))
}

describe('packages that Node cannot import', () => {
  it.each([
    `import x from './x.wasm'`,
    `export * from"../x.wasm?component"`,
    `import './x.wasm'`,
    'const x = await import(`./x.wasm?instantiate`)',
    'const load = (name) => import(`./${name}.wasm`)',
  ])('are those with a component and an import such as %s', (code) => {
    expect(found(['a'], installed('a', { 'dist/index.mjs': code, 'lib/x.wasm': component }))).toEqual(['a'])
  })

  it('are those as well that depend on them, even in a circle', () => {
    const names = found(
      ['a', 'other'],
      installed('a', {}, ['b']),
      installed('b', {}, ['@acme/c', 'a']),
      installed('@acme/c', importing, ['b']),
      installed('other', {}, ['missing']),
    )
    expect(names).toEqual(['@acme/c', 'a', 'b'])
  })

  it('are not those that read a component as a file, have core modules, or no modules at all', async () => {
    const names = found(
      ['reads', 'core', 'commonjs'],
      installed('reads', {
        'index.js': `readFile(new URL('./x.wasm', import.meta.url))`,
        'x.wasm': component,
      }),
      installed('core', { 'index.js': `import './x.wasm'`, 'x.wasm': await coreModule() }),
      installed('commonjs', { 'index.js': `import('./x.wasm')`, 'x.wasm': component }, [], {}),
    )
    expect(names).toEqual([])
  })

  it('are none where manifests are damaged, or name what is no package', () => {
    const hostile = ['..', '../..', '**', 'a/../b', '.bin', '@acme', '', 'b']
    expect(
      found(hostile, { ...installed('b', importing), 'node_modules/b/package.json': '{' }, importing),
    ).toEqual([])
  })
})

describe('core modules that Node imports of a package', () => {
  const imported = async (files: Files, more?: object) => {
    const bytes = { 'wasm/x.wasm': await coreModule(), 'y.wasm': await coreModule(), 'z.wasm': component }
    const project = makeProject(installed('a', { ...bytes, ...files }, [], more))
    const folder = project.at('node_modules/a')
    return coreModulesImportedBy(folder).map((file) => file.slice(folder.length + 1))
  }
  const own = { type: 'module', exports: { '.': './index.js', './y.wasm': './y.wasm' } }

  it.each([
    [`import * as x from '../wasm/x.wasm'`, own, ['wasm/x.wasm']],
    ['const load = (name) => import(`./wasm/${name}.wasm`)', own, ['wasm/x.wasm', 'y.wasm']],
    [`new URL('./y.wasm', import.meta.url)`, own, []],
    ['', { type: 'module', exports: './y.wasm' }, ['y.wasm']],
    ['', { type: 'module', exports: { import: { node: ['./y.wasm'] } } }, ['y.wasm']],
    ['', { type: 'module', imports: { '#x': './wasm/x.wasm' } }, ['wasm/x.wasm']],
    ['', { type: 'module', exports: { './*': './wasm/*.wasm' } }, ['wasm/x.wasm', 'y.wasm']],
    [`import('./y.wasm')`, {}, []],
  ])('are what code or a map of names gives: %s %j', async (code, more, files) => {
    expect((await imported({ 'index.js': code }, more)).toSorted()).toEqual(files.toSorted())
  })
})

it.each([
  ['a', '.', undefined],
  ['a/x.wasm', './x.wasm', 'x.wasm'],
  ['a/named/x', './named/x', 'wasm/x.wasm'],
  ['a/nothing', './nothing', undefined],
  ['@s/b', '.', 'b.wasm'],
])('the specifier %s is told apart', (specifier, subpath, file) => {
  const exports = { './named/*': { default: './wasm/*.wasm' } }
  const project = makeProject({
    ...installed('a', {}, [], { exports }),
    ...installed('@s/b', {}, [], { exports: './b.wasm' }),
  })
  const bare = parseBare(specifier)!
  expect(bare.subpath).toBe(subpath)
  const folder = project.at(`node_modules/${bare.name}`)
  expect(wasmOf(bare, project.at('src'))).toBe(file && `${folder}/${file}`)
})

it.each(['./x', '/x', '#x', 'https://a/x', 'node:fs', '\0x', ''])('%j names no package', (specifier) => {
  expect(parseBare(specifier)).toBeUndefined()
})
