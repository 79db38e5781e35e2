/**
 * THREATS row 42: what a file costs before anything is known of it, and what its claims cost whoever reads about them.
 * CPU time, never the clock; growth is compared over sizes 1, 2, 4 and 8: see `test/fuzz/growth.mjs`.
 */

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkNames } from '../../src/bindings/safe-names.js'
import { Diagnostic } from '../../src/errors/diagnostic.js'
import { MAX_ITEMS, MAX_SECTIONS } from '../../src/format/budget.js'
import { inspect } from '../../src/format/inspect.js'
import { readNames } from '../../src/format/names.js'
import { coreModuleSlices, readSections } from '../../src/format/wasm.js'
import { generateKey, trustedKey } from '../../src/trust/keys/trusted-key.js'
import { sign } from '../../src/trust/sign.js'
import { split } from '../../src/trust/split.js'
import { verifySync } from '../../src/trust/verify.js'
import { cpuTime, growth } from '../fuzz/growth.mjs'
import { component, coreModule, FILES } from '../fuzz/inputs.mjs'
import { REPOSITORY } from '../kit/project.js'
import { leb, section } from '../kit/sections.js'

const MIB = 1024 * 1024

/** What a call says, or the code that it throws. */
function outcome(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    if (error instanceof Diagnostic) return error.code
    throw error
  }
}

/** Everything that is asked of a file without knowing who signed it. */
const READERS: Record<string, (file: Uint8Array) => unknown> = {
  verify: (file) => verifySync(file, []).status,
  inspect,
  readNames,
  checkNames,
  coreModuleSlices,
}

/** `count` empty sections, of any kind that no reader looks into. */
const empty = (count: number) => new Uint8Array(count * 2).map((_, index) => (index % 2 === 0 ? 8 : 0))
const inSection = (id: number, file: Uint8Array) => section(id, file)

describe('THREAT 42: sections and names without end', () => {
  it.each(['empty sections', 'custom sections without a name', 'delimiters'])(
    'a file of 64 MiB is refused at once: %s',
    (kind) => {
      const file = FILES[kind]!(64 * MIB)
      for (const [name, read] of Object.entries(READERS)) {
        const before = process.memoryUsage().rss
        expect(
          outcome(() => read(file)),
          name,
        ).toMatch(/^(?:malformed|WASM_MALFORMED)$/)
        expect(
          cpuTime(() => outcome(() => read(file)), 2),
          name,
        ).toBeLessThan(2000)
        expect(process.memoryUsage().rss - before, name).toBeLessThan(256 * MIB)
      }
    },
  )

  it.each(Object.entries(FILES))(
    'reading takes as long for each byte, however many there are: %s',
    (_, make) => {
      const run = (file: Uint8Array) => Object.values(READERS).map((read) => outcome(() => read(file)))
      expect(growth({ size: MIB / 8, make, run })).toMatchObject({ isLinear: true })
    },
  )

  it('as many sections as are read are taken, and not one more, wherever they stand', () => {
    const one = { core: inSection(1, coreModule(empty(10))), component: inSection(4, component(empty(10))) }
    const files: [taken: Uint8Array, tooMany: Uint8Array][] = [
      [component(empty(MAX_SECTIONS)), component(empty(MAX_SECTIONS + 1))],
      [component(one.core, empty(MAX_SECTIONS - 11)), component(one.core, empty(MAX_SECTIONS - 10))],
      [
        component(one.component, empty(MAX_SECTIONS - 11)),
        component(one.component, empty(MAX_SECTIONS - 10)),
      ],
    ]
    for (const [taken, tooMany] of files) {
      expect(outcome(() => readNames(taken))).toEqual({ imports: [], exports: [] })
      expect(() => readNames(tooMany)).toThrow(
        `WASM_MALFORMED: not a WebAssembly binary that can be read: it holds more than ${MAX_SECTIONS} sections`,
      )
      expect(inspect(tooMany.subarray(0, -2)).problems).toEqual([])
    }
    expect(verifySync(files[0]![0], []).status).toBe('unsigned')
    expect(verifySync(files[0]![1], []).status).toBe('malformed')
    const [nestedTaken, nestedTooMany] = files[2]!
    expect(coreModuleSlices(nestedTaken)).toEqual([])
    expect(() => coreModuleSlices(nestedTooMany)).toThrow('WASM_MALFORMED')
  })

  it('as many names as are read are taken, and not one more', () => {
    const exporting = (count: number) =>
      component(
        section(11, [leb(count), new Uint8Array(count * 5).map((_, index) => (index % 5 === 2 ? 1 : 0))]),
      )
    expect(readNames(exporting(MAX_ITEMS)).exports.length).toBe(MAX_ITEMS)
    expect(() => readNames(exporting(MAX_ITEMS + 1))).toThrow(`it holds more than ${MAX_ITEMS} items`)
  })

  it('files that are full of sections can be signed, cut into parts and verified', () => {
    const key = generateKey()
    const keys = [trustedKey(key.publicKey, 'mine')]
    const file = component(empty(MAX_SECTIONS - 10))
    for (const one of [file, split(file)])
      expect(verifySync(sign(one, key).bytes, keys).status).toBe('verified')
  })

  it('a name of 60 MiB is checked and never shown whole', () => {
    const file = FILES['one long name of control characters']!(60 * MIB)
    expect(readSections(file).sections[0]!.name).toHaveLength(60 * MIB)
    expect(inspect(file).sections[0]!.name!.length).toBeLessThan(200)
    expect(verifySync(file.with(file.length - 1, 0xff), []).status).toBe('malformed')
  })
})

it('THREAT 42: a short `npm run fuzz` finds nothing whose cost grows faster than its input', () => {
  const script = path.join(REPOSITORY, 'test/fuzz/scaling.mjs')
  const args = ['--max-bytes', String(MIB / 4), '--random', '1', '--seed', '20261126']
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  expect([status, stderr], stdout).toEqual([0, ''])
  expect(stdout).toMatch(/^\d{3,} measurements, 0 findings, seed \d+$/m)
})
