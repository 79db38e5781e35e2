/** Components with resources in every place that a type can have. */

import { ALLOCATOR, type Text } from './text.js'

/** Functions that give back what they are given, whatever a thing is in. */
const POSITIONS = `
  record pair { left: thing, right: option<thing> }
  variant choice { none, one(thing), many(list<thing>) }
  pass: func(it: thing) -> thing;
  peek: func(it: borrow<thing>) -> u32;
  every: func(it: list<thing>) -> list<thing>;
  maybe: func(it: option<thing>) -> option<thing>;
  both: func(it: pair) -> pair;
  two: func(it: tuple<thing, thing>) -> tuple<thing, thing>;
  choose: func(it: choice) -> choice;
  attempt: func(it: result<thing, thing>) -> result<thing, thing>;`

const PREFIX = 'acme:shop/things@1.0.0'

/** A function of the interface whose value stands where it returns a pointer to: the words that it is given. */
const store = (name: string, words: number) => `
  (func (export "${PREFIX}#${name}") ${'(param i32)'.repeat(words)} (result i32)
    ${Array.from({ length: words }, (_, index) => `(i32.store (i32.const ${64 + 4 * index}) (local.get ${index}))`).join(' ')}
    (i32.const 64))`

const EXPORTED: Text = {
  wit: `package acme:shop@1.0.0;
    interface things {
      resource thing {
        constructor(value: u32);
        get: func() -> u32;
        %default: func() -> u32;
        get-URL: func() -> u32;
        merge: static func(a: thing, b: borrow<thing>) -> thing;
        %delete: static func(it: thing) -> u32;
        try-new: static func(value: u32) -> result<thing, string>;
      }
      ${POSITIONS}
      count: func() -> u32;
    }
    world shop { export things; }`,
  wat: `(module
    (import "[export]${PREFIX}" "[resource-new]thing" (func $new (param i32) (result i32)))
    (import "[export]${PREFIX}" "[resource-rep]thing" (func $rep (param i32) (result i32)))
    (import "[export]${PREFIX}" "[resource-drop]thing" (func $drop (param i32)))
    ${ALLOCATOR}
    (global $gone (mut i32) (i32.const 0))
    (data (i32.const 16) "too large")
    (func (export "${PREFIX}#[dtor]thing") (param i32) (global.set $gone (i32.add (global.get $gone) (i32.const 1))))
    (func (export "${PREFIX}#count") (result i32) (global.get $gone))
    (func (export "${PREFIX}#[constructor]thing") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "${PREFIX}#[method]thing.get") (param i32) (result i32) (local.get 0))
    (func (export "${PREFIX}#[method]thing.default") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "${PREFIX}#[method]thing.get-URL") (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))
    (func (export "${PREFIX}#[static]thing.merge") (param $a i32) (param $b i32) (result i32)
      (local $sum i32)
      (local.set $sum (i32.add (call $rep (local.get $a)) (local.get $b)))
      (call $drop (local.get $a))
      (call $new (local.get $sum)))
    (func (export "${PREFIX}#[static]thing.delete") (param i32) (result i32)
      (call $rep (local.get 0)) (call $drop (local.get 0)))
    (func (export "${PREFIX}#[static]thing.try-new") (param i32) (result i32)
      (i32.store (i32.const 64) (i32.gt_u (local.get 0) (i32.const 100)))
      (if (i32.load (i32.const 64))
        (then (i32.store (i32.const 68) (i32.const 16)) (i32.store (i32.const 72) (i32.const 9)))
        (else (i32.store (i32.const 68) (call $new (local.get 0)))))
      (i32.const 64))
    (func (export "${PREFIX}#pass") (param i32) (result i32) (local.get 0))
    (func (export "${PREFIX}#peek") (param i32) (result i32) (local.get 0))
    ${store('every', 2)}
    ${store('maybe', 2)}
    ${store('both', 3)}
    ${store('two', 2)}
    ${store('choose', 3)}
    ${store('attempt', 2)})`,
  probes: `[
    ({ things: { Thing } }) => { const it = new Thing(5); return [it.get(), it.default(), it.getUrl()] },
    ({ things: { Thing } }) => Thing.merge(new Thing(1), new Thing(2)).get(),
    ({ things: { Thing, count } }) => [Thing.delete(new Thing(7)), count()],
    ({ things: { Thing } }) => Thing.tryNew(8).get(),
    ({ things: { Thing } }) => Thing.tryNew(101),
    ({ things: { Thing, pass, peek } }) => [pass(new Thing(1)).get(), peek(new Thing(2))],
    ({ things: { Thing, every } }) => every([1, 2, 3].map((n) => new Thing(n))).map((it) => it.get()),
    ({ things: { every } }) => every([]),
    ({ things: { Thing, maybe } }) => [maybe(new Thing(4)).get(), maybe(undefined)],
    ({ things: { Thing, both } }) => { const { left, right } = both({ left: new Thing(5), right: new Thing(6) }); return [left.get(), right.get()] },
    ({ things: { Thing, both } }) => Object.keys(both({ left: new Thing(5) })),
    ({ things: { Thing, two } }) => two([new Thing(7), new Thing(8)]).map((it) => it.get()),
    ({ things: { choose } }) => choose({ tag: 'none' }),
    ({ things: { Thing, choose } }) => choose({ tag: 'one', val: new Thing(9) }).val.get(),
    ({ things: { Thing, choose } }) => choose({ tag: 'many', val: [new Thing(10), new Thing(11)] }).val.map((it) => it.get()),
    ({ things: { Thing, attempt } }) => attempt({ tag: 'ok', val: new Thing(12) }).get(),
    ({ things: { Thing, attempt } }) => { try { attempt({ tag: 'err', val: new Thing(13) }) } catch (error) { return error.payload.get() } },
    ({ things: { Thing, count } }) => { new Thing(1)[Symbol.dispose ?? Symbol.for('dispose')](); return count() },
    ({ things: { Thing, pass } }) => { const it = new Thing(1); pass(it); return it.get() },
    ({ things: { pass } }) => pass({}),
    ({ things: { peek } }) => peek(undefined),
    (m) => m['acme:shop/things@1.0.0'].Thing === m.things.Thing,
  ]`,
  types: `
    import { things } from './it.wasm'
    import instantiate from './it.wasm?instantiate'
    const { Thing } = (await instantiate())['acme:shop/things@1.0.0']
    const it: things.Thing = new things.Thing(1)
    const numbers: number[] = [it.get(), it.default(), it.getUrl(), things.peek(it), things.Thing.delete(it)]
    const merged: things.Thing = things.Thing.merge(things.Thing.tryNew(1), it)
    const listed: things.Thing[] = things.every([it])
    const perhaps: things.Thing | undefined = things.maybe(undefined)
    const pair: things.Pair = things.both({ left: it })
    const [first]: [things.Thing, things.Thing] = things.two([it, it])
    const choice: things.Choice = things.choose({ tag: 'many', val: [it] })
    const attempted: things.Thing = things.attempt({ tag: 'err', val: it })
    { using other = new Thing(2); other.get() }
    // @ts-expect-error an object that is no thing
    things.pass({})
    // @ts-expect-error one thing where a list belongs
    things.every(it)
    // @ts-expect-error a field is missing
    things.both({ right: it })
    // @ts-expect-error no such case
    things.choose({ tag: 'two' })
    // @ts-expect-error a static function
    it.merge(it, it)
    // @ts-expect-error perhaps not there
    perhaps.get()
    export { numbers, merged, listed, pair, first, choice, attempted }`,
}

