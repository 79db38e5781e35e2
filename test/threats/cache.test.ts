/** THREATS row 20: what somebody does to the cache on disk. */

import { createHash, createHmac, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Options } from '../../src/plugin/options.js'
import { coreModuleSlices } from '../../src/format/wasm.js'
import { build } from '../kit/bundlers.js'
import { type Content, entriesOf, readContent, writeContent } from '../kit/cache.js'
import { inState, makeProject, type Project, type Status, TRUSTED_PEM } from '../kit/project.js'
import { runInNode } from '../kit/run.js'
import { constantComponent } from '../kit/wat.js'

const projectWith = async (status: Status, value = 1) =>
  makeProject({
    'main.js': `import { answer } from './x.wasm'\nglobalThis.answers = answer()`,
    'x.wasm': inState(await constantComponent(value), status),
  })

/** Builds as a process would that remembers nothing but what is on disk. @returns the files of the bundle */
async function bundle(project: Project, out: string, options: Options = {}): Promise<Record<string, string>> {
  const all = { keys: TRUSTED_PEM, types: false, cache: 'cache', ...options }
  await build.rollup({ project, options: all, target: 'node', out })
  const hex = (file: string) => Buffer.from(project.read(`${out}/${file}`)).toString('hex')
  return Object.fromEntries(project.files(out).map((file) => [file, hex(file)]))
}

const entryOf = (project: Project) => entriesOf(project.at('cache'))[0]!

const base64 = (content: string | Uint8Array) => Buffer.from(content).toString('base64')

const withFile = (content: Content, name: string, changed: string): Content => ({
  ...content,
  files: content.files.map((file) => (file[0] === name ? [name, changed] : file)),
})

describe('THREAT 20: a poisoned cache', () => {
  it.each([
    ['unsigned', 'COMPONENT_UNSIGNED'],
    ['tampered', 'CONTENT_MODIFIED'],
    ['unknown signer', 'SIGNER_UNTRUSTED'],
  ] as const)('makes nobody accept a file: %s', async (status, code) => {
    const project = await projectWith(status)
    await bundle(project, 'lenient', { mode: 'lenient' })
    expect(entriesOf(project.at('cache'))).toHaveLength(1)
    await expect(bundle(project, 'dist')).rejects.toThrow(code)
    expect(project.files('dist')).toEqual([])
  })

  it('changes nothing when any part of an entry was changed', async () => {
    const project = await projectWith('signed')
    const good = await bundle(project, 'dist')
    const content = readContent(entryOf(project))
    const firstLine = readFileSync(entryOf(project), 'utf8').split('\n')[0]!
    for (const [name] of content.files) {
      const changed = JSON.stringify(withFile(content, name, base64('throw 1')))
      writeFileSync(entryOf(project), `${firstLine}\n${changed}`)
      expect(await bundle(project, name)).toEqual(good)
    }
    expect(readContent(entryOf(project))).toEqual(content)
  })

  it('never replaces a core module that was signed, even by an entry that the user has written', async () => {
    const project = await projectWith('signed', 1)
    const good = await bundle(project, 'dist')
    const content = readContent(entryOf(project))
    const evil = await constantComponent(666)
    const [{ start, end }] = coreModuleSlices(evil) as [{ start: number; end: number }]
    const [name, stored] = content.files.find(([file]) => file.endsWith('.core.wasm'))!
    expect(stored).toBeNull()

    writeContent(entryOf(project), withFile(content, name, base64(evil.subarray(start, end))))
    expect(await bundle(project, 'replaced')).toEqual(good)
    writeContent(entryOf(project), {
      ...content,
      files: [...content.files, [name, base64(evil.subarray(start, end))]],
    })
    expect(await bundle(project, 'added')).toEqual(good)
    expect(await runInNode([project.at('added/main.js')])).toEqual([{ answers: 1 }])
  })

  it('gives no file the entry of another', async () => {
    const [project, other] = [await projectWith('signed', 1), await projectWith('signed', 666)]
    const good = await bundle(project, 'dist')
    await bundle(other, 'dist')
    writeFileSync(entryOf(project), readFileSync(entryOf(other)))
    expect(await bundle(project, 'again')).toEqual(good)
  })

  /** The entry of a component, with JavaScript in it that jco has not made. */
  async function forgery(project: Project): Promise<Content> {
    await bundle(project, 'dist')
    const content = readContent(entryOf(project))
    const js = Buffer.from(content.files.find(([name]) => name === 'component.js')![1]!, 'base64').toString()
    const forged = js.replace('export const _util', 'globalThis.forged = true;\nexport const _util')
    expect(forged).not.toBe(js)
    return withFile(content, 'component.js', base64(forged))
  }

  it.each([
    ['with a digest in the place of its code', (content: string) => createHash('sha256').update(content)],
    ['by the key of somebody else', (content: string) => codeBy(randomBytes(32), content)],
    ['by no key', (content: string) => codeBy(Buffer.alloc(0), content)],
    ['by a key of zeros', (content: string) => codeBy(Buffer.alloc(32), content)],
  ])('takes no entry that somebody else has written: %s', async (_, code) => {
    const project = await projectWith('signed')
    const forged = JSON.stringify(await forgery(project))
    const good = readFileSync(entryOf(project))
    writeFileSync(entryOf(project), `${code(forged).digest('hex')}\n${forged}`)
    expect(await bundle(project, 'again')).toEqual(await bundle(project, 'without', { cache: false }))
    expect(readFileSync(entryOf(project))).toEqual(good)
  })

  it('takes none from another machine, whose key is another one', async () => {
    const project = await projectWith('signed')
    const good = await bundle(project, 'dist')
    const here = readFileSync(entryOf(project))
    const state = process.env['XDG_STATE_HOME']!
    try {
      process.env['XDG_STATE_HOME'] = project.at('other')
      expect(await bundle(project, 'there')).toEqual(good)
      const there = readFileSync(entryOf(project))
      expect(there.subarray(65)).toEqual(here.subarray(65))
      expect(there).not.toEqual(here)
    } finally {
      process.env['XDG_STATE_HOME'] = state
    }
    expect(await bundle(project, 'back')).toEqual(good)
    expect(readFileSync(entryOf(project))).toEqual(here)
  })

  // No promise, but the limit that README and docstrings name: whoever has the key is the user.
  it('takes what was written by the key of the user, whoever did that', async () => {
    const project = await projectWith('signed')
    const forged = await forgery(project)
    writeContent(entryOf(project), forged)
    await bundle(project, 'forged')
    expect(Buffer.from(project.read('forged/main.js')).toString()).toContain('globalThis.forged = true')
    await bundle(project, 'without', { cache: false })
    expect(Buffer.from(project.read('without/main.js')).toString()).not.toContain('globalThis.forged')
  })
})

/** As an entry has it above its content. */
const codeBy = (secret: Uint8Array, content: string) =>
  createHmac('sha256', secret).update(createHash('sha256').update(content).digest())
