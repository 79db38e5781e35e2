/** How often the bytes of a file are hashed on their way into a bundle. */

import crypto, { type Hash } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { concatBytes } from '../../src/format/encoding.js'
import {
  encodeCustomSection,
  encodeSection,
  PREAMBLES,
  readSections,
  sectionBytes,
} from '../../src/format/wasm.js'
import type { Options } from '../../src/index.js'
import { Pipeline } from '../../src/plugin/pipeline.js'
import { build, type BundlerName } from '../kit/bundlers.js'
import { inState, makeProject, type Status, TRUSTED, TRUSTED_PEM } from '../kit/project.js'
import { constantComponent } from '../kit/wat.js'
import { sign } from '../../src/trust/sign.js'

/** Long enough that no other text in a build is as long. */
const PADDING = 4 * 2 ** 20

/** A signed component whose one core module is mostly padding. */
async function signedComponent(status: Status = 'signed'): Promise<Uint8Array> {
  const bytes = await constantComponent(42)
  const padding = encodeCustomSection('pad', new Uint8Array(PADDING))
  const written = readSections(bytes).sections.map((section) =>
    section.id === 1
      ? encodeSection(1, concatBytes(bytes.subarray(section.payloadStart, section.end), padding))
      : sectionBytes(bytes, section),
  )
  return inState(concatBytes(PREAMBLES.component, ...written), status)
}

/** Counts how often that much is hashed by this package from now on. */
function countPasses(): () => number {
  const createHash = crypto.createHash.bind(crypto)
  let passes = 0
  vi.spyOn(crypto, 'createHash').mockImplementation((algorithm, options) => {
    const hash = createHash(algorithm, options)
    if (!new Error().stack!.includes('/src/trust/crypto/')) return hash
    const update = hash.update.bind(hash) as (data: Uint8Array) => Hash
    hash.update = ((data: Uint8Array) => {
      if (data.length >= PADDING) passes++
      return update(data)
    }) as Hash['update']
    return hash
  })
  return () => passes
}

afterEach(() => vi.restoreAllMocks())

const MAIN = `import { answer } from './x.wasm'\nglobalThis.answers = answer()`

const CASES: [what: string, passes: number, options: Options][] = [
  ['default options', 2, {}],
  ['the cache', 2, { cache: '.jco' }],
  ["recheck: 'digest'", 2, { recheck: 'digest' }],
  ["recheck: 'signature'", 3, { recheck: 'signature' }],
  ["recheck: 'signature' and the cache", 3, { recheck: 'signature', cache: '.jco' }],
  ["asset: 'inline'", 2, { asset: 'inline' }],
  ['detached signatures', 2, { detached: true }],
  ['declarations', 2, { types: true }],
]

describe.each(['rollup', 'webpack', 'esbuild', 'vite'] satisfies BundlerName[])('%s', (name) => {
  test.each(CASES)('with %s, every byte is hashed at most %i times', async (_, most, options) => {
    const project = makeProject({ 'main.js': MAIN, 'x.wasm': await signedComponent() })
    if (options.detached)
      project.write({ 'x.wasm.sig': sign(project.read('x.wasm'), TRUSTED, { keyId: 'none' }).signature })
    const passes = countPasses()
    await build[name]({ project, options: { keys: TRUSTED_PEM, ...options }, target: 'node', out: 'dist' })
    expect(passes()).toBeGreaterThan(0)
    expect(passes()).toBeLessThanOrEqual(most)
  })
})

test('what is refused is hashed once', async () => {
  const project = makeProject({ 'x.wasm': await signedComponent('tampered') })
  const pipeline = new Pipeline({ keys: TRUSTED_PEM })
  pipeline.configure({ root: project.root })
  const passes = countPasses()
  const context = { watch: () => {}, warn: () => {} }
  expect(() => pipeline.gate.admit(project.at('x.wasm'), context)).toThrow('CONTENT_MODIFIED')
  expect(passes()).toBe(1)
})
