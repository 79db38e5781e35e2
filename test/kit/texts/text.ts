/** A component as text, and how to use it. */

import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import type { Usage } from '../equality.js'

/** A component as text, how to use it, and what TypeScript must take and refuse. */
export interface Text extends Usage {
  wat: string
  /** What `wat` is the core module of, where it is no component. Names in it: Component Model, BuildTargets.md. */
  wit?: string
  /** It runs where WebAssembly has JSPI only. */
  needsJspi?: boolean
  /** Lines of TypeScript that use it as `./it.wasm`. */
  types: string
}

/** The bytes of a component. */
export async function build({ wat, wit }: Pick<Text, 'wat' | 'wit'>): Promise<Uint8Array> {
  const binary = await parse(wat)
  if (wit === undefined) return new Uint8Array(binary)
  return new Uint8Array(await componentNew(await componentEmbed({ binary, witSource: wit }), []))
}

/** What the canonical ABI asks of a core module that is given lists or texts; memory is never freed. */
export const ALLOCATOR = `
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 1024))
  (func $allocate (export "cabi_realloc") (param i32 i32 i32) (param $length i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get $length)))
    (local.get $at))`
