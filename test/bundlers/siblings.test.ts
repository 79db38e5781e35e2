/** Compilers of webpack and Rspack that write into one folder at a time, as those of Next.js do, and what they keep there. */

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { rspack } from '@rspack/core'
import { describe, expect, it } from 'vitest'
import webpack, { type Compiler, type Configuration, type MultiStats } from 'webpack'
import { signedWasm } from '../../src/index.js'
import { fixture, inState, makeProject, type Project, TRUSTED_PEM } from '../kit/project.js'
import { constantComponent } from '../kit/wat.js'

const BUNDLERS = { webpack, rspack: rspack as unknown as typeof webpack }

type Name = keyof typeof BUNDLERS

/** A plugin that lets a compiler write, or end, only when something has happened. */
const waitFor = (hook: 'emit' | 'afterEmit', happens: Promise<unknown>) => ({
  apply: (compiler: Compiler) =>
    compiler.hooks[hook].tapPromise('wait', async () => {
      await happens
    }),
})

/** Says when a compiler has written its files. */
function announcing() {
  let announce: () => void
  const written = new Promise<void>((resolve) => {
    announce = resolve
  })
  const plugin = { apply: (compiler: Compiler) => compiler.hooks.done.tap('announce', () => announce()) }
  return { plugin, written }
}

function compile(name: Name, configs: Configuration[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const compiler = BUNDLERS[name](configs)
    compiler!.run((error: Error | null, stats?: MultiStats) => {
      if (error) return void reject(error)
      const { errors = [] } = stats!.toJson({ all: false, errors: true })
      compiler!.close(() => resolve(errors.map(({ message }) => message)))
    })
  })
}

/** A page, and in a folder of its output a server, whose component has an adapter that jco makes. */
function pair(name: Name, project: Project, { page, server }: Record<'page' | 'server', object[]>) {
  const config = (entry: string, out: string, target: string, plugins: object[]): Configuration => ({
    mode: 'development',
    devtool: false,
    context: project.root,
    entry: `./${entry}.js`,
    target: target as 'web',
    output: { path: project.at(out), filename: '[name].js', publicPath: '/' },
    plugins: [
      signedWasm[name]({ keys: TRUSTED_PEM, types: false, cache: false }) as never,
      ...(plugins as never[]),
    ],
  })
  return compile(name, [config('page', 'dist', 'web', page), config('server', 'dist/server', 'node', server)])
}

const files = async () => ({
  'page.js': `import { answer } from './one.wasm'\nglobalThis.answers = answer()`,
  'server.js': `import { shout } from './composed.wasm'\nglobalThis.answers = shout('you')`,
  'one.wasm': inState(await constantComponent(1), 'signed'),
  'composed.wasm': inState(fixture('composed'), 'signed'),
})

describe.each(['webpack', 'rspack'] as const)('%s', (name) => {
  it('leaves what another compiler has judged and written to that one', async () => {
    const project = makeProject(await files())
    const { plugin, written } = announcing()
    expect(await pair(name, project, { page: [waitFor('afterEmit', written)], server: [plugin] })).toEqual([])
    expect(project.files('dist')).toContain('server/main.js')
  })

  it('judges what nobody has judged, though another compiler writes there', async () => {
    const project = makeProject(await files())
    const { plugin, written } = announcing()
    const unsigned = await constantComponent(2)
    const copy = written.then(() => {
      mkdirSync(project.at('dist/server'), { recursive: true })
      writeFileSync(project.at('dist/server/copied.wasm'), unsigned)
    })
    const errors = await pair(name, project, { page: [waitFor('afterEmit', copy)], server: [plugin] })
    expect(errors.join('\n')).toContain('UNVERIFIED_WASM server/copied.wasm')
    expect(project.files('dist')).not.toContain('server/copied.wasm')
  })

  it('judges what has taken the place of a file that another compiler has judged', async () => {
    const project = makeProject(await files())
    const { plugin, written } = announcing()
    const unsigned = await constantComponent(2)
    const replace = written.then(() => writeFileSync(project.at('dist/server/main.js'), unsigned))
    const errors = await pair(name, project, { page: [waitFor('afterEmit', replace)], server: [plugin] })
    expect(errors.join('\n')).toContain('UNVERIFIED_WASM server/main.js')
  })
})

describe('webpack', () => {
  const build = async (cacheDirectory: (project: Project) => string) => {
    const project = makeProject(await files())
    const unsigned = await constantComponent(2)
    const write = {
      apply: (compiler: Compiler) =>
        compiler.hooks.afterEmit.tap('write', () => {
          mkdirSync(project.at('dist/cache'), { recursive: true })
          writeFileSync(project.at('dist/cache/0.pack'), Buffer.concat([Buffer.from('pack'), unsigned]))
        }),
    }
    const errors = await compile('webpack', [
      {
        mode: 'development',
        devtool: false,
        context: project.root,
        entry: './page.js',
        cache: { type: 'filesystem', cacheDirectory: path.resolve(cacheDirectory(project)) },
        output: { path: project.at('dist') },
        plugins: [signedWasm.webpack({ keys: TRUSTED_PEM, types: false }) as never, write],
      },
    ])
    return errors.join('\n')
  }

  it('does not look into the cache that it keeps in the output', async () => {
    expect(await build((project) => project.at('dist/cache'))).toBe('')
  })

  it('looks through an output that is said to be a cache', async () => {
    expect(await build((project) => project.root)).toContain('UNVERIFIED_WASM cache/0.pack')
  })

  it('ships a file to a page whose script leaves something in a variable of it, as those of Next.js', async () => {
    const project = makeProject(await files())
    const errors = await compile('webpack', [
      {
        mode: 'production',
        context: project.root,
        entry: './page.js',
        output: {
          path: project.at('dist'),
          publicPath: '/_next/',
          library: { name: '_N_E', type: 'assign' },
        },
        plugins: [signedWasm.webpack({ keys: TRUSTED_PEM, types: false }) as never],
      },
    ])
    expect(errors).toEqual([])
    expect(project.files('dist').filter((file) => file.endsWith('.wasm'))).toHaveLength(1)
  })
})