const IMPORTED: Text = {
  wit: `package acme:shop@1.0.0;
    interface things {
      resource thing {
        constructor(value: u32);
        get: func() -> u32;
        make: static func(value: u32) -> thing;
      }
      ${POSITIONS}
    }
    world shop {
      import things;
      use things.{thing};
      export sum: func(a: u32, b: u32) -> u32;
      export through: func(value: u32) -> u32;
      export keep: func(it: thing) -> thing;
      export look: func(it: borrow<thing>) -> u32;
      export total: func(it: list<thing>) -> u32;
    }`,
  wat: `(module
    (import "${PREFIX}" "[constructor]thing" (func $new (param i32) (result i32)))
    (import "${PREFIX}" "[method]thing.get" (func $get (param i32) (result i32)))
    (import "${PREFIX}" "[static]thing.make" (func $make (param i32) (result i32)))
    (import "${PREFIX}" "[resource-drop]thing" (func $drop (param i32)))
    (import "${PREFIX}" "pass" (func $pass (param i32) (result i32)))
    (import "${PREFIX}" "peek" (func $peek (param i32) (result i32)))
    (import "${PREFIX}" "every" (func $every (param i32 i32 i32)))
    (import "${PREFIX}" "maybe" (func $maybe (param i32 i32 i32)))
    (import "${PREFIX}" "both" (func $both (param i32 i32 i32 i32)))
    (import "${PREFIX}" "two" (func $two (param i32 i32 i32)))
    (import "${PREFIX}" "choose" (func $choose (param i32 i32 i32 i32)))
    (import "${PREFIX}" "attempt" (func $attempt (param i32 i32 i32)))
    ${ALLOCATOR}
    (func $take (param i32) (result i32) (call $get (local.get 0)) (call $drop (local.get 0)))
    (func (export "sum") (param i32 i32) (result i32)
      (i32.add (call $take (call $new (local.get 0))) (call $take (call $make (local.get 1)))))
    (func (export "through") (param i32) (result i32)
      (local $it i32)
      (local.set $it (call $pass (call $new (local.get 0))))
      (i32.store (i32.const 16) (local.get $it))
      (call $every (i32.const 16) (i32.const 1) (i32.const 32))
      (local.set $it (i32.load (i32.load (i32.const 32))))
      (call $maybe (i32.const 1) (local.get $it) (i32.const 32))
      (call $both (i32.load (i32.const 36)) (i32.const 1) (call $new (i32.const 1)) (i32.const 32))
      (call $two (i32.load (i32.const 32)) (i32.load (i32.const 40)) (i32.const 32))
      (local.set $it (i32.load (i32.const 32)))
      (call $drop (i32.load (i32.const 36)))
      (call $choose (i32.const 1) (local.get $it) (i32.const 0) (i32.const 32))
      (call $attempt (i32.const 0) (i32.load (i32.const 36)) (i32.const 32))
      (local.set $it (i32.load (i32.const 36)))
      (i32.add (call $peek (local.get $it)) (call $take (local.get $it))))
    (func (export "keep") (param i32) (result i32) (local.get 0))
    (func (export "look") (param i32) (result i32) (call $get (local.get 0)) (call $drop (local.get 0)))
    (func (export "total") (param i32) (param i32) (result i32)
      (local $at i32) (local $sum i32)
      (block $done (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get 1)))
        (local.set $sum (i32.add (local.get $sum)
          (call $take (i32.load (i32.add (local.get 0) (i32.mul (local.get $at) (i32.const 4)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
      (local.get $sum)))`,
  hosts: {
    [PREFIX]: `
      const seen = (globalThis.seen = [])
      export class Thing {
        constructor(value) { this.value = value }
        get() { return this.value }
        static make(value) { return new Thing(value * 10) }
      }
      globalThis.Thing = Thing
      const show = (it) => JSON.stringify(it)
      const note = (name) => (it) => { seen.push(name + show(it)); return it }
      export const [pass, every, maybe, both, two, choose] = ['pass', 'every', 'maybe', 'both', 'two', 'choose'].map(note)
      export const attempt = (it) => note('attempt')(it).val
      export const peek = (it) => note('peek')(it).get()`,
  },
  probes: `[
    (m) => m.sum(1, 2),
    (m) => [m.through(5), globalThis.seen.splice(0)],
    (m) => { const it = new globalThis.Thing(3); return [m.keep(it) === it, m.look(it)] },
    (m) => m.total([1, 2, 3].map((n) => new globalThis.Thing(n))),
    (m) => m.keep({}),
    (m) => m.look(undefined),
    (m) => m.total([]),
  ]`,
  types: `
    import instantiate from './it.wasm?instantiate'
    import type { Imports } from './it.wasm'
    class Thing {
      value: number
      constructor(value: number) { this.value = value }
      get(): number { return this.value }
      static make(value: number): Thing { return new Thing(value) }
    }
    const same = <T>(it: T): T => it
    const host: Imports['acme:shop/things@1.0.0'] = {
      Thing, pass: same, every: same, maybe: same, both: same, two: same, choose: same,
      peek: (it) => it.get(),
      attempt: (it) => it.val,
    }
    const { sum, keep, look, total } = await instantiate({ 'acme:shop/things': host })
    const number: number = sum(1, 2) + look(keep(new Thing(1))) + total([new Thing(2)])
    // @ts-expect-error no such member
    keep(new Thing(1)).set(2)
    // @ts-expect-error a list belongs there
    total(new Thing(1))
    // @ts-expect-error a method is missing
    await instantiate({ 'acme:shop/things': { ...host, Thing: class { static make(value: number) { return new Thing(value) } } } })
    export { number }`,
}

/** By which side has the class. */
export const RESOURCES: Record<string, Text> = {
  'resources that it exports': EXPORTED,
  'resources that it imports': IMPORTED,
}
