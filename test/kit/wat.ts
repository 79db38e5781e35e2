/** Small binaries, assembled where the reader sees them. */

import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'

const assemble = async (text: string) => new Uint8Array(await parse(text))

/** A core module that exports `answer() -> value`. */
export const coreModule = (value = 42) =>
  assemble(`(module (func (export "answer") (result i32) i32.const ${value}))`)

/** A component that exports `answer() -> 42`, and `fail()`, which traps. */
export const failingComponent = () =>
  assemble(`(component
    (core module $m
      (func (export "answer") (result i32) i32.const 42)
      (func (export "fail") unreachable))
    (core instance $i (instantiate $m))
    (func (export "answer") (result u32) (canon lift (core func $i "answer")))
    (func (export "fail") (canon lift (core func $i "fail"))))`)

/** A component that exports `answer() -> value`. */
export const constantComponent = (value: number) =>
  assemble(`(component
    (core module $m (func (export "answer") (result i32) i32.const ${value}))
    (core instance $i (instantiate $m))
    (func (export "answer") (result u32) (canon lift (core func $i "answer"))))`)

/** A component whose `run(n)` calls `add-one` of the interface `acme:app/math@1.0.0` twice. */
export const hostComponent = () =>
  assemble(`(component
    (import "acme:app/math@1.0.0" (instance $math (export "add-one" (func (param "n" u32) (result u32)))))
    (core func $add (canon lower (func $math "add-one")))
    (core module $m
      (import "host" "add" (func $add (param i32) (result i32)))
      (func (export "run") (param i32) (result i32) (call $add (call $add (local.get 0)))))
    (core instance $i (instantiate $m (with "host" (instance (export "add" (func $add))))))
    (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run"))))`)

/** A component whose `run()` asks WASI for two random numbers and says whether they differ. */
export const wasiComponent = () =>
  assemble(`(component
    (import "wasi:random/random@0.2.3" (instance $random (export "get-random-u64" (func (result u64)))))
    (core func $random (canon lower (func $random "get-random-u64")))
    (core module $m
      (import "wasi" "random" (func $random (result i64)))
      (func (export "run") (result i32) (i64.ne (call $random) (call $random))))
    (core instance $i (instantiate $m (with "wasi" (instance (export "random" (func $random))))))
    (func (export "run") (result bool) (canon lift (core func $i "run"))))`)

/** A component that exports and imports two versions of an interface each, with different functions. */
export const versionsComponent = () =>
  assemble(`(component
    (import "acme:app/source@1.0.0" (instance $one (export "next" (func (result u32)))))
    (import "acme:app/source@2.0.0" (instance $two (export "next" (func (param "after" u32) (result u32)))))
    (core func $one (canon lower (func $one "next")))
    (core func $two (canon lower (func $two "next")))
    (core module $m
      (import "source" "one" (func $one (result i32)))
      (import "source" "two" (func $two (param i32) (result i32)))
      (func (export "half") (param i32) (result i32) (i32.add (call $one) (local.get 0)))
      (func (export "sum") (param i32 i32) (result i32) (call $two (i32.add (local.get 0) (local.get 1)))))
    (core instance $i (instantiate $m
      (with "source" (instance (export "one" (func $one)) (export "two" (func $two))))))
    (func $half (param "n" u32) (result u32) (canon lift (core func $i "half")))
    (func $sum (param "n" u32) (param "m" u32) (result u32) (canon lift (core func $i "sum")))
    (instance $v2 (export "combine" (func $sum)))
    (instance $v1 (export "change" (func $half)))
    (export "acme:app/math@2.0.0" (instance $v2))
    (export "acme:app/math@1.0.0" (instance $v1)))`)
