/** Components of the four shapes that real ones have, small enough to read, and how to use each. */

import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import type { Usage } from './equality.js'

/** Text of a component, and how to use it. */
export interface Shape extends Usage {
  wat: string
}

/** By what they need from their surroundings. */
export const SHAPES: Record<string, Shape> = {
  WASI: {
    wat: `(component
      (import "wasi:random/random@0.2.0" (instance $random (export "get-random-u64" (func (result u64)))))
      (core func $get (canon lower (func $random "get-random-u64")))
      (core module $m
        (import "" "get" (func $get (result i64)))
        (func (export "differ") (result i32) (i64.ne (call $get) (call $get))))
      (core instance $i (instantiate $m (with "" (instance (export "get" (func $get))))))
      (func (export "differ") (result bool) (canon lift (core func $i "differ"))))`,
    probes: '[(m) => m.differ()]',
  },
  'host imports': {
    wat: `(component
      (import "acme:app/math@1.0.0" (instance $v1 (export "step" (func (param "n" u32) (result u32)))))
      (import "acme:app/math@2.0.0" (instance $v2 (export "step" (func (param "n" u32) (result u32)))))
      (import "last-step" (func $last (param "n" u32) (result u32)))
      (core func $step1 (canon lower (func $v1 "step")))
      (core func $step2 (canon lower (func $v2 "step")))
      (core func $step3 (canon lower (func $last)))
      (core module $m
        (import "" "1" (func $1 (param i32) (result i32)))
        (import "" "2" (func $2 (param i32) (result i32)))
        (import "" "3" (func $3 (param i32) (result i32)))
        (func (export "run") (param i32) (result i32) (call $3 (call $2 (call $1 (local.get 0))))))
      (core instance $i (instantiate $m (with "" (instance
        (export "1" (func $step1)) (export "2" (func $step2)) (export "3" (func $step3))))))
      (func (export "run-all") (param "n" u32) (result u32) (canon lift (core func $i "run"))))`,
    hosts: {
      'acme:app/math@1.0.0': 'export const step = (n) => n + 1',
      'acme:app/math@2.0.0': 'export const step = (n) => n * 10',
      'last-step': 'export default (n) => n + 5',
    },
    probes: '[(m) => m.runAll(3), (m) => m.runAll(2 ** 32)]',
  },
  resources: {
    wat: `(component
      (type $rep (resource (rep i32)))
      (core func $new (canon resource.new $rep))
      (core module $m
        (import "" "new" (func $new (param i32) (result i32)))
        (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
        (func (export "get") (param i32) (result i32) local.get 0))
      (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
      (func $make (param "start" u32) (result (own $rep)) (canon lift (core func $i "make")))
      (func $get (param "self" (borrow $rep)) (result u32) (canon lift (core func $i "get")))
      (component $interface
        (import "import-type-counter" (type $c (sub resource)))
        (import "import-constructor" (func $make (param "start" u32) (result (own $c))))
        (import "import-get" (func $get (param "self" (borrow $c)) (result u32)))
        (export $counter "counter" (type $c))
        (export "[constructor]counter" (func $make) (func (param "start" u32) (result (own $counter))))
        (export "[method]counter.get" (func $get) (func (param "self" (borrow $counter)) (result u32))))
      (instance $counters (instantiate $interface
        (with "import-type-counter" (type $rep))
        (with "import-constructor" (func $make))
        (with "import-get" (func $get))))
      (export "acme:app/counters@1.0.0" (instance $counters)))`,
    probes: `[
      (m) => new m.counters.Counter(7).get(),
      (m) => m['acme:app/counters@1.0.0'].Counter === m.counters.Counter,
      (m) => m.counters.Counter.prototype.get.call({}),
    ]`,
  },
  composition: {
    wat: `(component
      (component $a
        (core module $m (func (export "double") (param i32) (result i32) local.get 0 i32.const 2 i32.mul))
        (core instance $i (instantiate $m))
        (func (export "double") (param "n" u32) (result u32) (canon lift (core func $i "double"))))
      (component $b
        (import "double" (func $double (param "n" u32) (result u32)))
        (core func $lowered (canon lower (func $double)))
        (core module $m
          (import "" "double" (func $double (param i32) (result i32)))
          (func (export "quadruple") (param i32) (result i32) (call $double (call $double (local.get 0)))))
        (core instance $i (instantiate $m (with "" (instance (export "double" (func $lowered))))))
        (func (export "quadruple") (param "n" u32) (result u32) (canon lift (core func $i "quadruple"))))
      (instance $ia (instantiate $a))
      (instance $ib (instantiate $b (with "double" (func $ia "double"))))
      (export "quadruple" (func $ib "quadruple")))`,
    probes: '[(m) => m.quadruple(11)]',
  },
}

/** The bytes of a component, from its text. */
export const assemble = async (wat: string) => new Uint8Array(await parse(wat))
