/** What the search of an output finds, by itself. That builds are refused for it: `test/threats/encodings`. */

import { beforeAll, describe, expect, it } from 'vitest'
import { type Encoding, findWasm } from '../../../src/plugin/find-wasm.js'
import { appended, escaped, LATIN1, percent, TEXT } from '../../kit/encodings.js'
import { constantComponent, coreModule } from '../../kit/wat.js'

const find = (content: string | Uint8Array) =>
  [...findWasm([{ name: 'a.js', content }])].map(({ bytes, encoding }) => ({ bytes, encoding }))
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
