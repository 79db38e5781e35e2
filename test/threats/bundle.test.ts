/** THREATS rows 15, 17, 18 and 19: what is particular to one bundler, and the sweep by itself. What holds for all is in the kit's `conformance/sweep`. */

import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findWasm } from '../../src/disk/find-wasm.js'
import { Pipeline } from '../../src/plugin/pipeline.js'
import { build, type BundlerName } from '../kit/bundlers.js'
import { inState, makeProject, OTHER_PEM, TRUSTED_PEM } from '../kit/project.js'
import { constantComponent, coreModule } from '../kit/wat.js'

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

  it('reads the alphabet of base64url as well', async () => {
    // A custom section with the letters in which the alphabets differ, at whatever place it begins.
    const letters = [0xfb, 0xef, 0xbe, 0, 0xfb, 0xef, 0xbe, 0, 0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff]
    const bytes = Uint8Array.from([
      ...(await constantComponent(1)),
      0,
      letters.length + 2,
      1,
      0x78,
      ...letters,
    ])
    const text = Buffer.from(bytes).toString('base64url')
    expect([text.includes('-'), text.includes('_')]).toEqual([true, true])
    const found = [...findWasm([{ name: 'a.js', content: `x("${text}")` }])]
    expect(found.map((one) => one.bytes)).toEqual([bytes])
  })

  it('forgets what was admitted under other keys, in whatever way the new ones come', async () => {
    const bytes = inState(await constantComponent(1), 'signed')
    const project = makeProject({ 'x.wasm': bytes, 'a.pub': TRUSTED_PEM })
    const quiet = { inform() {}, warn() {}, watch() {} }
    for (const renew of ['start', 'forgetPolicy'] as const) {
      project.write({ 'a.pub': TRUSTED_PEM })
      const pipeline = new Pipeline({ keys: 'a.pub' })
      pipeline.configure({ root: project.root })
      pipeline.start(quiet)
      pipeline.gate.admit(project.at('x.wasm'), quiet)
      const sweep = () =>
        pipeline.sweep(
          { files: [{ name: 'x.wasm', content: bytes }], importersOf: () => [], externals: [] },
          quiet,
        )
      pipeline.gate[renew](quiet)
      sweep()
      expect(pipeline.gate.admissions.hasSomewhere(bytes)).toBe(true)
      project.write({ 'a.pub': OTHER_PEM })
      pipeline.gate[renew](quiet)
      expect(sweep).toThrow('UNVERIFIED_WASM x.wasm')
    }
  })

  it('refuses a file that was swapped after it was verified', async () => {
    const bytes = await constantComponent(1)
    const project = makeProject({ 'x.wasm': inState(bytes, 'signed') })
    const pipeline = new Pipeline({ keys: TRUSTED_PEM })
    pipeline.configure({ root: project.root })
    const warn = () => {}
    pipeline.gate.admit(project.at('x.wasm'), { watch: warn, warn })
    const outputOf = (content: Uint8Array) => ({
      files: [{ name: 'x.wasm', content }],
      importersOf: () => [],
      externals: [],
    })
    const log = { inform: warn, warn }
    pipeline.sweep(outputOf(project.read('x.wasm')), log)
    expect(() => pipeline.sweep(outputOf(inState(bytes, 'tampered')), log)).toThrow('UNVERIFIED_WASM x.wasm')
  })
  it('takes linear time on a megabyte of magic', () => {
    const start = performance.now()
    namesOf('AGFzbQ'.repeat(200_000))
    namesOf('AGFzbQ '.repeat(200_000))
    expect(performance.now() - start).toBeLessThan(3000)
  })
})
