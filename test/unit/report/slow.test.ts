import { expect, it } from 'vitest'
import { describeSlow } from '../../../src/report/slow.js'

it('work that takes long is named, with its size', () => {
  expect(describeSlow({ file: 'src/shop.wasm', bytes: 11_950_000 })).toBe(
    '[signed-wasm] making bindings for src/shop.wasm, 12 MB',
  )
  expect(describeSlow({ file: 'a\x1b[2J.wasm', bytes: 1501 })).toBe(
    '[signed-wasm] making bindings for a\\u{1b}[2J.wasm, 2 kB',
  )
})

it('where the policy wants it so, there is no advice', () => {
  expect(describeSlow({ file: 'a.wasm', bytes: 1, unkept: 'policy' })).toContain(
    'the policy says that nothing is kept',
  )
})

it.each([
  ['off', 'cache: true'],
  ['folder', "cache: '<folder>'"],
  ['permission', 'cannot be written to'],
  ['key', 'no key can be kept'],
] as const)('where it is not kept, because of its %s, there is advice: %s', (unkept, words) => {
  const [first, second] = describeSlow({ file: 'a.wasm', bytes: 1, unkept }).split('\n')
  expect(first).toBe('[signed-wasm] making bindings for a.wasm, 1 kB')
  expect(second).toMatch(/^ {2}later builds would have them at once/)
  expect(second).toContain(words)
})
