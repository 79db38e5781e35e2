/** THREATS 2 and 27: what a component may call things. */

import { transpileBytes } from '@bytecodealliance/jco-transpile'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { transpiler } from '../kit/bindings.js'
import { assemble } from '../kit/shapes.js'

const own = transpiler()
afterAll(() => own.close())

const global = globalThis as { canary?: unknown }
afterEach(() => delete global.canary)

/** Any text as a WAT string. */
const wat = (text: string) =>
  `"${Array.from(new TextEncoder().encode(text), (byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')}"`

/** Components that carry a text in each place where jco copies names into code. */
const PLACES: Record<string, (text: string) => string> = {
  'export of a core module': (text) => `(component
    (core module $m (func (export ${wat(text)}) (result i32) i32.const 1))
    (core instance $i (instantiate $m))
    (func (export "go") (result u32) (canon lift (core func $i ${wat(text)}))))`,
  'import of a core module': (text) => `(component
    (core module $a (func (export "f")))
    (core module $m (import "m" ${wat(text)} (func)) (func (export "go") (result i32) i32.const 1))
    (core instance $a (instantiate $a))
    (core instance $b (export ${wat(text)} (func $a "f")))
    (core instance $i (instantiate $m (with "m" (instance $b))))
    (func (export "go") (result u32) (canon lift (core func $i "go"))))`,
  'import module of a core module': (text) => `(component
    (core module $a (func (export "f")))
    (core module $m (import ${wat(text)} "f" (func)) (func (export "go") (result i32) i32.const 1))
    (core instance $a (instantiate $a))
    (core instance $i (instantiate $m (with ${wat(text)} (instance $a))))
    (func (export "go") (result u32) (canon lift (core func $i "go"))))`,
}
PLACES['core module of a nested component'] = (text) => `(component
  (component $inner ${PLACES['export of a core module']!(text)
    .replace(/^\(component/, '')
    .slice(0, -1)})
  (instance $i (instantiate $inner))
  (export "go" (func $i "go")))`

const ATTACKS = {
  'ends a string': "x']; globalThis.canary = 1; exports0['x",
  'ends an object': "x': globalThis.canary = 1, 'y",
  'ends a line': 'x\nglobalThis.canary = 1\n',
  'ends a template': 'x`; globalThis.canary = 1; `',
  'escapes the quote': 'x\\',
}

describe.each(Object.entries(PLACES))('a name that reaches generated code as %s', (_, place) => {
  test.each(Object.entries(ATTACKS))('is refused when it %s', async (__, text) => {
    const attempt = own.transpile(await assemble(place(text)), { name: 'a', file: 'a.wasm' })
    await expect(attempt).rejects.toMatchObject({ code: 'UNSAFE_NAME', file: 'a.wasm' })
    expect(global.canary).toBeUndefined()
  })

  test('would otherwise have been copied as it is', async () => {
    const text = ATTACKS['ends an object']
    const { files } = await transpileBytes(await assemble(place(text)), { name: 'a', instantiation: 'async' })
    expect(new TextDecoder().decode(files['a.js'])).toContain(`'${text}'`)
  })
})

describe('names that jco checks itself', () => {
  const bad = wat("it's")
  const FUNCTION = '(core module $m (func (export "go"))) (core instance $i (instantiate $m))'
  const PARTS: Record<string, string> = {
    import: `(import ${bad} (func))`,
    'import by URL': `(import ${wat("url=<https://x/'>")} (func))`,
    'imported interface': `(import ${bad} (instance (export "f" (func))))`,
    'member of an imported interface': `(import "a:b/c" (instance (export ${bad} (func))))`,
    export: `${FUNCTION} (func (export ${bad}) (canon lift (core func $i "go")))`,
    'exported interface': `(instance $e) (export ${bad} (instance $e))`,
    parameter: `(import "f" (func (param ${bad} u32)))`,
    'record field': `(type $t (record (field ${bad} u32))) (import "t" (type (eq $t)))`,
    'enum case': `(type $t (enum ${bad})) (import "t" (type (eq $t)))`,
    'variant case': `(type $t (variant (case ${bad} u32))) (import "t" (type (eq $t)))`,
    flag: `(type $t (flags ${bad})) (import "t" (type (eq $t)))`,
    resource: `(import ${bad} (type (sub resource)))`,
    'member of an interface type': `(type (instance (export ${bad} (func))))`,
    'import of a component type': `(type (component (import ${bad} (func))))`,
  }

  test.each(Object.entries(PARTS))('are refused in a %s', async (_, part) => {
    const attempt = own.transpile(await assemble(`(component ${part})`), { name: 'a', file: 'a.wasm' })
    const error = await attempt.then(
      () => 'accepted',
      (problem: { code: string }) => problem.code,
    )
    expect(['UNSAFE_NAME', 'TRANSPILE_FAILED']).toContain(error)
  })
})

test('a good file after all of these is transpiled as ever', async () => {
  const { exports } = await own.transpile(await assemble(PLACES['export of a core module']!('x.y#[z]')), {
    name: 'a',
    file: 'a.wasm',
  })
  expect(exports).toEqual([['go', 'function']])
})
