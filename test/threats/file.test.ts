/** THREATS rows 15 and 16: what the path of a component may turn out to be. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, openSync, closeSync, ftruncateSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { LoadContext } from '../../src/plugin/contexts.js'
import { Pipeline } from '../../src/plugin/pipeline.js'
import type { Options } from '../../src/index.js'
import { inState, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { constantComponent } from '../kit/wat.js'

const host = {
  watch: () => {},
  warn: () => {},
  ship: () => ({ kind: 'inline' as const }),
  runtime: '/runtime',
  wantsBytes: false,
  isReference: false,
  wantsCore: undefined,
  identifiersOnly: false,
  lacksAwait: undefined,
  cores: undefined,
} satisfies LoadContext

function open(root: string, options: Options = {}): Pipeline {
  const pipeline = new Pipeline({ keys: TRUSTED_PEM, ...options })
  pipeline.configure({ root })
  return pipeline
}

describe('the file behind an import', () => {
  it('is judged by what a symbolic link leads to', async () => {
    const bytes = await constantComponent(1)
    const outside = makeProject({ 'signed.wasm': inState(bytes, 'signed'), 'unsigned.wasm': bytes })
    const { root, at } = makeProject()
    symlinkSync(outside.at('signed.wasm'), at('good.wasm'))
    symlinkSync(outside.at('unsigned.wasm'), at('bad.wasm'))
    expect(open(root).gate.admit(at('good.wasm'), host)?.admitted.bytes).toEqual(inState(bytes, 'signed'))
    expect(() => open(root).gate.admit(at('bad.wasm'), host)).toThrow('COMPONENT_UNSIGNED')
  })

  it('is excluded by its real path only, so that a link does not get it past the policy', async () => {
    const { root, at } = makeProject({ 'src/x.wasm': await constantComponent(1) })
    mkdirSync(at('legacy'))
    symlinkSync(at('src/x.wasm'), at('legacy/x.wasm'))
    expect(() => open(root, { exclude: 'legacy/**' }).gate.admit(at('legacy/x.wasm'), host)).toThrow(
      'COMPONENT_UNSIGNED',
    )
    expect(open(root, { exclude: 'src/**' }).gate.admit(at('legacy/x.wasm'), host)).toBeUndefined()
  })

  it.runIf(process.platform !== 'win32')(
    'is refused when it is a device, a pipe or a folder, without waiting for any',
    () => {
      const { root, at } = makeProject()
      symlinkSync('/dev/zero', at('zero.wasm'))
      execFileSync('mkfifo', [at('pipe.wasm')])
      mkdirSync(at('folder.wasm'))
      for (const name of ['zero.wasm', 'pipe.wasm', 'folder.wasm']) {
        const pipeline = open(root)
        expect(pipeline.claims(at(name))).toBe(true)
        expect(pipeline.isCoreModule(at(name))).toBe(false)
        expect(() => pipeline.gate.admit(at(name), host)).toThrow('FILE_NOT_REGULAR')
      }
    },
  )

  it('is refused by its size before it is read', () => {
    const { root, at } = makeProject()
    const file = openSync(at('huge.wasm'), 'w')
    ftruncateSync(file, 4 * 2 ** 30)
    closeSync(file)
    expect(() => open(root).gate.admit(at('huge.wasm'), host)).toThrow('FILE_TOO_LARGE')
    writeFileSync(at('small.wasm'), new Uint8Array(11))
    expect(() => open(root, { limits: { maxFileBytes: 10 } }).gate.admit(at('small.wasm'), host)).toThrow(
      'FILE_TOO_LARGE',
    )
  })

  it('is read once: a change after that reaches neither the transpiler nor the asset', async () => {
    const signed = inState(await constantComponent(1), 'signed')
    const unsigned = await constantComponent(2)
    const { root, at, write } = makeProject({ 'x.wasm': signed })
    const swap = () => write({ 'x.wasm': unsigned })
    const shipped: Uint8Array[] = []
    const pipeline = open(root)
    // The first waits for code of ours; after that a file is read at once.
    await pipeline.load(at('x.wasm'), host)
    const loading = pipeline.load(at('x.wasm'), {
      ...host,
      ship(file) {
        swap()
        shipped.push(file.admitted.bytes)
        return { kind: 'inline' }
      },
    })
    // It has been read and judged by now, and not yet been transpiled.
    swap()
    const loaded = await loading
    expect(shipped).toEqual([signed])
    expect(loaded?.kind === 'module' && loaded.code.includes(Buffer.from(signed).toString('base64'))).toBe(
      true,
    )
  })

  it('answers a raw query only with the content that the query names', async () => {
    const signed = inState(await constantComponent(1), 'signed')
    const { root, at } = makeProject({ 'x.wasm': signed })
    const pipeline = open(root)
    const digest = pipeline.gate.admit(at('x.wasm'), host)!.admitted.digest
    expect(await pipeline.load(`${at('x.wasm')}?signed-wasm=${digest}`, host)).toEqual({
      kind: 'bytes',
      bytes: signed,
    })
    await expect(pipeline.load(`${at('x.wasm')}?signed-wasm=${'0'.repeat(64)}`, host)).rejects.toThrow(
      'FILE_CHANGED',
    )
  })

  it('never makes the filter throw, whatever the id', () => {
    const pipeline = open(makeProject().root)
    for (const id of [
      '',
      '\0x.wasm',
      'x.wasm',
      '/a\0b.wasm',
      `/${'a/'.repeat(5000)}x.wasm`,
      '/x.wasm?%',
      'https://x.test/a.wasm',
      '/no/such.wasm#x',
    ]) {
      expect(() => pipeline.claims(id)).not.toThrow()
    }
  })
})

describe('THREAT 52: files outside of the project', () => {
  it('are warned about one by one, though people see the same name of both', async () => {
    const bytes = await constantComponent(1)
    const [one, two] = [makeProject({ 'x.wasm': bytes }), makeProject({ 'x.wasm': bytes })]
    const pipeline = open(makeProject().root, { mode: 'lenient' })
    const warnings: string[] = []
    const context = { ...host, warn: (text: string) => void warnings.push(text) }
    for (const { at } of [one, two, one]) pipeline.gate.admit(at('x.wasm'), context)
    expect(warnings).toHaveLength(2)
  })
})
