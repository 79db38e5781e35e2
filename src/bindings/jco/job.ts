/** What the transpiler is asked and what it answers, and in what bounds. */

import type { Output } from './output.js'

/** What bounds the transpilation of one file. */
export interface TranspileLimits {
  /** From hand-over to answer, start of the transpiler included. */
  timeoutMs: number
  maxOutputBytes: number
  /** How much the process in which jco runs may grow meanwhile. */
  maxMemoryBytes: number
}

/** The limits where nothing else is said: 30 s, 50 MiB, 1 GiB. */
export const DEFAULT_TRANSPILE_LIMITS: TranspileLimits = {
  timeoutMs: 30_000,
  maxOutputBytes: 50 * 2 ** 20,
  maxMemoryBytes: 2 ** 30,
}

/** The options of jco's bindgen component that are used here. @see jco-transpile 0.15.0, `GenerateOptions` */
export interface BindgenOptions {
  name: string
  map: [from: string, to: string][]
  instantiation: { tag: 'async' }
  asyncMode?: { tag: 'jspi'; val: { imports: string[]; exports: string[] } }
  validLiftingOptimization: boolean
  tracing: boolean
  noComponentErrorWrapping: boolean
  noNodejsCompat: boolean
  base64Cutoff: number
  strict: boolean
  flagsAsBigint: boolean
  variantsInlineCases: boolean
  useNamespaceObjects: boolean
  enumValuesScreamingSnakeCase: boolean
}

/** What the transpiler is asked. */
export interface Job {
  /** Handed over: the sender has it no more. */
  bytes: Uint8Array<ArrayBuffer>
  options: BindgenOptions
  maxOutputBytes: number
  maxMemoryBytes: number
}

/** What the transpiler answers. */
export type Answer =
  | { status: 'done'; output: Output }
  | { status: 'too large'; outputBytes: number }
  /** Of memory. */
  | { status: 'grown' }
  | { status: 'failed'; reason: string }

/** A place in which jco runs, one job at a time. */
export interface Runner {
  /** Runs a job; the process stays alive until then. After an answer other than `done`, a runner is ended. */
  ask(job: Job): Promise<Answer>
  /** Whether it has ended by itself. */
  isGone(): boolean
  /** Ends it whatever it does; resolves when it is gone. */
  end(): Promise<unknown>
}
