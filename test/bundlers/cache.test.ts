import { describe, expect, it } from 'vitest'
import { inState, linkPackage, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { runInNode, tool } from '../kit/run.js'
import { constantComponent, coreModule } from '../kit/wat.js'

const config = (name: string, cache: string, mode: string) => `
  import signedWasm from 'unplugin-signed-wasm/${name}'
  export default {
    mode: '${mode}', entry: './main.js', target: 'node', devtool: false,
    experiments: { outputModule: true, asyncWebAssembly: true }, output: { module: true, filename: 'main.js' },
    cache: ${cache}, optimization: { minimize: false }, plugins: [signedWasm({ keys: 'trusted.pub' })],
  }`

const TOOLS = {
  webpack: {
    script: 'webpack-cli/bin/cli.js',
    args: [],
    cache: `{ type: 'filesystem', cacheDirectory: import.meta.dirname + '/.cache' }`,
  },
  rspack: {
    script: '@rspack/cli/bin/rspack.js',
    args: ['build'],
    cache: `{ type: 'persistent', storage: { type: 'filesystem', directory: import.meta.dirname + '/.cache' } }`,
  },
}

describe.each(['webpack', 'rspack'] as const)("%s's persistent cache", (name) => {
  it.each(['production', 'development'])('verifies again in the next process: %s', async (mode) => {
    const { script, args, cache } = TOOLS[name]
    const [component, core] = [await constantComponent(1), await coreModule()]
    const signed = { 'x.wasm': inState(component, 'signed'), 'core.wasm': inState(core, 'signed') }
    const project = makeProject({
      'main.js': `import { answer } from './x.wasm'\nimport { answer as core } from './core.wasm'\nglobalThis.answers = [answer(), core()]`,
      'trusted.pub': TRUSTED_PEM,
      [`${name}.config.mjs`]: config(name, cache, mode),
      ...signed,
    })
    linkPackage(project)
    const run = () => tool(script, args, { cwd: project.root })

    const first = await run()
    expect(first.code, first.output).toBe(0)
    expect(project.files('.cache').length).toBeGreaterThan(0)

    project.write({ 'x.wasm': inState(component, 'tampered') })
    const second = await run()
    expect(second.code).not.toBe(0)
    expect(second.output).toContain('CONTENT_MODIFIED x.wasm')

    project.write({ ...signed, 'core.wasm': inState(core, 'tampered') })
    const third = await run()
    expect(third.code).not.toBe(0)
    expect(third.output).toContain('CONTENT_MODIFIED core.wasm')

    project.write(signed)
    const fourth = await run()
    expect(fourth.code, fourth.output).toBe(0)
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: [1, 42] }])
    const emitted = project
      .files('dist')
      .filter((file) => file.endsWith('.wasm'))
      .map((file) => Buffer.from(project.read(`dist/${file}`)).toString('hex'))
    expect(emitted).toContain(Buffer.from(signed['x.wasm']).toString('hex'))
  })

  it('refuses when only the keys changed', async () => {
    const { script, args, cache } = TOOLS[name]
    const project = makeProject({
      'main.js': `import { answer } from './x.wasm'\nglobalThis.answers = answer()`,
      'trusted.pub': TRUSTED_PEM,
      [`${name}.config.mjs`]: config(name, cache, 'development'),
      'x.wasm': inState(await constantComponent(1), 'signed'),
    })
    linkPackage(project)
    expect((await tool(script, args, { cwd: project.root })).code).toBe(0)
    project.write({
      [`${name}.config.mjs`]: config(name, cache, 'development').replace("'trusted.pub'", '[]'),
    })
    const second = await tool(script, args, { cwd: project.root })
    expect(second.code).not.toBe(0)
    expect(second.output).toContain('NO_TRUSTED_KEYS')
  })
})
