/** Components with futures. */

import type { Text } from './text.js'

/** Exports of the core module that make a future with a value in it. Memory is in another one, since `canon` needs it before. */
const SEND = `
  (import "" "new" (func $new (result i64)))
  (import "" "write" (func $write (param i32 i32) (result i32)))
  (import "" "memory" (memory 1))
  (func $send (export "later") (param $value i32) (result i32)
    (local $ends i64)
    (local.set $ends (call $new))
    (i32.store (i32.const 16) (local.get $value))
    (drop (call $write (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))) (i32.const 16)))
    (i32.wrap_i64 (local.get $ends)))`

/** A memory that `canon` can name before the core module is there. */
export const MEMORY = `
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $mem))`

/** By what they do. */
export const FUTURES: Record<string, Text> = {
  'futures handed out': {
    wat: `(component
      (type $future (future u32))
      (import "take" (func $take (param "value" $future)))
      ${MEMORY}
      (core func $new (canon future.new $future))
      (core func $write (canon future.write $future async (memory $mem)))
      (core func $take (canon lower (func $take)))
      (core module $m
        (import "" "take" (func $take (param i32)))
        ${SEND}
        (func (export "give") (param i32) (call $take (call $send (local.get 0)))))
      (core instance $i (instantiate $m (with "" (instance
        (export "new" (func $new)) (export "write" (func $write))
        (export "take" (func $take)) (export "memory" (memory $mem))))))
      (func (export "later") (param "value" u32) (result $future) (canon lift (core func $i "later")))
      (func (export "give") (param "value" u32) (canon lift (core func $i "give"))))`,
    hosts: { take: 'export default (future) => void (globalThis.taken = future)' },
    probes: `[
      (m) => m.later(5),
      (m) => typeof m.later(5).then,
      (m) => { m.give(7); return globalThis.taken },
      ({ _util: { Future } }) => new Future(8),
      ({ _util: { Future } }) => [Future.name, Object.getOwnPropertyNames(Future.prototype)],
      ({ _util }) => Object.keys(_util),
    ]`,
    types: `
      import component, { _util, give, later } from './it.wasm'
      import { _util as again } from './it.wasm?component'
      import instantiate, { _util as util } from './it.wasm?instantiate'
      const one: number = (await later(1)) + (await component.later(2))
      give(1)
      const two: PromiseLike<number> = new _util.Future(1)
      const three: PromiseLike<PromiseLike<string>> = new util.Future(new again.Future('a'))
      const own = await instantiate({ take: { default: (value) => void value.then((number: number) => number) } })
      // @ts-expect-error a promise of a number
      const four: number = own.later(1)
      // @ts-expect-error a string where a number belongs
      const five: PromiseLike<number> = new _util.Future('a')
      // @ts-expect-error it is of the module, not of the component
      void component._util
      // @ts-expect-error no such helper
      void _util.Stream
      export { one, two, three, four, five }`,
  },
  'futures in futures': {
    needsJspi: true,
    wat: `(component
      (type $inner (future u32))
      (type $outer (future $inner))
      ${MEMORY}
      (core func $read-outer (canon future.read $outer (memory $mem)))
      (core func $read-inner (canon future.read $inner (memory $mem)))
      (core func $new (canon future.new $inner))
      (core func $write (canon future.write $inner async (memory $mem)))
      (core func $return (canon task.return (result u32) (memory $mem)))
      (core module $m
        (import "" "read-outer" (func $read-outer (param i32 i32) (result i32)))
        (import "" "read-inner" (func $read-inner (param i32 i32) (result i32)))
        (import "" "return" (func $return (param i32)))
        ${SEND}
        (func (export "unwrap") (param $outer i32) (result i32)
          (drop (call $read-outer (local.get $outer) (i32.const 32)))
          (drop (call $read-inner (i32.load (i32.const 32)) (i32.const 48)))
          (call $return (i32.load (i32.const 48)))
          (i32.const 0))
        (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
      (core instance $i (instantiate $m (with "" (instance
        (export "read-outer" (func $read-outer)) (export "read-inner" (func $read-inner))
        (export "return" (func $return)) (export "new" (func $new))
        (export "write" (func $write)) (export "memory" (memory $mem))))))
      (func (export "later") (param "value" u32) (result $inner) (canon lift (core func $i "later")))
      (func (export "unwrap") async (param "value" $outer) (result u32)
        (canon lift (core func $i "unwrap") async (callback (core func $i "callback")))))`,
    probes: `[
      (m) => m.later(5),
      (m) => m.unwrap(new m._util.Future(new m._util.Future(41))),
      (m) => m.unwrap(new m._util.Future(m.later(9))),
      (m) => m.unwrap('no future'),
    ]`,
    types: `
      import { _util, unwrap } from './it.wasm'
      const number: number = await unwrap(new _util.Future(new _util.Future(1)))
      // @ts-expect-error one future where two belong
      await unwrap(new _util.Future(1))
      // @ts-expect-error a promise never holds another
      await unwrap(Promise.resolve(Promise.resolve(1)))
      export { number }`,
  },
}
