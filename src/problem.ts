/**
 * How problems are raised. Only values stand at the throw site: the words, and the class that people see, come from
 * `errors.ts`, which registers itself. The check at run time raises problems without either, and loads them on a refusal.
 */

import type { Code, Diagnostic, ValuesOf } from './errors.js'

type Maker = (code: Code, values: Record<string, unknown>, options?: ErrorOptions) => Diagnostic

let make: Maker = (code) => new Error(code) as Diagnostic

/** Decides what {@link problem} makes from then on. */
export function useDiagnostics(maker: Maker): void {
  make = maker
}

/**
 * Makes a Diagnostic from a code and the values its words need.
 * @param values never secret key material
 */
export function problem<C extends Code>(code: C, values: ValuesOf<C>, options?: ErrorOptions): Diagnostic {
  return make(code, values as Record<string, unknown>, options)
}
