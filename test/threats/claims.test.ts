/** THREATS row 42: what a file claims of itself is told in part, by everyone who tells it. */

import { describe, expect, it } from 'vitest'
import { problem } from '../../src/errors/raise.js'
import { inspect } from '../../src/format/inspect.js'
import { judge } from '../../src/policy/judge.js'
import { createPolicy } from '../../src/policy/policy.js'
import { formatReport, REPORT_FORMATS } from '../../src/report/formats.js'
import { resultOf } from '../../src/report/result.js'
import { explain } from '../../src/trust/explain.js'
import { trustedKey } from '../../src/trust/keys/trusted-key.js'
import { verifySync } from '../../src/trust/verify.js'
import { component as largeComponent } from '../fuzz/inputs.mjs'
import { ALICE, bytes, component, hash, leb, section } from '../kit/sections.js'
import { openTerminal } from '../kit/terminal.js'

const keys = [trustedKey(ALICE.publicKey, 'alice')]

const join = (...parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts))
const prefixed = (content: Uint8Array) => join(leb(content.length), content)

/** An unsigned component with so many sets of so many records, each of them with an id and an algorithm of its own. */
function claiming({ sets = 1, records = 1, idBytes = 12, algorithm = (_: number) => 1 }): Uint8Array {
  let next = 0
  const makeRecord = () => {
    const keyId = new Uint8Array(idBytes).fill(next % 251)
    keyId.set([next >> 8, next & 0xff].slice(0, idBytes))
    return prefixed(join(prefixed(keyId), bytes(algorithm(next++), 64, new Uint8Array(64).fill(3))))
  }
  const set = () =>
    prefixed(join(bytes(1, hash('x')), leb(records), ...Array.from({ length: records }, makeRecord)))
  const data = join(bytes(1, 1, 1), leb(sets), ...Array.from({ length: sets }, set))
  const payload = join(bytes(9, 'signature'), data)
  return largeComponent(join(bytes(0), prefixed(payload)))
}

const LOUD: [string, Uint8Array][] = [
  ['16,384 key ids', claiming({ sets: 64, records: 256 })],
  ['key ids of a megabyte', claiming({ sets: 4, records: 12, idBytes: 2 ** 20 })],
  ['one key id of 15 megabytes', claiming({ idBytes: 15 * 2 ** 20 })],
  ['every unknown algorithm', claiming({ records: 254, algorithm: (index) => index + 2 })],
]

describe('THREAT 42: claims as messages', () => {
  it.each(LOUD)('are short in errors and in every report: %s', (_, file) => {
    const judgement = judge({ name: 'a.wasm', bytes: file }, createPolicy({ signers: keys }))
    const result = resultOf('a.wasm', judgement)
    expect(result.problem!.message.length).toBeLessThan(1000)
    for (const format of REPORT_FORMATS)
      expect(formatReport([result], format, { version: () => '1' }).length, format).toBeLessThan(4000)
  })

  it('name the first few key ids, and say how many more there are', () => {
    const verdict = verifySync(claiming({ records: 20 }), keys)
    const { what } = explain(verdict, 'a.wasm', keys)!
    expect(what).toMatch(
      /^signed by key id 0000[0-9a-f]{20}, .*0004[0-9a-f]{20}, and 15 more; you trust alice/,
    )
    const long = explain(verifySync(claiming({ idBytes: 100 }), keys), 'a.wasm', keys)!.what
    expect(long).toMatch(/^signed by key id [0-9a-f]{64}\.\.\.; you trust/)
  })

  it.each(LOUD)('are bounded in a verdict: %s', (_, file) => {
    const verdict = verifySync(file, keys)
    expect(JSON.stringify(verdict).length).toBeLessThan(20 * 2 ** 20)
    if (verdict.status !== 'untrusted') return
    for (const keyId of verdict.keyIds) expect(keyId.length).toBeLessThanOrEqual(2 * 255)
  })

  it.each(LOUD)('are shown in part by inspect, as text and as JSON: %s', async (_, file) => {
    const terminal = openTerminal()
    terminal.write('a.wasm', file)
    const { out } = await terminal.run('inspect', 'a.wasm')
    const { out: json } = await terminal.run('inspect', '--json', 'a.wasm')
    expect(out.length).toBeLessThan(200_000)
    expect(json.length).toBeLessThan(300_000)
  })

  it('say in inspect how much is left out', async () => {
    const terminal = openTerminal()
    terminal.write('a.wasm', claiming({ sets: 20, records: 60, idBytes: 70 }))
    const { out } = await terminal.run('inspect', 'a.wasm')
    expect(out).toContain('  and 10 more records\n')
    expect(out).toContain('  and 4 more sets\n')
    expect(out).toMatch(/key id [0-9a-f]{128}\.\.\. \(70 bytes\)/)
    const { signatures, more } = inspect(terminal.read('a.wasm'))
    expect([signatures!.length, signatures![0]!.records.length, signatures![0]!.more, more]).toEqual([
      16,
      50,
      10,
      { signatures: 4 },
    ])
  })

  it('say in inspect how many sections and names are left out', async () => {
    const name = (index: number) => {
      const text = `n${index}-${'x'.repeat(600)}`
      return bytes(0, leb(text.length), text)
    }
    const list = (id: number, count: number, rest: Uint8Array) =>
      section(id, [leb(count), ...Array.from({ length: count }, (_, index) => bytes(name(index), rest))])
    const empty = join(...Array.from({ length: 1100 }, () => bytes(8, 0)))
    const file = component(list(10, 1003, bytes(1, 0)), list(11, 1002, bytes(1, 0, 0)), empty)
    const { sections, imports, exports, more } = inspect(file)
    expect([sections.length, imports!.length, exports!.length]).toEqual([1000, 1000, 1000])
    expect(more).toEqual({ sections: 102, imports: 3, exports: 2 })
    expect(imports![0]).toMatch(/^n0-x+\.\.\.$/)
    expect(imports![0]!.length).toBeLessThan(600)
    const terminal = openTerminal()
    terminal.write('a.wasm', file)
    const { out } = await terminal.run('inspect', 'a.wasm')
    for (const count of [102, 3, 2]) expect(out).toContain(`  and ${count} more\n`.trimEnd())
    expect(out.split('\n').every((line) => line.length < 200)).toBe(true)
  })

  it('are short where names of a component are listed', () => {
    const names = Array.from({ length: 5000 }, (_, index) => `a:b/c${index}@1.0.0`)
    const { what } = problem('IMPORTS_MISSING', { names })
    expect(what.length).toBeLessThan(600)
    expect(what).toContain('and 4980 more, which nobody provides')
    expect(problem('TYPES_STALE', { files: names }).what).toContain('and 4980 more')
  })
})
