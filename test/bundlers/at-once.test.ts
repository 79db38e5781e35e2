/** Builds that run at once and share the plugin, as those of tsup and tsdown do, which make one for each format. */

import * as esbuild from 'esbuild'
import { rolldown } from 'rolldown'
import { rollup } from 'rollup'
import { describe, expect, it } from 'vitest'
import { signedWasm } from '../../src/index.js'
import { inState, makeProject, type Project, TRUSTED_PEM } from '../kit/project.js'
import { runInNode } from '../kit/run.js'
import { constantComponent } from '../kit/wat.js'

const makeApp = async () =>
  makeProject({
    'lazy.js': `import instantiate from './x.wasm?instantiate'\ninstantiate().then(({ answer }) => (globalThis.answers = answer()))`,
    'awaiting.js': `import { answer } from './x.wasm'\nglobalThis.answers = answer()`,
    'x.wasm': inState(await constantComponent(7), 'signed'),
  })

/** One of the builds: of a module with a top-level await, or of a script that can have none. */
type Format = 'es' | 'cjs'

const entryOf = (format: Format) => (format === 'es' ? 'awaiting.js' : 'lazy.js')
const extensionOf = (format: Format) => (format === 'es' ? '.mjs' : '.cjs')

type BuildAll = (project: Project, formats: readonly Format[]) => Promise<unknown>

const bundleAll =
  (name: 'rollup' | 'rolldown'): BuildAll =>
  (project, formats) => {
    const plugins = [signedWasm[name]({ keys: TRUSTED_PEM })] as never
    return Promise.all(
      formats.map(async (format) => {
        const input = { input: project.at(entryOf(format)), plugins, onLog: () => {} }
        const bundle = await (name === 'rollup' ? rollup(input) : rolldown(input))
        const names = `[name]${extensionOf(format)}`
        await bundle.write({ dir: project.at(format), format, entryFileNames: names } as never)
      }),
    )
  }

const esbuildAll: BuildAll = (project, formats) => {
  const plugins = [signedWasm.esbuild({ keys: TRUSTED_PEM })]
  return Promise.all(
    formats.map((format) =>
      esbuild.build({
        entryPoints: [project.at(entryOf(format))],
        absWorkingDir: project.root,
        bundle: true,
        format: format === 'es' ? 'esm' : 'cjs',
        platform: 'node',
        outdir: project.at(format),
        outExtension: { '.js': extensionOf(format) },
        logLevel: 'silent',
        plugins,
      }),
    ),
  )
}

const BUILDERS = { rollup: bundleAll('rollup'), rolldown: bundleAll('rolldown'), esbuild: esbuildAll }

describe.each(Object.entries(BUILDERS))('with %s', (name, buildAll) => {
  it.each<Format[]>([
    ['es', 'cjs'],
    ['cjs', 'es'],
  ])('what one has a top-level await for, the other is not refused: %s, %s', async (...formats) => {
    const project = await makeApp()
    await buildAll(project, formats)
    expect(await runInNode([project.at('es/awaiting.mjs'), project.at('cjs/lazy.cjs')])).toEqual([
      { answers: 7 },
      { answers: 7 },
    ])
    // Where esbuild has the component in the script.
    if (name === 'esbuild') expect(project.files('cjs')).toEqual(['lazy.cjs'])
  })
})
