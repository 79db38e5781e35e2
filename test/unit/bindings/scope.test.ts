/** Names in statements, as the build of this package finds out what components can share. */

import { parseAst } from 'rolldown/parseAst'
import { expect, test } from 'vitest'
import { namesOf } from '../../../src/scope.mjs'

const names = (code: string) => {
  const [statement] = (parseAst(code) as unknown as { body: object[] }).body
  const found = namesOf(statement!)
  return Object.values(found).map((each) => [...each].toSorted().join(' '))
}

test.each([
  ['const a = b', ['a', 'b', '']],
  ['let { a, b: [c, ...d], e = f, [g]: h } = i', ['a c d e h', 'f g i', '']],
  ['function f(a, { b = c } = d) { return a + b + e + arguments.length + f }', ['f', 'c d e', '']],
  [
    'class A extends B { #x = c; static y = A; [d]() { return this.#x + e.f } get g() { return h } }',
    ['A', 'B c d e h', ''],
  ],
  ['const f = (a) => { b = a; ({ c: d.e, g } = h); [i, j.k] = l; m++ }', ['f', 'b d g h i j l m', 'b g i m']],
  ['function f() { a = 1; let a; { const b = 2; a = b } b() }', ['f', 'b', '']],
  ['function f() { if (x) { var a = 1 } return a }', ['f', 'x', '']],
  ['function f() { g(); function g() {} class H {} return H }', ['f', '', '']],
  ['for (const a of b) { for (let i = 0; i < a; i++) c(i) }', ['', 'b c', '']],
  ['for (a of b) { for (c.d in e); }', ['', 'a b c e', 'a']],
  ['try { a() } catch ({ b }) { b(c) } finally { d() }', ['', 'a c d', '']],
  ['switch (a) { case b: const c = 1; default: c(d) }', ['', 'a b d', '']],
  ['x: for (;;) { break x; continue x }', ['', '', '']],
  ['const a = { b, c: d, [e]: f, g() { return h }, ...i }', ['a', 'b d e f h i', '']],
  ['const a = function b() { return b(c`${d}`, new.target, import.meta) }', ['a', 'c d', '']],
  ['const a = b?.c?.[d] ?? typeof e', ['a', 'b d e', '']],
])('%s', (code, [declared, used, assigned]) => {
  expect(names(code)).toEqual([declared, used, assigned])
})
