/** For which ids bundlers call our `load`: for all that it takes, and for no plain module. */

import { rolldown } from 'rolldown'
import { rollup } from 'rollup'
import { build as viteBuild } from 'vite'
import { describe, expect, it } from 'vitest'
import { signedWasm } from '../../src/index.js'
import { RUNTIME_NAME } from '../../src/plugin/bundlers/runtime-modules.js'
import { inState, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { constantComponent } from '../kit/wat.js'

interface Plugin {
  loadInclude(id: string): boolean
  load: { filter: { id: { include: RegExp[] } }; handler(this: unknown, id: string): Promise<unknown> }
}

const OPEN = {
  vite: (plugins: unknown[], root: string) =>
    viteBuild({
      root,
      configFile: false,
      logLevel: 'silent',
      plugins: plugins as never,
      build: { rolldownOptions: { input: `${root}/main.js` } },
    }),
  rollup: (plugins: unknown[], root: string) =>
    rollup({ input: `${root}/main.js`, plugins: plugins as never, onLog: () => {} }),
  rolldown: async (plugins: unknown[], root: string) => {
    const bundle = await rolldown({ input: `${root}/main.js`, plugins: plugins as never, onLog: () => {} })
    await bundle.generate({ format: 'es' })
  },
}

const NAMES = Object.keys(OPEN) as (keyof typeof OPEN)[]

/** A use of the plugin. */
const makePlugin = (name: keyof typeof OPEN) =>
  signedWasm[name]({ keys: TRUSTED_PEM, types: false }) as unknown as Plugin

/** Of files in a folder, as bundlers and their dev servers write ids. */
const idsIn = (folder: string) => [
  ...['x.wasm', 'X.WASM', 'x.WaSm', 'a.wasm.wasm', 'a b.wasm', 'ä.wasm', 'a\nb.wasm'].map(
    (file) => `${folder}/${file}`,
  ),
  ...[
    '?component',
    '?instantiate',
    '?import',
    '?v=1a2b&component',
    '?t=1&instantiate',
    '?',
    '#part',
    '?component#part',
  ].map((query) => `${folder}/x.wasm${query}`),
  `${folder}/x.WASM?component`,
]

const OTHER_IDS = [
  ...['C:\\app\\x.wasm', 'c:/app/X.WASM?component', '/@fs/app/x.wasm?import', '/a?b/x.wasm'],
  `\0signed-wasm/${RUNTIME_NAME.split('/').at(-1)}/get.js`,
]

const NOT_OURS = ['/app/x.js', '/app/wasm.js', '/app/x.wat', '/app/signed-wasm/x.js', '\0vite/preload.js']

describe.each(NAMES)('the filter for %s', (name) => {
  it('lets every id through that the hook would take', () => {
    const plugin = makePlugin(name)
    const taken = [...idsIn('/app'), ...OTHER_IDS].filter((id) => plugin.loadInclude(id))
    expect(taken.length).toBeGreaterThan(15)
    expect(taken).toContain(OTHER_IDS.at(-1))
    const isLet = (id: string) => plugin.load.filter.id.include.some((pattern) => pattern.test(id))
    expect(taken.filter((id) => !isLet(id))).toEqual([])
    expect(NOT_OURS.filter(isLet)).toEqual([])
  })

  it('lets them through in a build, and no plain module', async () => {
    const plain = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`src/m${index}.js`, `globalThis.m${index} = true`]),
    )
    const project = makeProject({ ...plain, 'x.wasm': inState(await constantComponent(1), 'signed') })
    const ids = idsIn(project.root)
    const names = [
      ...Object.keys(plain).map((file) => `./${file}`),
      ...ids.map((_, index) => `virtual:${index}`),
    ]
    project.write({ 'main.js': names.map((specifier) => `import '${specifier}'`).join('\n') })

    const plugin = makePlugin(name)
    const asked: string[] = []
    plugin.load.handler = async (id) => {
      asked.push(id)
      return plugin.loadInclude(id) ? { code: 'export {}', moduleType: 'js' } : null
    }
    const numbered = {
      name: 'numbered',
      enforce: 'pre',
      resolveId: (source: string) => ids[Number(/^virtual:(\d+)$/.exec(source)?.[1])],
    }
    await OPEN[name]([numbered, plugin], project.root)
    expect(asked.toSorted()).toEqual(ids.toSorted())
  })
})
