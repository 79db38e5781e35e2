import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import { describe, expect, it } from 'vitest'
import { isInert } from '../../../src/format/inert.js'
import { PREAMBLES } from '../../../src/format/wasm.js'
import { CONNECTED, PROBES } from '../../kit/probes.js'
import { constantComponent } from '../../kit/wat.js'

const assemble = async (text: string) => new Uint8Array(await parse(text))
const EMPTY = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

describe('a module of which nothing can run', () => {
  it.each(Object.keys(PROBES))('is the probe for %s', (name) => {
    expect(isInert(Uint8Array.from(PROBES[name]!))).toBe(true)
  })

  it('may have memories, tables, data, names and lists of nothing', async () => {
    for (const preamble of Object.values(PREAMBLES)) expect(isInert(preamble)).toBe(true)
    const text =
      '(module $m (memory 1) (data (i32.const 0) "text") (table 1 funcref) (elem (i32.const 0) $f) (func $f))'
    expect(isInert(await assemble(text))).toBe(true)
    expect(isInert(Uint8Array.of(...EMPTY, 2, 1, 0, 7, 1, 0))).toBe(true)
  })
})

describe('a module of which something can run', () => {
  it.each(Object.keys(CONNECTED))('is the probe for %s', (name) => {
    expect(isInert(Uint8Array.from(CONNECTED[name]!))).toBe(false)
  })

  it.each([
    '(module (import "a" "b" (func)))',
    '(module (func (export "a")))',
    '(module (memory (export "a") 1))',
    '(module (func $f) (start $f))',
  ])('is %s', async (text) => {
    expect(isInert(await assemble(text))).toBe(false)
  })

  it('is whatever cannot be told', async () => {
    for (const more of [
      [14, 0],
      [7, 0],
      [7, 2, 0, 0],
      [7, 1],
      [8, 1, 0],
    ])
      expect(isInert(Uint8Array.of(...EMPTY, ...more)), String(more)).toBe(false)
    expect(isInert(Uint8Array.of(...EMPTY.slice(0, 7)))).toBe(false)
    expect(isInert(await constantComponent(1))).toBe(false)
  })

  it('may hide in one of which nothing can', async () => {
    const hidden = [1, 0x78, ...(await constantComponent(1))]
    expect(
      isInert(Uint8Array.of(...EMPTY, 0, 0x80 | (hidden.length & 0x7f), hidden.length >> 7, ...hidden)),
    ).toBe(false)
    expect(isInert(Uint8Array.of(...EMPTY, 0, 0x80, 0x20, 1, 0x78, ...new Uint8Array(4094)))).toBe(false)
  })
})
