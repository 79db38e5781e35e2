/** Components that jco cannot bind, though they are valid. */

/** A component with one core function of no arguments. */
const component = (rest: string) => `(component
  (core module $m (func (export "f") (result i32) i32.const 1))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  ${rest})`

/** By what jco does not expect. */
export const REFUSED: Record<string, readonly [wat: string, reason: RegExp]> = {
  'a function under the name of an interface': [
    component('(export "acme:app/f@1.0.0" (func $f))'),
    /it panicked at wit-parser-.*: internal error: entered unreachable code/,
  ],
  'an export with an upper-case word': [
    component('(export "to-URL" (func $f))'),
    /it panicked at .*: failed to find component export \[to-url\]/,
  ],
  'an exported core module': [
    component('(export "m" (core module $m))'),
    /`m` was not a function or instance/,
  ],
  'an exported component': [
    component('(component $c) (export "c" (component $c))'),
    /`c` was not a function or instance/,
  ],
  'an exported type': [
    component('(type $t (record (field "a" u32))) (export "t" (type $t)) (export "f" (func $f))'),
    /`t` was not a function or instance/,
  ],
  'an exported resource': [
    component('(type $t (resource (rep i32))) (export "t" (type $t)) (export "f" (func $f))'),
    /`t` was not a function or instance/,
  ],
  'an imported component': [
    component('(import "c" (component)) (export "f" (func $f))'),
    /root-level component imports are not supported/,
  ],
  'an interface in an interface': [
    component(
      '(instance $a (export "f" (func $f))) (instance $b (export "a" (instance $a))) (export "acme:app/b@1.0.0" (instance $b))',
    ),
    /instance type export `a` is not a type/,
  ],
}
