/** Components with streams. */

import { MEMORY } from './futures.js'
import type { Text } from './text.js'

/** By which way they go. */
export const STREAMS: Record<string, Text> = {
  'streams handed out': {
    wat: `(component
      (type $stream (stream u8))
      (import "take" (func $take (param "it" $stream)))
      ${MEMORY}
      (core func $new (canon stream.new $stream))
      (core func $write (canon stream.write $stream async (memory $mem)))
      (core func $drop (canon stream.drop-writable $stream))
      (core func $take (canon lower (func $take)))
      (core module $m
        (import "" "new" (func $new (result i64)))
        (import "" "write" (func $write (param i32 i32 i32) (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (import "" "take" (func $take (param i32)))
        (import "" "memory" (memory 1))
        (global $writable (mut i32) (i32.const 0))
        (func $make (param $length i32) (result i32)
          (local $ends i64) (local $at i32)
          (local.set $ends (call $new))
          (global.set $writable (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
          (block $done (loop $next
            (br_if $done (i32.eq (local.get $at) (local.get $length)))
            (i32.store8 (i32.add (i32.const 16) (local.get $at)) (i32.add (local.get $at) (i32.const 1)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))
          (drop (call $write (global.get $writable) (i32.const 16) (local.get $length)))
          (i32.wrap_i64 (local.get $ends)))
        (func (export "count") (param i32) (result i32) (call $make (local.get 0)))
        (func (export "give") (param i32) (call $take (call $make (local.get 0))))
        (func (export "end") (call $drop (global.get $writable))))
      (core instance $i (instantiate $m (with "" (instance
        (export "new" (func $new)) (export "write" (func $write)) (export "drop" (func $drop))
        (export "take" (func $take)) (export "memory" (memory $mem))))))
      (func (export "count") (param "to" u32) (result $stream) (canon lift (core func $i "count")))
      (func (export "give") (param "to" u32) (canon lift (core func $i "give")))
      (func (export "end") (canon lift (core func $i "end"))))`,
    hosts: { take: 'export default (it) => void (globalThis.taken = it)' },
    probes: `[
      (m) => typeof m.count(3)[Symbol.asyncIterator],
      async (m) => { const { value, done } = await m.count(3)[Symbol.asyncIterator]().next(); return [[value].flat(), done] },
      async (m) => { m.give(2); const { value } = await globalThis.taken[Symbol.asyncIterator]().next(); return [value].flat() },
    ]`,
    types: `
      import { count, end, give } from './it.wasm'
      import type { Imports } from './it.wasm'
      const bytes: AsyncIterable<number | Uint8Array> = count(3)
      give(1)
      end()
      const imports: Imports = { take: { default: (it) => void it[Symbol.asyncIterator]() } }
      // @ts-expect-error a stream, not a list
      count(3).length
      export { bytes, imports }`,
  },
  'streams taken in': {
    needsJspi: true,
    wat: `(component
      (type $stream (stream u8))
      ${MEMORY}
      (core func $read (canon stream.read $stream (memory $mem)))
      (core func $return (canon task.return (result u32) (memory $mem)))
      (core module $m
        (import "" "read" (func $read (param i32 i32 i32) (result i32)))
        (import "" "return" (func $return (param i32)))
        (import "" "memory" (memory 1))
        (func (export "first") (param $it i32) (result i32)
          (drop (call $read (local.get $it) (i32.const 16) (i32.const 1)))
          (call $return (i32.load8_u (i32.const 16)))
          (i32.const 0))
        (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
      (core instance $i (instantiate $m (with "" (instance
        (export "read" (func $read)) (export "return" (func $return)) (export "memory" (memory $mem))))))
      (func (export "first") async (param "it" $stream) (result u32)
        (canon lift (core func $i "first") async (callback (core func $i "callback")))))`,
    probes: `[
      (m) => m.first((async function* () { yield 7; yield 8 })()),
      (m) => m.first(new ReadableStream({ start(controller) { controller.enqueue(9); controller.close() } })),
      (m) => m.first(5),
    ]`,
    types: `
      import { first } from './it.wasm'
      const number: number = await first((async function* () { yield 7 })())
      // @ts-expect-error no stream
      await first(5)
      export { number }`,
  },
}
