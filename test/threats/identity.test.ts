/** Whose a file is: by its real path, never by what somebody calls it. */

import { existsSync, renameSync, symlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Options } from '../../src/index.js'
import { build, type BundlerName } from '../kit/bundlers.js'
import { makeProject, type Project, TRUSTED_PEM } from '../kit/project.js'
import { coreModule } from '../kit/wat.js'

const bytes = await coreModule()

/** A package that refers to a core module of its own. */
const lib = (
  folder: string,
  name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length),
) => ({
  [`${folder}/package.json`]: JSON.stringify({ name, type: 'module', main: 'index.js' }),
  [`${folder}/index.js`]: `export const url = new URL('./lib.wasm', import.meta.url).href`,
  [`${folder}/lib.wasm`]: bytes,
})

const app = (name = 'lib') => ({
  'package.json': JSON.stringify({ name: 'app', type: 'module', dependencies: { [name]: '1' } }),
  'main.js': `import { url } from '${name}'\nglobalThis.answers = url`,
})

const link = (project: Project, from: string, to: string) =>
  symlinkSync(project.at(from), project.at(to), 'junction')

/** How a package gets into a project, and the name that its files have then. */
const INSTALLED: Record<string, { project: () => Project; owner: string }> = {
  'under its name': { project: () => makeProject({ ...app(), ...lib('node_modules/lib') }), owner: 'lib' },
  'under an alias': {
    project: () => makeProject({ ...app('alias'), ...lib('node_modules/alias', 'lib') }),
    owner: 'alias',
  },
  'with a name in its package.json that is that of another': {
    project: () => makeProject({ ...app(), ...lib('node_modules/lib', 'trusted') }),
    owner: 'lib',
  },
  'in a store': {
    project() {
      const stored = 'node_modules/.pnpm/lib@1.0.0/node_modules/lib'
      const project = makeProject({ ...app(), ...lib(stored) })
      link(project, stored, 'node_modules/lib')
      return project
    },
    owner: 'lib',
  },
  'within another': {
    project: () =>
      makeProject({
        ...app('outer'),
        'node_modules/outer/package.json': JSON.stringify({
          name: 'outer',
          type: 'module',
          main: 'index.js',
        }),
        'node_modules/outer/index.js': `export * from '@scope/lib'`,
        ...lib('node_modules/outer/node_modules/@scope/lib'),
      }),
    owner: '@scope/lib',
  },
}

const attempt = (name: BundlerName, project: Project, options: Options = {}, config = {}) =>
  build[name]({ project, options: { keys: TRUSTED_PEM, ...options }, target: 'browser', out: 'dist', config })

/** Vite writes small files into the script that refers to them, which then holds them. */
const FILES: Partial<Record<BundlerName, object>> = {
  vite: { build: { assetsInlineLimit: 0, outDir: 'dist', rolldownOptions: { input: 'main.js' } } },
}

const NAMES = ['vite', 'webpack', 'rspack'] as const

describe.each(NAMES)('THREAT 47: a package that is installed, with %s', (name) => {
  it.each(Object.entries(INSTALLED))('%s', async (_, { project, owner }) => {
    await attempt(name, project())
    const demanding = attempt(name, project(), { packages: 'verify' })
    await expect(demanding).rejects.toThrow(`exclude: ['npm:${owner}']`)
    await attempt(name, project(), { packages: 'verify', exclude: `npm:${owner}` })
    for (const other of ['npm:trusted', 'npm:outer', 'npm:other'])
      await expect(attempt(name, project(), { packages: 'verify', exclude: other })).rejects.toThrow(
        'PACKAGE_UNVERIFIED',
      )
  })
})

describe.each(NAMES)('THREAT 47: what only seems to be of a package, with %s', (name) => {
  it("is the project's in a workspace", async () => {
    const project = makeProject({ ...app(), ...lib('packages/lib', 'lib'), 'node_modules/.keep': '' })
    link(project, 'packages/lib', 'node_modules/lib')
    await expect(attempt(name, project)).rejects.toThrow(
      /(?:UNVERIFIED_WASM|COMPONENT_UNSIGNED).*Core module must have/s,
    )
    await attempt(name, project, { exclude: 'packages/lib/**' })
    await expect(attempt(name, project, { exclude: 'npm:lib' })).rejects.toThrow('Core module must have')
  })

  it("is the project's where a package holds a link to it", async () => {
    const project = makeProject({ ...app(), ...lib('node_modules/lib') })
    renameSync(project.at('node_modules/lib/lib.wasm'), project.at('own.wasm'))
    symlinkSync(project.at('own.wasm'), project.at('node_modules/lib/lib.wasm'))
    await expect(attempt(name, project, {}, FILES[name])).rejects.toThrow('Core module must have')
    await attempt(name, project, { exclude: 'own.wasm' }, FILES[name])
  })

  it.each(['my_node_modules', 'node_modules.old', 'Node_Modules'])(
    "is the project's in %s",
    async (folder) => {
      if (folder.toLowerCase() === 'node_modules' && isCaseInsensitive()) return
      const project = makeProject({
        'main.js': `import { url } from './${folder}/lib/index.js'\nglobalThis.answers = url`,
        ...lib(`${folder}/lib`, 'lib'),
      })
      await expect(attempt(name, project)).rejects.toThrow('Core module must have')
    },
  )
})

function isCaseInsensitive(): boolean {
  return existsSync(makeProject({ a: '' }).at('A'))
}

describe.each(NAMES)('THREAT 47: a link of the project into a package, with %s', (name) => {
  const project = (query = '') => {
    const made = makeProject({
      ...lib('node_modules/lib'),
      'package.json': app()['package.json'],
      'main.js':
        query === ''
          ? `import * as own from './own.wasm'\nglobalThis.answers = own`
          : `globalThis.answers = new URL('./own.wasm', import.meta.url).href`,
    })
    symlinkSync(made.at('node_modules/lib/lib.wasm'), made.at('own.wasm'))
    return made
  }

  it('opens no door where it is imported as a module', async () => {
    await expect(attempt(name, project())).rejects.toThrow('COMPONENT_UNSIGNED')
  })

  it('hands on the file of the package where it is referred to', async () => {
    await attempt(name, project('url'))
    await expect(attempt(name, project('url'), { packages: 'verify' })).rejects.toThrow(`'npm:lib'`)
  })
})
