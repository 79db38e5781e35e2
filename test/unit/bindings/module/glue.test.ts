/** What components share: taken where it is what the catalogue says, and nowhere else. */

import { describe, expect, test } from 'vitest'
import MagicString from 'magic-string'
import { shareGlue, withoutIndent } from '../../../../src/bindings/module/glue.js'
import type { Glue } from '../../../../src/bindings/module/input.js'

const COUNT = 'function count() {\nif (total > 2) {\nthrow new Error("too many")\n}\nreturn ++total;\n}'
const GLUE: Glue = [
  {
    name: 'core',
    needs: [],
    pieces: ['let total = 0;', 'const LIST = [];', COUNT],
    exports: ['LIST', 'count'],
    variables: ['total'],
  },
  {
    name: 'values',
    needs: ['core'],
    pieces: ['const twice = () => [count(), count()];'],
    exports: ['twice'],
    variables: [],
  },
]

/** What `glue.js` would hold for it. */
const core = () => {
  let total = 0
  const count = () => ++total
  return [[], count]
}
const values = ([, count]: [unknown, () => number]) => [() => [count(), count()]]

const PIECES = {
  total: 'let total = 0;',
  list: '  const LIST = [];',
  count: `  function count() {
    if (total > 2) {
      throw new Error("too many")
    }
    return ++total;
  }`,
  twice: '  const twice = () => [count(), count()];',
}
const OWN = '    return { count, twice: () => twice() };'

const jco = ({ own = OWN, ...changes }: Partial<typeof PIECES> & { own?: string } = {}) => `"use components";
export function instantiate(getCoreModule, imports, instantiateCore = WebAssembly.instantiate) {
${Object.values({ ...PIECES, ...changes }).join('\n')}
  const mine = getCoreModule;
  let gen= (function* _initGenerator () {
${own}
  })();
  return gen.next().value;
};
`

const share = (js: string) => {
  const code = new MagicString(js)
  const groups = shareGlue(code, js, GLUE)
  return { groups, code: code.toString() }
}

/** Makes instances with what was generated. */
function run(js: string): () => { count(): number; twice(): number[] } {
  const body = `"use strict"; ${share(js).code.replace(/^.*\nexport /, '')}; return instantiate`
  // oxlint-disable-next-line no-new-func -- generated code is what is tested
  return new Function('$signedWasmCore', '$signedWasmValues', body)(core, values) as ReturnType<typeof run>
}

describe('what components share', () => {
  test('is taken out of a component, and made for each instance', () => {
    const { groups, code } = share(jco())
    expect(groups).toEqual(['core', 'values'])
    expect(code).toMatchInlineSnapshot(`
      ""use components";
      export function instantiate(getCoreModule, imports, instantiateCore = WebAssembly.instantiate) {
        const $signedWasmCoreParts = $signedWasmCore();
        const [, count] = $signedWasmCoreParts;
        const [twice] = $signedWasmValues($signedWasmCoreParts);
        const mine = getCoreModule;
        let gen= (function* _initGenerator () {
          return { count, twice: () => twice() };
        })();
        return gen.next().value;
      };
      "
    `)
    const [one, other] = [run(jco())(), run(jco())()]
    expect([one.count(), one.twice(), other.twice(), one.count()]).toEqual([1, [2, 3], [1, 2], 4])
  })

  test('is found whatever white space jco puts before its lines', () => {
    const deeper = PIECES.count.replaceAll('\n', '\n      ')
    const flat = PIECES.count.replaceAll(/^ +/gm, '')
    for (const count of [deeper, flat]) expect(share(jco({ count })).groups).toEqual(['core', 'values'])
    expect(share(jco({ list: PIECES.list + PIECES.total, total: '' })).groups).toEqual(['core', 'values'])
    expect(run(jco({ list: PIECES.list + PIECES.total, total: '' }))().twice()).toEqual([1, 2])
  })

  test('is a variable only where the component names it', () => {
    const code = share(jco({ own: 'return LIST' })).code
    expect(code).toContain('const [LIST] = $signedWasmCoreParts;')
    expect(share(jco({ own: 'return { $count, countAll, LIST2 }', twice: '' })).code).toContain('const [] =')
  })

  test.each([
    ['a piece is not there', { list: '' }],
    ['a piece is another one', { count: PIECES.count.replace('> 2', '> 3') }],
    ['white space is other within a line', { count: PIECES.count.replace('total > 2', 'total  > 2') }],
    ['a piece is there twice', { list: `${PIECES.list}\n  { const LIST = []; }` }],
    ['the component names what can change', { own: 'total = 5; return { count, twice }' }],
  ])('stays where it is when %s', (_, changes) => {
    const js = jco(changes)
    expect(share(js)).toEqual({ groups: [], code: js })
  })

  test.each([
    ['the functions of the component', 'let gen=', 'let gen ='],
    ['the head of the function', 'imports, ', ''],
  ])('stays where it is when jco writes %s in another way', (_, from, to) => {
    const js = jco().replace(from, to)
    expect(share(js)).toEqual({ groups: [], code: js })
  })

  test('is one group where only the other is another', () => {
    const js = jco({ twice: PIECES.twice.replace('[', '[0, ') })
    const { groups, code } = share(js)
    expect(groups).toEqual(['core'])
    expect(code).toContain('const twice = () => [0, count(), count()];')
    expect(run(js)().twice()).toEqual([0, 1, 2])
  })

  test('leaves the white space of all else', () => {
    const own = '    return { count, twice: () => `\n  a\n\t\tb\n` };'
    expect(share(jco({ own })).code).toContain(own)
  })
})

test('white space before lines is taken off, and every place found again', () => {
  const code = '  a {\n\n\t b\n}\n   '
  const { text, lines } = withoutIndent(code)
  expect(text).toBe('a {\n\nb\n}\n')
  for (const { at, start, indent } of lines) expect(code[start + indent]).toBe(text[at])
})
