/** What jco made of a component, as the rest of this room sees it. */

import { Admitted } from '../../policy/admitted.js'

/** What jco made of one component. */
export interface Transpiled {
  /** jco's module, as it wrote it. */
  js: string
  /** Core modules by the name under which {@link js} asks for them. */
  cores: Readonly<Record<string, Uint8Array>>
  /** The imports that need a host, by full name: `wasi:cli/stdout@0.2.3`, `log`, `a (wasi:random/random@0.2.0)`. */
  imports: readonly string[]
  /** Exports by their JavaScript name. */
  exports: readonly (readonly [name: string, kind: 'function' | 'instance'])[]
  /** Whether jco exports helpers for hosts, as `_util`: what a component with futures has. */
  hasUtil: boolean
  /** Whether an instance needs an engine with JSPI. */
  needsJspi: boolean
  /** TypeScript declarations by file name; the first-level one is `<name>.d.ts`. */
  declarations: Readonly<Record<string, string>>
}

/** What is transpiled: an admitted component, or what was made of one. */
export type TranspileSource = Pick<Admitted, 'bytes' | 'contentDigest' | 'cores'>

/** See {@link createTranspiler}. */
export interface Transpiler {
  /**
   * Runs jco on a verified component.
   * @param source never handed over: jco gets a copy
   * @param about `name` for the generated files, without extension; `file` is the display path for errors
   * @returns from memory when the same content was transpiled under the same name before, else from the cache on disk
   *   where there is one, else from jco; the same in each case
   * @throws Diagnostic `UNSAFE_NAME`, `NESTING_TOO_DEEP`, `WASM_MALFORMED`, `TRANSPILE_FAILED`,
   *   `TRANSPILE_TIMEOUT`, `TRANSPILE_MEMORY`, `TRANSPILE_TOO_LARGE`, `SEAM_CHANGED`
   */
  transpile(source: TranspileSource, about: { name: string; file: string }): Promise<Transpiled>
  /** Keeps jco ready for a build that goes on, as in watch mode, and for a server. */
  stay(): void
  /** Ends jco; jobs that wait or run are rejected. */
  close(): Promise<void>
}
