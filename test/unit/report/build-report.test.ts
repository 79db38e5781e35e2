import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type BuildReport,
  buildReportSchema,
  compareOutputs,
  formatBuildReport,
  parseBuildReport,
} from '../../../src/report/build-report.js'

const digest = (letter: string) => `sha256-${letter.repeat(43)}=`
const held = (letter: string, from: string[] = []) => ({ digest: digest(letter), from })

const REPORT: BuildReport = {
  version: '1.0.0',
  jco: '0.15.0',
  policies: [{ id: digest('p'), mode: 'strict', file: 'signed-wasm.json' }],
  files: [
    {
      names: ['src/b.wasm'],
      contents: [digest('b')],
      signers: [{ name: 'ci', id: 'ab' }],
      rules: ['**'],
      imports: [],
    },
    {
      names: ['src/a.wasm'],
      contents: [digest('a')],
      signers: [],
      rules: ['**'],
      imports: ['log'],
      unsigned: ['why'],
    },
  ],
  outputs: [
    { name: 'b.js', wasm: [{ ...held('c', ['src/b.wasm']), encoding: 'base64' }, held('b')] },
    { name: 'a.wasm', wasm: [held('a')] },
  ],
  unverified: ['npm:b/x.js', 'npm:a/x.js'],
  unsearched: [],
  warnings: [{ code: 'COMPONENT_UNSIGNED', file: 'src/a.wasm' }, { code: 'PACKAGE_UNVERIFIED' }],
}

const reversed = ({ files, outputs, unverified, warnings, ...others }: BuildReport): BuildReport => ({
  ...others,
  files: files.toReversed(),
  outputs: outputs.toReversed().map(({ name, wasm }) => ({ name, wasm: wasm.toReversed() })),
  unverified: [...unverified.toReversed(), ...unverified],
  warnings: warnings.toReversed(),
})

describe('a report', () => {
  it('is one text, in whatever order and how often things were found', () => {
    expect(formatBuildReport(reversed(REPORT))).toBe(formatBuildReport(REPORT))
  })

  it('is read as it was written', () => {
    const { held: outputs, unsearched } = parseBuildReport(formatBuildReport(REPORT), 'report.json')
    expect([...outputs]).toEqual([
      ['a.wasm', [digest('a')]],
      ['b.js', [digest('b'), digest('c')]],
    ])
    expect(unsearched.size).toBe(0)
  })

  it('has a schema, which the declaration gives and which agrees with what is read', () => {
    const schema = JSON.parse(
      readFileSync(new URL('../../../src/schema/build-report.json', import.meta.url), 'utf8'),
    ) as object
    expect(schema).toEqual(JSON.parse(JSON.stringify(buildReportSchema())))
    const validate = new Ajv().compile(schema)
    const good = JSON.parse(formatBuildReport(REPORT)) as Record<string, unknown>
    expect(validate(good)).toBe(true)
    const odd = fc.constantFrom<unknown>(
      0,
      1,
      '',
      'x',
      digest('a'),
      null,
      [],
      {},
      [digest('a')],
      ['x'],
      [''],
      true,
    )
    let refused = 0
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom(...Object.keys(good), 'names', 'digest', 'from', 'id', 'x'),
        odd,
        (which, name, put) => {
          const value = structuredClone(good)
          const objects = objectsIn(value)
          objects[which % objects.length]![name] = put
          let isRead = true
          try {
            parseBuildReport(JSON.stringify(value), 'report.json')
          } catch {
            isRead = false
            refused++
          }
          // What only the reader knows: another version of the format, and a name that is there twice.
          if (value['version'] === 1) expect(isRead, JSON.stringify(value)).toBe(validate(value))
        },
      ),
      { numRuns: 2000, seed: 16 },
    )
    expect(refused).toBeGreaterThan(500)
  })
})

function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.values(value).flatMap(objectsIn)
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner]
}

describe('an output beside its report', () => {
  const of = (files: Record<string, string>, unsearched: string[] = []) => ({
    held: new Map(Object.entries(files).map(([name, letters]) => [name, [...letters].map(digest)])),
    unsearched: new Set(unsearched),
  })

  it.each([
    ['is the same', of({ a: 'x' }), of({ a: 'x' }), [{ name: 'a' }]],
    ['has one more', of({}), of({ a: 'x' }), [{ name: 'a', code: 'OUTPUT_ADDED' }]],
    ['has one less', of({ a: 'x' }), of({}), [{ name: 'a', code: 'OUTPUT_MISSING' }]],
    ['has another', of({ a: 'x' }), of({ a: 'y' }), [{ name: 'a', code: 'OUTPUT_CHANGED' }]],
    ['has one of two', of({ a: 'xy' }), of({ a: 'x' }), [{ name: 'a', code: 'OUTPUT_CHANGED' }]],
    ['has what it had once twice', of({ a: 'x' }), of({ a: 'xx' }), [{ name: 'a', code: 'OUTPUT_CHANGED' }]],
    ['has what cannot be searched', of({}), of({}, ['a']), [{ name: 'a', code: 'OUTPUT_ADDED' }]],
    [
      'has one that cannot be searched any more',
      of({ a: 'x' }),
      of({ a: 'x' }, ['a']),
      [{ name: 'a', code: 'OUTPUT_CHANGED' }],
    ],
    ['has what could not be searched then', of({ a: 'x' }, ['a']), of({ a: 'x' }, ['a']), [{ name: 'a' }]],
  ])('%s', (_, reported, found, differences) => {
    expect(compareOutputs(reported, found)).toEqual(differences)
  })
})
