/** Components with async functions. */

import { MEMORY } from './futures.js'
import type { Text } from './text.js'

/** Sends its argument to a host and gives back what that answers, plus one. */
const relay = (name: string) => `
  (func (export "${name}") (param i32) (result i32)
    (call $return (i32.add (call $ask (local.get 0)) (i32.const 1)))
    (i32.const 0))`

/** By what is async. */
export const ASYNC: Record<string, Text> = {
  'async exports': {
    needsJspi: true,
    wat: `(component
      ${MEMORY}
      (core func $return (canon task.return (result u32) (memory $mem)))
      (core module $m
        (import "" "return" (func $return (param i32)))
        (func (export "double") (param i32) (result i32)
          (call $return (i32.mul (local.get 0) (i32.const 2)))
          (i32.const 0))
        (func (export "callback") (param i32 i32 i32) (result i32) unreachable)
        (func (export "half") (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 2))))
      (core instance $i (instantiate $m (with "" (instance (export "return" (func $return))))))
      (func $double async (param "n" u32) (result u32)
        (canon lift (core func $i "double") async (callback (core func $i "callback"))))
      (export "double" (func $double))
      (instance $math (export "double" (func $double)))
      (export "acme:app/math@1.0.0" (instance $math))
      (func (export "half") (param "n" u32) (result u32) (canon lift (core func $i "half"))))`,
    probes: `[
      (m) => m.double(4),
      (m) => m.double(4) instanceof Promise,
      (m) => m.math.double(5),
      (m) => m['acme:app/math@1.0.0'].double(6),
      async (m) => [await m.double(1), await m.double(2)],
      (m) => m.half(9),
    ]`,
    types: `
      import { double, half, math } from './it.wasm'
      const [one, two]: Promise<number>[] = [double(1), math.double(2)]
      const three: number = half(3)
      // @ts-expect-error a promise
      const four: number = double(1)
      // @ts-expect-error a promise
      const five: number = math.double(1)
      export { one, two, three, four, five }`,
  },
  'async imports': {
    needsJspi: true,
    wat: `(component
      (import "ask" (func $ask async (param "n" u32) (result u32)))
      (import "acme:app/oracle@1.0.0" (instance $oracle (export "ask" (func async (param "n" u32) (result u32)))))
      ${MEMORY}
      (core func $ask (canon lower (func $ask)))
      (core func $asked (canon lower (func $oracle "ask")))
      (core func $return (canon task.return (result u32) (memory $mem)))
      (core module $m
        (import "" "ask" (func $ask (param i32) (result i32)))
        (import "" "return" (func $return (param i32)))
        ${relay('relay')}
        (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
      (core instance $i (instantiate $m (with "" (instance
        (export "ask" (func $ask)) (export "return" (func $return))))))
      (core instance $j (instantiate $m (with "" (instance
        (export "ask" (func $asked)) (export "return" (func $return))))))
      (func (export "relay") async (param "n" u32) (result u32)
        (canon lift (core func $i "relay") async (callback (core func $i "callback"))))
      (func (export "consult") async (param "n" u32) (result u32)
        (canon lift (core func $j "relay") async (callback (core func $j "callback")))))`,
    hosts: {
      ask: 'export default async (n) => { await new Promise((done) => setTimeout(done, 5)); return n * 10 }',
      'acme:app/oracle@1.0.0': 'export const ask = async (n) => n * 100',
    },
    probes: `[
      (m) => m.relay(4),
      (m) => m.consult(4),
      async (m) => [await m.relay(1), await m.consult(2)],
    ]`,
    types: `
      import { consult, relay } from './it.wasm'
      import type { Imports } from './it.wasm'
      const numbers: number[] = [await relay(1), await consult(2)]
      const imports: Imports = {
        ask: { default: async (n) => n * 10 },
        'acme:app/oracle': { ask: async (n) => n * 100 },
      }
      // @ts-expect-error a promise
      const wrong: number = relay(1)
      export { numbers, imports, wrong }`,
  },
}
