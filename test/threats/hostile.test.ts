/** THREATS rows 2, 24 and 25 with every hostile component of the fixtures: each ends in a clean error, and none breaks the next. */

import { afterAll, describe, expect, it } from 'vitest'
import { createTranspiler } from '../kit/sources.js'
import { Diagnostic } from '../../src/errors/diagnostic.js'
import {
  deepNesting,
  evilCoreExport,
  evilCoreImport,
  evilCoreImportModule,
  inside,
  instanceBomb,
  TEXTS,
  TRAPS,
} from '../fixtures/components/hostile.mjs'
import { fixture } from '../kit/project.js'

const MIB = 1024 * 1024
const limits = { timeoutMs: 30_000, maxOutputBytes: 50 * MIB, maxMemoryBytes: 512 * MIB }
const transpiler = createTranspiler({ jco: {}, limits })
afterAll(() => transpiler.close())

const transpile = (bytes: Uint8Array) =>
  transpiler.transpile(bytes, { name: 'component', file: 'src/x.wasm' })

async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await transpile(bytes).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Diagnostic)
  // A file with the same bytes must not be answered from memory after a failure.
  expect((await transpile(fixture('hello'))).exports.map(([name]) => name)).toContain('greet')
  return (error as Diagnostic).code
}

/** Legal, and harmless between quotes: it names a property and nothing else. */
const HARMLESS = '__proto__'
const texts = (Object.entries(TEXTS) as [string, string][]).filter(([, text]) => text !== HARMLESS)

describe('THREAT 2: names that would become code', () => {
  it.each(texts)('are refused before jco sees them: %s', async (_, text) => {
    for (const make of [evilCoreExport, evilCoreImportModule, evilCoreImport]) {
      expect(await refusal(make(text))).toBe('UNSAFE_NAME')
      expect(await refusal(inside(make(text)))).toBe('UNSAFE_NAME')
    }
    expect('PWNED' in globalThis).toBe(false)
  })
})

describe('THREAT 24: a file that makes the transpiler trap', () => {
  it.each(Object.entries(TRAPS as Record<string, () => Uint8Array>))(
    'does not break the next one: %s',
    async (_, make) => {
      expect(await refusal(make())).toBe('TRANSPILE_FAILED')
    },
  )
})

describe('THREAT 25: files out of all proportion', () => {
  it('are stopped: a few hundred bytes that become hundreds of megabytes', async () => {
    const bomb = instanceBomb(21)
    expect(bomb.length).toBeLessThan(1000)
    expect(await refusal(bomb)).toMatch(/^TRANSPILE_(?:MEMORY|TOO_LARGE|TIMEOUT)$/)
  })

  it('are stopped: components nested 5,000 deep', async () => {
    expect(await refusal(deepNesting(5000))).toBe('NESTING_TOO_DEEP')
  })
})
