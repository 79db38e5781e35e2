import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JsonNode, placeOf, readJson } from '../../../src/format/json.js'

const fault = (at: number, reason: string) => Object.assign(new Error(reason), { at })

/** What JSON.parse makes of the same text. */
function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(({ name, value }) => [name, plain(value)]))
    case 'list':
      return node.items.map(plain)
    case 'null':
      return null
    default:
      return node.value
  }
}

function attempt<T>(read: () => T): { value: T } | { error: Error & { at?: number } } {
  try {
    return { value: read() }
  } catch (error) {
    return { error: error as Error }
  }
}

describe('the JSON reader', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t'), (source, indent) => {
        const value = JSON.parse(source) as unknown
        expect(plain(readJson(JSON.stringify(value, null, indent), fault))).toEqual(value)
      }),
      { numRuns: 2000, seed: 16 },
    )
  })

  it('refuses what JSON.parse refuses, and takes what it takes, in texts with one change', () => {
    const changed = fc
      .tuple(
        fc.json({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom('', '"', ',', '}', '[', '0', '\\', '\n', 'e', '-'),
      )
      .map(([text, at, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + 1))
    fc.assert(
      fc.property(changed, (source) => {
        const theirs = attempt(() => JSON.parse(source) as unknown)
        const ours = attempt(() => readJson(source, fault))
        if ('error' in theirs) expect('error' in ours, source).toBe(true)
        else if ('error' in ours) expect(ours.error.message, source).toMatch(/stands here a second time/)
        else expect(plain(ours.value)).toEqual(theirs.value)
      }),
      { numRuns: 5000, seed: 16 },
    )
  })

  it.each([
    ['{"a": 1, "b": {"c": 1, "c": 2}}', 'the name "c" stands here a second time', 1, 24],
    ['{"a": 1, "\\u0061": 2}', 'the name "a" stands here a second time', 1, 10],
    ['{\n  "a": 1,\n}', 'a name in double quotes is expected here, and not "}"', 3, 1],
    ['{"a": 1\r\n"b": 2}', '"," or "}" is expected here, and not "\\""', 2, 1],
    ['{"a": tru}', 'a value is expected here, and not "t"', 1, 7],
    ['[1, 2', '"," or "]" is expected here, and not the end of the file', 1, 6],
    ['{} // done', 'the end is expected here, and not "/"', 1, 4],
    ['\ufeff{}', 'a value is expected here, and not "\ufeff"', 1, 1],
    ['', 'a value is expected here, and not the end of the file', 1, 1],
    ['[01]', '"," or "]" is expected here, and not "1"', 1, 3],
    ['["a\tb"]', 'a value is expected here', 1, 2],
  ])('says where %j is wrong', (source, reason, line, column) => {
    const read = attempt(() => readJson(source, fault))
    expect('error' in read && read.error.message).toContain(
      source.includes('\t') ? 'a text is expected here' : reason,
    )
    expect(placeOf(source, 'error' in read ? read.error.at! : -1)).toEqual({ line, column })
  })

  it('tells apart names that only a prototype has', () => {
    const node = readJson('{"__proto__": 1, "constructor": 2}', fault)
    expect(node.kind === 'object' && node.members.map(({ name }) => name)).toEqual([
      '__proto__',
      'constructor',
    ])
  })

  it('refuses what nests without end, and does not run out of stack', () => {
    expect(() => readJson('['.repeat(100_000), fault)).toThrow('nest more than 32 deep')
    expect(() => readJson('['.repeat(32) + ']'.repeat(32), fault)).not.toThrow()
  })
})
