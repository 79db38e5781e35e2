/** THREATS rows 15, 17, 18 and 19: wasm that gets into a bundle on other ways than an import. */

import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findWasm } from '../../src/plugin/find-wasm.js'
import { Pipeline } from '../../src/plugin/pipeline.js'
import { build, type BundlerName, BUNDLERS } from '../kit/bundlers.js'
import { inState, linkPackage, makeProject, type Status, TRUSTED_PEM } from '../kit/project.js'
import { tool } from '../kit/run.js'
import { constantComponent, coreModule } from '../kit/wat.js'

const NEW_URL = `globalThis.answers = String(new URL('./x.wasm', import.meta.url))`
/** Those that ship the file behind `new URL`; the others leave the text as it is. */
const FOLLOW_URLS: readonly BundlerName[] = ['vite', 'webpack', 'rspack']

async function buildWith(
  name: BundlerName,
  files: Record<string, string | Uint8Array>,
  extra: { options?: object; config?: object } = {},
) {
  const project = makeProject(files)
  const built = await build[name]({
    project,
    options: { keys: TRUSTED_PEM, ...extra.options },
    target: 'browser',
    out: 'dist',
    ...(extra.config && { config: extra.config as never }),
  })
  return { project, ...built }
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

describe.each(BUNDLERS)('%s', (name) => {
  it('refuses unsigned base64 in a dependency, and lets signed base64 pass', async () => {
    const bytes = await constantComponent(1)
    const main = (status: Status) => `import { data } from 'dep'\nglobalThis.answers = data // ${status}`
    const dep = (status: Status) => ({
      'node_modules/dep/package.json': '{ "name": "dep", "main": "index.js", "type": "module" }',
      'node_modules/dep/index.js': `export const data = 'data:application/wasm;base64,${base64(inState(bytes, status))}'`,
      'main.js': main(status).replace("'dep'", "'./node_modules/dep/index.js'"),
    })
    await expect(buildWith(name, dep('unsigned'))).rejects.toThrow('UNVERIFIED_WASM')
    await expect(buildWith(name, dep('tampered'))).rejects.toThrow('UNVERIFIED_WASM')
    await buildWith(name, dep('signed'))
    const { warnings } = await buildWith(name, dep('unsigned'), { options: { mode: 'lenient' } })
    expect(warnings.join('\n')).toContain('UNVERIFIED_WASM')
  })

  it('leaves nothing behind when the finished bundle is refused', async () => {
    const project = makeProject({ 'main.js': `globalThis.answers = '${base64(await constantComponent(1))}'` })
    await expect(
      build[name]({ project, options: { keys: TRUSTED_PEM }, target: 'browser', out: 'dist' }),
    ).rejects.toThrow('UNVERIFIED_WASM')
    expect(project.files('dist')).toEqual([])
  })

  it('leaves core modules and excluded files alone when told to', async () => {
    const core = await coreModule()
    await buildWith(
      name,
      { 'main.js': `globalThis.answers = '${base64(core)}'` },
      { options: { coreModules: 'ignore' } },
    )
    if (!FOLLOW_URLS.includes(name)) return
    await buildWith(
      name,
      { 'main.js': NEW_URL, 'x.wasm': await constantComponent(1) },
      { options: { exclude: 'x.wasm' } },
    )
  })

  if (!FOLLOW_URLS.includes(name)) return

  it("refuses what `new URL('./x.wasm', import.meta.url)` would ship", async () => {
    const bytes = await constantComponent(1)
    await expect(buildWith(name, { 'main.js': NEW_URL, 'x.wasm': bytes })).rejects.toThrow(
      /UNVERIFIED_WASM|COMPONENT_UNSIGNED/,
    )
    await expect(
      buildWith(name, { 'main.js': NEW_URL, 'x.wasm': inState(bytes, 'tampered') }),
    ).rejects.toThrow(/UNVERIFIED_WASM|CONTENT_MODIFIED/)
    const signed = inState(bytes, 'signed')
    const { project } = await buildWith(
      name,
      { 'main.js': NEW_URL, 'x.wasm': signed },
      {
        config:
          name === 'vite'
            ? { build: { assetsInlineLimit: 0, outDir: 'dist', rolldownOptions: { input: 'main.js' } } }
            : {},
      },
    )
    const assets = project.files('dist').filter((file) => file.endsWith('.wasm'))
    for (const asset of assets) expect(project.read(`dist/${asset}`)).toEqual(signed)
  })
})

describe('esbuild with a loader for .wasm', () => {
  it.each(['file', 'binary', 'dataurl', 'copy'])(
    'never hands a refused file to the %s loader',
    async (loader) => {
      const files = {
        'main.js': `import x from './x.wasm'\nglobalThis.answers = x`,
        'x.wasm': inState(await constantComponent(1), 'tampered'),
      }
      await expect(buildWith('esbuild', files, { config: { loader: { '.wasm': loader } } })).rejects.toThrow(
        'CONTENT_MODIFIED',
      )
    },
  )

  it('compares what the loader read with what was verified', async () => {
    const [signed, other] = [inState(await coreModule(), 'signed'), await coreModule()]
    const project = makeProject({
      'main.js': `import x from './x.wasm'\nglobalThis.answers = x`,
      'x.wasm': signed,
    })
    // Runs after our plugin has read the file and handed it back, before esbuild reads it again.
    const swap = {
      name: 'swap',
      setup: (esbuild: { onLoad(filter: object, load: () => undefined): void }) =>
        esbuild.onLoad({ filter: /x\.wasm$/ }, () => void writeFileSync(project.at('x.wasm'), other)),
    }
    const config = { loader: { '.wasm': 'file' }, plugins: [swap] }
    await build
      .esbuild({ project, options: { keys: TRUSTED_PEM }, target: 'browser', out: 'dist', config })
      .catch(() => {})
    expect(new Uint8Array(readFileSync(project.at('x.wasm')))).toEqual(other)
    // esbuild keeps what it has read, or else the sweep refuses: in no case is the other file shipped.
    for (const file of project.files('dist')) expect(project.read(`dist/${file}`)).not.toEqual(other)
  })
})

describe('Vite', () => {
  it('judges its public folder, whatever the files are called', async () => {
    const bytes = await constantComponent(1)
    const config = { publicDir: 'public', build: { outDir: 'dist', rolldownOptions: { input: 'main.js' } } }
    for (const name of ['x.wasm', 'data.bin', 'deep/x.WASM']) {
      await expect(
        buildWith('vite', { 'main.js': '1', [`public/${name}`]: bytes }, { config }),
      ).rejects.toThrow('COMPONENT_UNSIGNED')
      await buildWith('vite', { 'main.js': '1', [`public/${name}`]: inState(bytes, 'signed') }, { config })
    }
  })

  it('refuses tampered files that `import.meta.glob` finds', async () => {
    const main = `globalThis.answers = import.meta.glob('./*.wasm', { eager: true, query: '?url' })`
    await expect(
      buildWith('vite', { 'main.js': main, 'x.wasm': inState(await constantComponent(1), 'tampered') }),
    ).rejects.toThrow('CONTENT_MODIFIED')
  })
})

describe('Farm', () => {
  it('refuses base64 that nobody signed', async () => {
    const project = makeProject({
      'main.js': `globalThis.answers = '${base64(await constantComponent(1))}'`,
      'trusted.pub': TRUSTED_PEM,
      'farm.config.mjs': `import signedWasm from 'unplugin-signed-wasm/farm'
        export default { compilation: { input: { main: './main.js' }, output: { targetEnv: 'node' }, persistentCache: false, progress: false }, plugins: [signedWasm({ keys: 'trusted.pub' })] }`,
    })
    linkPackage(project)
    const { code, output } = await tool('@farmfe/cli/bin/farm.mjs', ['build'], { cwd: project.root })
    expect(code, output).not.toBe(0)
    expect(output).toContain('UNVERIFIED_WASM')
  })
})

describe('the sweep', () => {
  const namesOf = (content: string | Uint8Array) =>
    [...findWasm([{ name: 'a.js', content }])].map(({ layer }) => layer)

  it('finds base64 wherever it stands, and only whole preambles', async () => {
    const [component, core] = [await constantComponent(1), await coreModule()]
    expect(namesOf(`x("${base64(component)}"),y('${base64(core)}')`)).toEqual(['component', 'core module'])
    expect(namesOf(`if (text.startsWith("AGFzbQ")) {} ; "AGFzbQ AGFzbQEA" `)).toEqual([])
    expect(namesOf(Buffer.from(`data:application/wasm;base64,${base64(component)}`))).toEqual(['component'])
    expect(namesOf(component)).toEqual(['component'])
  })

  it('refuses a file that was swapped after it was verified', async () => {
    const bytes = await constantComponent(1)
    const project = makeProject({ 'x.wasm': inState(bytes, 'signed') })
    const pipeline = new Pipeline({ keys: TRUSTED_PEM })
    pipeline.configure({ root: project.root })
    const warn = () => {}
    pipeline.gate.admit(project.at('x.wasm'), { watch: warn, warn })
    pipeline.sweep([{ name: 'x.wasm', content: project.read('x.wasm') }], { warn })
    expect(() => pipeline.sweep([{ name: 'x.wasm', content: inState(bytes, 'tampered') }], { warn })).toThrow(
      'UNVERIFIED_WASM x.wasm',
    )
  })
  it('takes linear time on a megabyte of magic', () => {
    const start = performance.now()
    namesOf('AGFzbQ'.repeat(200_000))
    namesOf('AGFzbQ '.repeat(200_000))
    expect(performance.now() - start).toBeLessThan(3000)
  })
})
