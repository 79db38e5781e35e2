/** The whole collection of signed files, through the commands that people type. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { applyEdits, type Edit, EXCEPTIONS, openFull, SETTLED } from '../../kit/corpus.js'
import { openTerminal } from '../../kit/terminal.js'

interface Item {
  id: string
  category: string
  mode: 'verify' | 'verify-set' | 'verify-partial' | 'verify-matrix'
  file: string
  keys: string[]
  key_format: string
  patch?: Edit[]
  signature_file?: string
  sections_regex?: string
  spec: { verdict: 'accept' | 'reject' | 'unspecified'; valid_keys?: string[] }
}

const isThere = openFull() !== undefined
const folder = process.env['SIGNED_WASM_CORPUS']!

/** The collection's patterns as names and prefixes; all of them can be said so. */
function toNames(pattern: string): string[] {
  const inner = pattern
    .replace(/^\^/, '')
    .replace(/\$$/, '')
    .replace(/^\((.*)\)$/, '$1')
  return inner
    .split('|')
    .map((name) => (name === '[.]debug' ? '.debug*' : name.replaceAll('[.]', '.').replace(/\.\*$/, '*')))
}

describe.runIf(isThere)('signed-wasm', () => {
  type Manifest = { keys: Record<string, { files: Record<string, string> }>; cases: Item[] }
  const manifest = JSON.parse(
    isThere ? readFileSync(path.join(folder, 'manifest.json'), 'utf8') : '{"keys":{},"cases":[]}',
  ) as Manifest
  const files = new Map<string, Uint8Array>()
  const terminal = openTerminal({
    disk: { read: (name) => files.get(name)!, exists: (name) => files.has(name) },
  })

  const keyOf = ({ key_format: format }: Item, name: string) =>
    path.join(folder, manifest.keys[name]?.files[`${format}_public`] ?? name)
  const run = (item: Item, names = item.keys) => {
    files.set('x.wasm', applyEdits(new Uint8Array(readFileSync(path.join(folder, item.file))), item.patch))
    if (item.signature_file)
      files.set('x.sig', new Uint8Array(readFileSync(path.join(folder, item.signature_file))))
    return terminal.run(
      item.mode === 'verify-matrix' ? 'matrix' : 'verify',
      ...names.flatMap((name) => ['--key', keyOf(item, name)]),
      ...(item.signature_file ? ['-S', 'x.sig'] : []),
      ...(item.sections_regex && item.mode !== 'verify' && item.mode !== 'verify-set'
        ? toNames(item.sections_regex).flatMap((name) => ['--split', name])
        : []),
      'x.wasm',
    )
  }

  /** What FORMAT settles, for whole files and, since a file signed whole suffices, for parts. */
  const settled = ({ id, category, spec }: Item): string | undefined => {
    const name = id
      .replace(/^\d+-/, '')
      .slice(category.length + 1)
      .replace(/-(?:partial|set|matrix)$/, '')
    const entry = [...EXCEPTIONS, ...SETTLED].find(
      (one) => one.category === category && one.spec === spec.verdict && one.id.test(name),
    )
    return entry && (entry.status === 'verified' ? 'accept' : 'reject')
  }

  it.each(['verify', 'verify-set', 'verify-partial'] as const)(
    'decides every case of %s by the rule, with the exit code for it',
    async (mode) => {
      const items = manifest.cases.filter((item) => item.mode === mode)
      expect(items.length).toBeGreaterThan(30)
      for (const item of items) {
        const { code, out, err } = await run(item)
        const wanted = settled(item) ?? item.spec.verdict
        expect(wanted, item.id).not.toBe('unspecified')
        expect(code === 0 ? 'accept' : 'reject', `${item.id}\n${out}${err}`).toBe(wanted)
        expect([0, 1, 3], item.id).toContain(code)
        expect(out + err, item.id).not.toMatch(/\n {4}at /)
      }
    },
  )

  it('finds the same valid keys in every matrix', async () => {
    const items = manifest.cases.filter((item) => item.mode === 'verify-matrix')
    expect(items).toHaveLength(44)
    for (const item of items) {
      const { code, out } = await run(item)
      expect(code === 0, `${item.id}\n${out}`).toBe(item.spec.valid_keys!.length > 0)
      for (const name of item.spec.valid_keys!)
        expect((await run(item, [name])).code, `${item.id} ${name}`).toBe(0)
    }
  })
})
