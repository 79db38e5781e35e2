/// <reference types="node" />
/** What the worker is asked and what it answers. */

import type { transpileBytes } from '@bytecodealliance/jco-transpile'
import type { Output } from './output.js'

/** What bounds the transpilation of one file. */
export interface TranspileLimits {
  /** From hand-over to answer, start of the worker included. */
  timeoutMs: number
  maxOutputBytes: number
  /** How much the whole process may grow meanwhile. */
  maxMemoryBytes: number
}

/** The limits where nothing else is said: 30 s, 50 MiB, 1 GiB. */
export const DEFAULT_TRANSPILE_LIMITS: TranspileLimits = {
  timeoutMs: 30_000,
  maxOutputBytes: 50 * 2 ** 20,
  maxMemoryBytes: 2 ** 30,
}

/** jco's own options. */
export type JcoTranspileOptions = NonNullable<Parameters<typeof transpileBytes>[1]>

/** What the worker is asked. */
export interface Job {
  /** Handed over: the sender has it no more. */
  bytes: Uint8Array<ArrayBuffer>
  options: JcoTranspileOptions
  maxOutputBytes: number
}

/** What the worker answers. */
export type Answer =
  | { status: 'done'; output: Output }
  | { status: 'too large'; outputBytes: number }
  | { status: 'failed'; reason: string }
