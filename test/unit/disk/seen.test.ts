/** The table of what is seen in an output, in the README, row by row. */

import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { MAX_INFLATED_BYTES, MAX_INFLATIONS } from '../../../src/disk/encodings/inflate.js'
import { findWasm } from '../../../src/disk/find-wasm.js'
import { appended, escaped, LATIN1, numbers, percent } from '../../kit/encodings.js'
import { README } from '../../kit/readme.js'
import { constantComponent } from '../../kit/wat.js'

const { brotliCompressSync, deflateRawSync, gzipSync } = zlib
/** Newer than Node 20 and its types. */
const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Uint8Array }

type Content = string | Uint8Array

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const each = <T>(forms: Readonly<Record<string, T>>, write: (form: T) => Content) =>
  Object.values(forms).map(write)
const words = (bytes: Uint8Array) =>
  new Uint32Array(Uint8Array.from([...bytes, 0, 0, 0].slice(0, bytes.length & ~3)).buffer)

const pack = (bytes: Uint8Array) => Buffer.concat([Buffer.from('pack'), bytes, Buffer.from('{"more":1}')])
/** One entry, as far as it matters: a header, and content filled up to whole blocks. */
const tar = (bytes: Uint8Array) =>
  Buffer.concat([
    Buffer.alloc(512, 'x.wasm'),
    bytes,
    new Uint8Array(512 - (bytes.length % 512)),
    new Uint8Array(1024),
  ])

/** What stands for each row; every content has one component. */
const ROWS: Record<string, (component: Uint8Array) => Content[]> = {
  'a whole file, whatever its name': (bytes) => [bytes],
  'base64 or base64url, at any place of a run, several in one': (bytes) =>
    [0, 1, 2].map((more) => `x("${base64(Buffer.concat([Buffer.alloc(more, 0xff), bytes]))}")`),
  'a data URL with percent signs, for all bytes or for some': (bytes) =>
    each(percent, (form) => `x("data:application/wasm,${form(bytes)}")`),
  'text or a binary string in a literal, in every form of escapes; in a script within a literal': (bytes) => [
    ...each(escaped, (form) => `x("${form(bytes, '"')}")`),
    ...each(escaped, (form) => `eval(${JSON.stringify(`x("${form(bytes, '"')}")`)})`),
  ],
  'text of which a loader has destroyed some bytes': (bytes) => [
    `x(${JSON.stringify(Buffer.from(appended(bytes, LATIN1)).toString())})`,
  ],
  'a list of numbers, decimal or hexadecimal, with or without comments': (bytes) =>
    each(numbers, (form) => `x([${form(bytes)}])`),
  hexadecimal: (bytes) => [`x("${Buffer.from(bytes).toString('hex')}")`],
  'gzip in base64': (bytes) => [`x("${base64(gzipSync(bytes))}")`],
  'within a larger file, such as a pack or a tar': (bytes) => [pack(bytes), tar(bytes)],
  'a file compressed by gzip, or by Brotli and called `.br`, and a tar in it': (bytes) =>
    [bytes, tar(bytes), pack(bytes)].flatMap((one) => [gzipSync(one), brotliCompressSync(one)]),
  'a file compressed by zstd': (bytes) => (zstdCompressSync === undefined ? [] : [zstdCompressSync(bytes)]),
  'a zip, or what is compressed in a larger file': (bytes) => [
    Buffer.concat([Buffer.from('pack'), gzipSync(bytes)]),
    Buffer.concat([Buffer.from('PK\u0003\u0004'), deflateRawSync(bytes)]),
  ],
  'base64 with breaks, or put together at run time from several strings': (bytes) =>
    ['\n', '" + "', '\\n'].map((between) => `x("${base64(bytes).replace(/.{8}/g, `$&${between}`)}")`),
  'encoded twice, such as base64 in a script that is a data URL': (bytes) => [
    `x("data:text/javascript;base64,${base64(Buffer.from(`y("${base64(bytes)}")`))}")`,
  ],
  '16 or 32 bits in one number': (bytes) => [`x([${words(bytes).join()}])`],
  'encrypted, or in an encoding of its own': (bytes) => [`x([${bytes.map((byte) => byte ^ 0xff).join()}])`],
  'fetched at run time': () => ['fetch("https://example.org/x.wasm")'],
}

const rows = README.split('\n## What is seen in an output\n')[1]!
  .split('\n## ')[0]!
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) => line.slice(2, -2).split(' | ') as [string, string])

describe('what is seen in an output', () => {
  it('has a test for each row', () => {
    expect(rows.map(([row]) => row)).toEqual(Object.keys(ROWS))
  })

  it.each(rows)('%s: %s', async (row, seen) => {
    for (const content of ROWS[row]!(await constantComponent(1)))
      expect([...findWasm([{ name: 'x.br', content }])].length).toBe(seen === 'no' ? 0 : 1)
  })

  it('names the limits', () => {
    const limits = `up to ${MAX_INFLATED_BYTES / 2 ** 20} MiB and ${MAX_INFLATIONS} pieces in one file`
    expect(rows.find(([row]) => row === 'gzip in base64')![1]).toContain(limits)
  })
})
