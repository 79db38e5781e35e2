/** Components that export, and import, things of every kind side by side. */

import { ALLOCATOR, type Text } from './text.js'

const ONE = 'acme:dep/math@1.0.0'
const TWO = 'acme:dep/math@2.1.0'

/** By how they are built. */
export const EXPORTS: Record<string, Text> = {
  'exports of every kind': {
    wit: `package acme:all;
      world all {
        import ${ONE};
        import ${TWO};
        import log-URL: func(text: string);
        import clock: interface { now: func() -> u64; }
        export ${ONE};
        export ${TWO};
        export acme:dep/shapes@1.0.0;
        export run: func(text: string) -> string;
        export to-url: func() -> u32;
        export deep: func(it: option<option<u32>>) -> result<u32, string>;
        export either: func(it: result<u32, string>) -> option<option<u32>>;
        export inner: interface { now: func() -> u64; flip: func(it: list<bool>) -> list<bool>; }
      }
      package acme:dep@1.0.0 {
        interface math { step: func(n: u32) -> u32; }
        interface shapes {
          record point { x: s32, y: s32, label: option<string> }
          enum color { red, deep-blue }
          flags style { bold, under-lined }
          variant shape { nothing, dot(point), line(tuple<point, point>) }
          type points = list<point>;
          resource canvas { constructor(); size: func() -> u32; }
          mirror: func(it: point) -> point;
          paint: func(it: color) -> color;
          restyle: func(it: style) -> style;
        }
      }
      package acme:dep@2.1.0 {
        interface math { step: func(n: u32, by: u32) -> u32; }
      }`,
    wat: `(module
      (import "${ONE}" "step" (func $one (param i32) (result i32)))
      (import "${TWO}" "step" (func $two (param i32 i32) (result i32)))
      (import "$root" "log-URL" (func $log (param i32 i32)))
      (import "clock" "now" (func $now (result i64)))
      (import "[export]acme:dep/shapes@1.0.0" "[resource-new]canvas" (func $canvas (param i32) (result i32)))
      ${ALLOCATOR}
      (func $pair (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))
      (func (export "${ONE}#step") (param i32) (result i32) (call $one (local.get 0)))
      (func (export "${TWO}#step") (param i32 i32) (result i32) (call $two (local.get 0) (local.get 1)))
      (func (export "acme:dep/shapes@1.0.0#[constructor]canvas") (result i32) (call $canvas (i32.const 640)))
      (func (export "acme:dep/shapes@1.0.0#[method]canvas.size") (param i32) (result i32) (local.get 0))
      (func (export "acme:dep/shapes@1.0.0#mirror") (param i32 i32 i32 i32 i32) (result i32)
        (i32.store (i32.const 32) (local.get 1)) (i32.store (i32.const 36) (local.get 0))
        (i32.store (i32.const 40) (local.get 2)) (i32.store (i32.const 44) (local.get 3))
        (i32.store (i32.const 48) (local.get 4)) (i32.const 32))
      (func (export "acme:dep/shapes@1.0.0#paint") (param i32) (result i32) (i32.sub (i32.const 1) (local.get 0)))
      (func (export "acme:dep/shapes@1.0.0#restyle") (param i32) (result i32) (i32.xor (local.get 0) (i32.const 3)))
      (func (export "run") (param i32 i32) (result i32)
        (call $log (local.get 0) (local.get 1)) (call $pair (local.get 0) (local.get 1)))
      (func (export "to-url") (result i32) (i32.const 9))
      (func (export "deep") (param $outer i32) (param $inner i32) (param $value i32) (result i32)
        (i32.store (i32.const 16) (i32.eqz (local.get $inner)))
        (i32.store (i32.const 20) (select (local.get $value) (i32.const 0) (local.get $inner)))
        (i32.store (i32.const 24) (i32.const 0))
        (i32.const 16))
      (func (export "either") (param $isError i32) (param $value i32) (param i32) (result i32)
        (i32.store (i32.const 16) (i32.const 1))
        (i32.store (i32.const 20) (i32.eqz (local.get $isError)))
        (i32.store (i32.const 24) (local.get $value))
        (i32.const 16))
      (func (export "inner#now") (result i64) (call $now))
      (func (export "inner#flip") (param i32 i32) (result i32) (call $pair (local.get 0) (local.get 1))))`,
    hosts: {
      [ONE]: 'export const step = (n) => n + 1',
      [TWO]: 'export const step = (n, by) => n + by',
      'log-URL': 'export default (text) => void (globalThis.logged = text)',
      clock: 'export const now = () => 12n',
    },
    probes: `[
      (m) => [m['acme:dep/math@1.0.0'].step(1), m['acme:dep/math@2.1.0'].step(1, 5)],
      (m) => m.math === m['acme:dep/math@1.0.0'],
      (m) => [m.run('größe'), globalThis.logged],
      (m) => m.toUrl(),
      (m) => m.deep({ tag: 'some', val: 5 }),
      (m) => m.deep({ tag: 'none' }),
      (m) => [m.either({ tag: 'ok', val: 6 }), m.either({ tag: 'err', val: 'x' })],
      (m) => [m.inner.now(), m.inner.flip([true, false])],
      (m) => new m.shapes.Canvas().size(),
      (m) => [m.shapes.mirror({ x: 1, y: -2 }), m.shapes.mirror({ x: 1, y: 2, label: 'ab' })],
      (m) => [m.shapes.paint('red'), m.shapes.restyle({ bold: true })],
      (m) => m.shapes.paint('green'),
    ]`,
    types: `
      import all, { deep, either, inner, math, run, shapes, toUrl, 'acme:dep/math@1.0.0' as one, 'acme:dep/math@2.1.0' as two } from './it.wasm'
      import type { Imports } from './it.wasm'
      const numbers: number[] = [one.step(1), two.step(1, 2), math.step(3), toUrl(), all.toUrl(), deep({ tag: 'none' })]
      const text: string = run('a')
      const nested = either({ tag: 'ok', val: 1 })
      const value: number | undefined = nested.tag === 'some' ? nested.val : undefined
      const now: bigint = inner.now()
      const flipped: boolean[] = inner.flip([true])
      const point: shapes.Point = shapes.mirror({ x: 1, y: 2 })
      const color: shapes.Color = shapes.paint('deep-blue')
      const style: shapes.Style = shapes.restyle({ underLined: true })
      const shape: shapes.Shape = { tag: 'line', val: [point, point] }
      const canvas: number = new shapes.Canvas().size()
      const imports: Imports = {
        'acme:dep/math@1.0.0': { step: (n) => n + 1 },
        'acme:dep/math@2.1.0': { step: (n, by) => n + by },
        'log-URL': { default: (logged) => void logged.toUpperCase() },
        clock: { now: () => 1n },
      }
      // @ts-expect-error version 2.1 takes two
      two.step(1)
      // @ts-expect-error an option in an option has a tag
      deep(5)
      // @ts-expect-error no such color
      shapes.paint('green')
      // @ts-expect-error a label is a text
      shapes.mirror({ x: 1, y: 2, label: 3 })
      // @ts-expect-error a bigint belongs there
      const clock: Imports['clock'] = { now: () => 1 }
      export { numbers, text, value, now, flipped, point, color, style, shape, canvas, imports, clock }`,
  },
  'names that JavaScript reserves': {
    wit: `package acme:all;
      interface words {
        %default: func() -> u32;
        delete: func() -> u32;
        class: func(%in: u32) -> u32;
        resource %object { constructor(); %static: static func() -> u32; %new: func() -> u32; }
        resource %function;
        record %interface { %default: u32, %var: option<u32> }
        pass: func(it: %interface) -> %interface;
      }
      interface nothing {}
      interface notes { record note { text: string } type notes = list<note>; }
      world all {
        use notes.{notes as note-list};
        record top { notes: note-list }
        import words2: interface { %default: func() -> u32; delete: func() -> u32; }
        export words;
        export nothing;
        export %default: func() -> u32;
        export to-string: func() -> u32;
        export give: func(it: top) -> top;
      }`,
    wat: `(module
      (import "words2" "default" (func $default (result i32)))
      (import "words2" "delete" (func $delete (result i32)))
      (import "[export]acme:all/words" "[resource-new]object" (func $new (param i32) (result i32)))
      ${ALLOCATOR}
      (func (export "acme:all/words#default") (result i32) (call $default))
      (func (export "acme:all/words#delete") (result i32) (call $delete))
      (func (export "acme:all/words#class") (param i32) (result i32) (local.get 0))
      (func (export "acme:all/words#[constructor]object") (result i32) (call $new (i32.const 4)))
      (func (export "acme:all/words#[static]object.static") (result i32) (i32.const 5))
      (func (export "acme:all/words#[method]object.new") (param i32) (result i32) (local.get 0))
      (func (export "acme:all/words#pass") (param i32 i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))
        (i32.store (i32.const 24) (local.get 2)) (i32.const 16))
      (func (export "default") (result i32) (i32.const 6))
      (func (export "to-string") (result i32) (i32.const 7))
      (func (export "give") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)))`,
    hosts: {
      words2: 'const one = () => 1\nexport { one as default }\nconst two = () => 2\nexport { two as delete }',
    },
    probes: `[
      (m) => [m.words.default(), m.words.delete(), m.words.class(3)],
      (m) => [new m.words.Object().new(), m.words.Object.static()],
      (m) => m.words.pass({ default: 1 }),
      (m) => m.toString(),
      (m) => m.give({ notes: [{ text: 'a' }] }),
    ]`,
    types: `
      import all, { give, toString as text, words, type Imports } from './it.wasm'
      const numbers: number[] = [words.default(), words.delete(), words.class(1), all.default(), text()]
      numbers.push(new words.Object().new(), words.Object.static(), words.pass({ default: 1 }).var ?? 0)
      const notes: string[] = give({ notes: [{ text: 'a' }] }).notes.map((note) => note.text)
      const imports: Imports = { words2: { default: () => 1, delete: () => 2 } }
      { using it = new words.Object(); it.new() }
      const never = (it: words.Function) => it[Symbol.dispose]()
      // @ts-expect-error takes a number
      words.class()
      // @ts-expect-error a field is missing
      words.pass({ var: 1 })
      // @ts-expect-error a list of notes
      give({ notes: ['a'] })
      export { numbers, notes, imports, never }`,
  },
  'components in components': {
    wat: `(component
      (import "acme:app/host@1.0.0" (instance $host (export "add" (func (param "n" u32) (result u32)))))
      (component $leaf
        (import "add" (func $add (param "n" u32) (result u32)))
        (core func $add (canon lower (func $add)))
        (core module $m
          (import "" "add" (func $add (param i32) (result i32)))
          (func (export "twice") (param i32) (result i32) (call $add (call $add (local.get 0)))))
        (core instance $i (instantiate $m (with "" (instance (export "add" (func $add))))))
        (func (export "twice") (param "n" u32) (result u32) (canon lift (core func $i "twice"))))
      (component $middle
        (import "add" (func $add (param "n" u32) (result u32)))
        (component $wrap
          (import "f" (func $f (param "n" u32) (result u32)))
          (export "g" (func $f)))
        (instance $wrapped (instantiate $wrap (with "f" (func $add))))
        (export "add" (func $wrapped "g")))
      (instance $m (instantiate $middle (with "add" (func $host "add"))))
      (instance $l (instantiate $leaf (with "add" (func $m "add"))))
      (instance $out (export "twice" (func $l "twice")))
      (export "acme:app/out@1.0.0" (instance $out))
      (export "twice" (func $l "twice")))`,
    hosts: { 'acme:app/host@1.0.0': 'export const add = (n) => n + 3' },
    probes: `[(m) => m.twice(1), (m) => m.out.twice(2), (m) => m['acme:app/out@1.0.0'].twice('3')]`,
    types: `
      import { out, twice, 'acme:app/out@1.0.0' as full } from './it.wasm'
      const numbers: number[] = [twice(1), out.twice(2), full.twice(3)]
      // @ts-expect-error a string where a number belongs
      out.twice('a')
      export { numbers }`,
  },
}
