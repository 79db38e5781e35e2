/** What the search of an output finds, by itself. That builds are refused for it: `test/threats/encodings`. */

import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { MAX_INFLATED_BYTES, MAX_INFLATIONS } from '../../../src/disk/encodings/inflate.js'
import { type Encoding, findWasm } from '../../../src/disk/find-wasm.js'
import { appended, escaped, LATIN1, numbers, percent, TEXT } from '../../kit/encodings.js'
import { inState } from '../../kit/project.js'
import { constantComponent, coreModule } from '../../kit/wat.js'

const find = (content: string | Uint8Array, name = 'a.js') =>
  [...findWasm([{ name, content }])].map(({ bytes, encoding }) => ({ bytes, encoding }))
const base64 = (...parts: Uint8Array[]) => Buffer.concat(parts).toString('base64')
const once = (encoding: Encoding, bytes: Uint8Array) => [{ encoding, bytes }]

let component: Uint8Array
let core: Uint8Array
beforeAll(async () => {
  component = await constantComponent(1)
  core = await coreModule()
})

/** As a string, and as the bytes that webpack hands over. */
const bothWays = (content: string) => [content, Buffer.from(content)] as const

describe('base64', () => {
  it('is found behind one or two other bytes, in either alphabet', () => {
    for (const before of ['', 'x', '\xff\xff', 'xyz'])
      for (const alphabet of ['base64', 'base64url'] as const) {
        const text = Buffer.concat([Buffer.from(before, 'latin1'), component]).toString(alphabet)
        for (const content of bothWays(`x("${text}")`))
          expect(find(content)).toEqual(once('base64', component))
      }
  })

  it('hides no second binary behind the first, nor behind what only begins like one', () => {
    for (const gap of [0, 1, 2]) {
      const text = base64(core, new Uint8Array(gap), component)
      expect(find(`"${text}"`).map(({ bytes }) => bytes.length)).toEqual([
        core.length + gap,
        component.length,
      ])
      expect(find(`"AGFzbQ${text}"`).at(-1)!.bytes).toEqual(component)
      expect(find(`"${base64(new Uint8Array(gap))}AGFzbQ${text}"`).at(-1)!.bytes).toEqual(component)
    }
  })

  it('is judged with all that has been appended to it', () => {
    const longer = Buffer.concat([component, Buffer.from([0xff, 1, 2])])
    expect(find(`"${longer.toString('base64')}"`)).toEqual(once('base64', new Uint8Array(longer)))
  })
})

describe('numbers', () => {
  it('are found in decimal and hexadecimal, with or without signs, in any layout', () => {
    for (const form of Object.values(numbers))
      for (const content of bothWays(`const a = new Uint8Array([${form(component)}]), b = [1, 2]`))
        expect(find(content)).toEqual(once('numbers', component))
  })

  it('are nothing in the middle of others, nor without a version', () => {
    expect(find(`[1197,115,109,1,0,0,0],[97,115,109,1,0,0,0],[0,97,115,109],[0,97,115,109,2,0,0,0]`)).toEqual(
      [],
    )
    expect(find(`x(10,97,115,109,1,0,0,0)`)).toEqual([])
  })
})

describe('hexadecimal', () => {
  it('is found in either case, at either half of a byte, and behind another binary', () => {
    for (const before of ['', 'f', 'ff', `${Buffer.from(core).toString('hex')}00`])
      for (const change of ['toLowerCase', 'toUpperCase'] as const) {
        const text = `x("${before}${Buffer.from(component).toString('hex')}")`[change]()
        expect(find(text).at(-1)).toEqual({ encoding: 'hexadecimal', bytes: component })
      }
  })
})

