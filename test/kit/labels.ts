/** Components that import an interface under labels, assembled where the reader sees them. */

import { assemble } from './shapes.js'

const RANDOM = 'wasi:random/random@0.2.0'

/** Attributes of an import that implements an interface. */
const as = (interfaceName: string) => `(implements "${interfaceName}")`

/**
 * A component of two instances with a function `get`, which calls each: `sum()` is `first * 1000 + second`.
 * @param imports what stands after `import`: a name and attributes
 */
const two = (...imports: readonly [string, string]) =>
  assemble(`(component
    (import ${imports[0]} (instance $one (export "get-random-u64" (func (result u64)))))
    (import ${imports[1]} (instance $two (export "get-random-u64" (func (result u64)))))
    (core func $one (canon lower (func $one "get-random-u64")))
    (core func $two (canon lower (func $two "get-random-u64")))
    (core module $m
      (import "" "one" (func $one (result i64)))
      (import "" "two" (func $two (result i64)))
      (func (export "sum") (result i64) (i64.add (i64.mul (call $one) (i64.const 1000)) (call $two))))
    (core instance $i (instantiate $m (with "" (instance
      (export "one" (func $one)) (export "two" (func $two))))))
    (func (export "sum") (result u64) (canon lift (core func $i "sum"))))`)

/** One interface under two labels. */
export const twoLabels = () => two(`"one" ${as(RANDOM)}`, `"two" ${as(RANDOM)}`)

/** One interface under a label and under its own name. */
export const labelAndName = () => two(`"one" ${as(RANDOM)}`, `"${RANDOM}"`)

/** One interface under a label and, in a version that jco takes for as good, under its own name. */
export const labelAndOtherVersion = () => two(`"one" ${as(RANDOM)}`, '"wasi:random/random@0.2.3"')

/** Two versions of an interface, with functions that differ, under a label each. */
export const twoVersions = () =>
  assemble(`(component
    (import "old" ${as('acme:app/source@1.0.0')} (instance $old (export "next" (func (result u32)))))
    (import "new" ${as('acme:app/source@2.0.0')}
      (instance $new (export "next" (func (param "after" u32) (result u32)))))
    (core func $old (canon lower (func $old "next")))
    (core func $new (canon lower (func $new "next")))
    (core module $m
      (import "" "old" (func $old (result i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "run") (result i32) (call $new (call $old))))
    (core instance $i (instantiate $m (with "" (instance
      (export "old" (func $old)) (export "new" (func $new))))))
    (func (export "run") (result u32) (canon lift (core func $i "run"))))`)

/** A resource of one interface under two labels: a class each. */
export const twoResources = () => {
  const resource = `(instance $NAME
    (export "thing" (type $t (sub resource)))
    (export "[constructor]thing" (func (result (own $t))))
    (export "[method]thing.get" (func (param "self" (borrow $t)) (result u32))))`
  return assemble(`(component
    (import "my-first" ${as('acme:app/things@1.0.0')} ${resource.replace('NAME', 'one')})
    (import "second" ${as('acme:app/things@1.0.0')} ${resource.replace('NAME', 'two')})
    (core func $new1 (canon lower (func $one "[constructor]thing")))
    (core func $get1 (canon lower (func $one "[method]thing.get")))
    (core func $new2 (canon lower (func $two "[constructor]thing")))
    (core func $get2 (canon lower (func $two "[method]thing.get")))
    (core module $m
      (import "" "new1" (func $new1 (result i32)))
      (import "" "get1" (func $get1 (param i32) (result i32)))
      (import "" "new2" (func $new2 (result i32)))
      (import "" "get2" (func $get2 (param i32) (result i32)))
      (func (export "run") (result i32)
        (i32.add (i32.mul (call $get1 (call $new1)) (i32.const 1000)) (call $get2 (call $new2)))))
    (core instance $i (instantiate $m (with "" (instance
      (export "new1" (func $new1)) (export "get1" (func $get1))
      (export "new2" (func $new2)) (export "get2" (func $get2))))))
    (func (export "run") (result u32) (canon lift (core func $i "run"))))`)
}

const EVIL_ID = "it's `${*/"

/** An interface under two exported labels, with external ids on everything that may have one, and on imports. */
export const externalIds = () =>
  assemble(`(component
    (import "acme:app/source" (external-id "${EVIL_ID} source")
      (instance $source (export "next" (external-id "${EVIL_ID} next") (func (result u32)))))
    (import "log" (external-id "${EVIL_ID} log") (func $log))
    (core func $next (canon lower (func $source "next")))
    (core func $log (canon lower (func $log)))
    (core module $m
      (import "" "next" (func $next (result i32)))
      (import "" "log" (func $log))
      (func (export "go") (result i32) (call $log) (call $next)))
    (core instance $i (instantiate $m (with "" (instance
      (export "next" (func $next)) (export "log" (func $log))))))
    (func $go (result u32) (canon lift (core func $i "go")))
    (instance $runner (export "go" (external-id "${EVIL_ID} go") (func $go)))
    (export "go" (external-id "${EVIL_ID} go") (func $go))
    (export "my-runner" (implements "acme:app/runner@1.0.0") (external-id "${EVIL_ID} runner") (instance $runner))
    (export "other" (implements "acme:app/runner@1.0.0") (external-id "${EVIL_ID} other") (instance $runner)))`)
