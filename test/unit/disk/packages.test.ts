import { describe, expect, it } from 'vitest'
import { packagesWithComponents } from '../../../src/disk/packages.js'
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