describe('gzip in base64', () => {
  const zipped = (bytes: Uint8Array) => gzipSync(bytes).toString('base64')

  it.each([
    ['its checksum', (bytes: Buffer) => void (bytes[bytes.length - 6]! ^= 1)],
    ['its length', (bytes: Buffer) => void (bytes[bytes.length - 1]! ^= 1)],
    ['what is compressed', (bytes: Buffer) => void (bytes[bytes.length >> 1]! ^= 0x55)],
  ])('is found when %s was altered, which not every script looks at', (_, alter) => {
    // A custom section of 2 + 8190 bytes, of which some is left when it is compressed.
    const long = Uint8Array.from([
      ...component,
      0,
      0x80,
      0x40,
      1,
      0x78,
      ...Buffer.from(randomBytes(4095).toString('hex')),
    ])
    const bytes = gzipSync(long)
    alter(bytes)
    for (const found of [find(`x("${bytes.toString('base64')}")`), find(bytes, 'a.bin')]) {
      expect(found).toHaveLength(1)
      expect(Buffer.from(found[0]!.bytes.subarray(0, component.length))).toEqual(Buffer.from(component))
    }
  })

  it.each([
    ['an extra field', 0x04, [3, 0, 1, 2, 3]],
    ['a name', 0x08, [0x61, 0]],
    ['a comment', 0x10, [0x61, 0]],
    ['a checksum of the header that is another', 0x02, [1, 2]],
    ['all of them', 0x1e, [3, 0, 1, 2, 3, 0x61, 0, 0x61, 0, 1, 2]],
  ])('is found behind a header with %s', (_, flag, fields) => {
    const bytes = gzipSync(component)
    bytes[3] = flag
    const content = Buffer.concat([bytes.subarray(0, 10), Buffer.from(fields), bytes.subarray(10)])
    expect(find(`x("${content.toString('base64')}")`)).toHaveLength(1)
  })

  it('is found where it begins with a binary, and only there', () => {
    for (const content of bothWays(`x("data:application/gzip;base64,${zipped(component)}")`))
      expect(find(content)).toEqual(once('gzip in base64', component))
    expect(find(`x("${zipped(Buffer.from(`text ${'x'.repeat(99)}`))}", "H4sI")`)).toEqual([])
    expect(find(`x("${zipped(component).slice(0, -8)}")`)).toHaveLength(1)
  })

  it('is inflated up to a limit, and said to be beyond it', () => {
    const heard: string[] = []
    const search = (content: string) =>
      [...findWasm([{ name: 'a.js', content }], ({ name }) => heard.push(name))].length
    const large = zipped(appended(component, new Uint8Array(0)))
    const bomb = zipped(Buffer.concat([component, new Uint8Array(MAX_INFLATED_BYTES)]))
    expect(search(`x("${large}")`)).toBe(1)
    expect(heard).toEqual([])
    expect(search(`x("${bomb}")`)).toBe(0)
    expect(heard).toEqual(['a.js'])
    const piece = zipped(Buffer.from('no WebAssembly'.repeat(2)))
    expect(search(`"${piece}"`.repeat(MAX_INFLATIONS + 1))).toBe(0)
    expect(heard).toEqual(['a.js', 'a.js'])
  })
})

describe('text in a literal', () => {
  it.each(['"', "'", '`'])('is found between %s in every form of escapes', (quote) => {
    for (const form of Object.values(escaped))
      for (const content of bothWays(`const a = ${quote}${form(component, quote)}${quote}, b = "c"`))
        expect(find(content)).toEqual(once('literal', component))
  })

  it('is read as UTF-8, or as a character for each byte, whichever makes a binary of it', () => {
    for (const letters of [TEXT, LATIN1]) {
      const bytes = appended(component, letters)
      const readings = [Buffer.from(bytes).toString('latin1')]
      if (letters === TEXT) readings.push(Buffer.from(bytes).toString('utf8'))
      for (const characters of readings)
        for (const content of bothWays(`x(${JSON.stringify(characters)})`))
          expect(find(content)).toEqual(once('literal', bytes))
    }
  })

  it('is found where the magic has survived and other bytes have not', () => {
    const bytes = appended(component, LATIN1)
    const [found, ...others] = find(JSON.stringify(Buffer.from(bytes).toString('utf8')))
    expect(others).toEqual([])
    expect(Buffer.from(found!.bytes).toString('utf8')).toBe(Buffer.from(bytes).toString('utf8'))
    expect(found!.bytes).not.toEqual(bytes)
  })

  it('is found in a script that stands in a literal itself', () => {
    for (const form of Object.values(escaped)) {
      const script = `module.exports = "${form(component, '"')}"; x('y')`
      expect(find(`eval(${JSON.stringify(script)})`)).toEqual(once('literal', component))
    }
  })

  it('is found in a data URL, whatever of it is percent-encoded', () => {
    const bytes = appended(component, TEXT)
    for (const form of Object.values(percent))
      for (const content of bothWays(`x("data:application/wasm,${form(bytes)}")`))
        expect(find(content)).toEqual(once('literal', bytes))
  })

  it('is nothing without a version that is known', () => {
    expect(
      find(String.raw`if (text.startsWith("\0asm")) throw Error('no wasm'); x("\0asm\x02\0\0\0")`),
    ).toEqual([])
  })
})

describe('files in a pack', () => {
  it('end where their sections end, whatever follows', async () => {
    const signed = inState(component, 'signed')
    for (const after of ['{"a":1}', '\x89PNG', '\0\0\0\0', 'text'])
      for (const compress of [(bytes: Buffer) => bytes, (bytes: Buffer) => gzipSync(bytes)]) {
        const content = Buffer.concat([Buffer.from('head'), signed, Buffer.from(after, 'latin1'), core])
        expect(find(compress(content), 'x.data').map(({ bytes }) => bytes)).toEqual([signed, core])
      }
  })
})
