/** THREAT 42: what the search of an output costs, whatever is in it. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { findWasm } from '../../src/disk/find-wasm.js'

const MEGABYTE = 1_000_000
const filled = (text: string, length: number) => text.repeat(Math.ceil(length / text.length))

/** Milliseconds of CPU time, which other processes do not change much. */
function cost(content: string | Uint8Array): number {
  const before = process.cpuUsage()
  for (const name of typeof content === 'string' ? ['a.js'] : ['a.js', 'a.data'])
    Array.from(findWasm([{ name, content }]))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Tries again, since collecting garbage falls into one measurement or the other. */
function attempts(holds: () => boolean): boolean {
  return Array.from({ length: 5 }).some(() => holds())
}

const GZIP = `H4sI${'A'.repeat(40)}`
const HOSTILE = [
  ...[
    'AGFzbQ',
    'AGFzbQ ',
    'AGFzbQEAAAA',
    '"AGFzbQEAAAA"',
    'Bhc20',
    'xQBhc20BAAAA',
    'AAAAYXNt',
    'xxxAYXNtAQAAAA',
  ],
  ...[
    'asm',
    '\\0asm',
    '"\\0asm"',
    '"\\0asm\\x01\\0\\0\\0",',
    '\\u0000asm\\u0001\\0\\0\\0',
    '\\\\0asm',
    "'\\\\0asm",
    '\\',
  ],
  ...[
    '%00asm',
    '"%00asm%01%00%00%00"',
    '"%00%61%73%6d%01%00%00%00',
    '\\x00\\x61\\x73\\x6d',
    '\0asm',
    '"\0asm\x01\0\0\0',
  ],
  ...[
    '[0,97,115,',
    '0,97,115,109,',
    '[0,97,115,109,1,0,0,0],',
    '0,97,115,109,1,0,0,0,',
    '97 ',
    '0,97,115,109,/*',
    '97,//',
  ],
  ...['0061736d', '0061736d01000000', '"0061736d01000000"', 'H4sI', 'H4sI ', `${GZIP} `, GZIP],
]

describe('THREAT 42: the search of an output', () => {
  it.each(HOSTILE)('takes linear time on megabytes of %j', (text) => {
    for (const form of [(content: string) => content, (content: string) => Buffer.from(content)]) {
      cost(form(filled(text, MEGABYTE / 8)))
      // Eight times the size in eight times the time, and up to three times that for collecting garbage; quadratic time
      // would be sixty-four.
      const isLinear = () => {
        const [small, large] = [MEGABYTE / 4, 2 * MEGABYTE].map((length) => cost(form(filled(text, length))))
        return large! < 32 * Math.max(small!, 5)
      }
      expect(attempts(isLinear)).toBe(true)
    }
  })

  it('takes a fraction of a second for 20 MB of scripts', () => {
    const script = readFileSync(createRequire(import.meta.url).resolve('webpack/lib/Compilation.js'), 'utf8')
    const content = filled(script, 20 * MEGABYTE)
    for (const form of [content, Buffer.from(content)]) expect(attempts(() => cost(form) < 1000)).toBe(true)
  })
})
