/** Which files are listed as components for bundlers that have to be told. */

import { describe, expect, it } from 'vitest'
import { findComponents, isReferredTo } from '../../../src/disk/components.js'
import { fixture, makeProject } from '../../kit/project.js'
import { coreModule } from '../../kit/wat.js'

const COMPONENT = fixture('hello')

function withPackage(name: string, files: Record<string, string | Uint8Array>) {
  const project = makeProject({ 'package.json': JSON.stringify({ dependencies: { [name]: '*' } }) })
  const inside = { 'package.json': JSON.stringify({ name, type: 'module', exports: './index.js' }), ...files }
  for (const [file, content] of Object.entries(inside))
    project.write({ [`node_modules/${name}/${file}`]: content })
  return project
}

describe('the components of a project', () => {
  it('are told by their content, in every folder but those that are passed over', async () => {
    const project = makeProject({
      'src/[id]/a.wasm': COMPONENT,
      'B.WASM': COMPONENT,
      'core.wasm': await coreModule(),
      'no.txt': COMPONENT,
      '.next/static/c.wasm': COMPONENT,
      'node_modules/nobodys/d.wasm': COMPONENT,
    })
    const files = [project.at('B.WASM'), project.at('src/[id]/a.wasm')]
    expect(findComponents(project.root, ['.next'])).toEqual(files)
  })

  it.each([
    ['imported by a script of it', `export { answer } from './hello.wasm'`, true],
    ['imported by nothing in it', `export default 1`, true],
    ['that it takes the address of', `export default new URL('./hello.wasm', import.meta.url)`, false],
    ['as webpack writes it', `new URL(/* asset import */ "./hello.wasm?x", import.meta.url)`, false],
    ['both', `new URL('./hello.wasm', import.meta.url)\nimport './hello.wasm'`, true],
  ])('have one of a package, %s: %s', (_, script, isListed) => {
    const project = withPackage('acme', { 'index.js': script, 'hello.wasm': COMPONENT })
    const file = project.at('node_modules/acme/hello.wasm')
    expect(findComponents(project.root, [])).toEqual(isListed ? [file] : [])
    expect(isReferredTo(file)).toBe(!isListed)
  })

  it('have each of its own, whatever refers to it', () => {
    const project = makeProject({
      'main.js': `new URL('./hello.wasm', import.meta.url)`,
      'hello.wasm': COMPONENT,
    })
    expect(findComponents(project.root, [])).toEqual([project.at('hello.wasm')])
  })
})
