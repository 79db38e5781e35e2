/// <reference types="node" />
/** Talks to the worker that runs jco: one at a time, within limits, and never with a worker that has failed. */

import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { compileFunction } from 'node:vm'
import { Worker } from 'node:worker_threads'
import type { transpileBytes } from '@bytecodealliance/jco-transpile'
import { Diagnostic, problem } from '../errors.js'
import { toHex } from '../format/bytes.js'
import { scanNames } from '../format/names.js'
import { sha256 } from '../trust/ed25519.js'
import type { CacheEntry, OutputCache } from './cache.js'
import { cutSeams } from './codegen.js'
import type { JcoOptions } from './options.js'

/** What jco made of one component. */
export interface Transpiled {
  /** jco's module, as it wrote it. */
  js: string
  /** Core modules by the name under which {@link js} asks for them. */
  cores: Readonly<Record<string, Uint8Array>>
  /** The imports that need a host, by full name: `wasi:cli/stdout@0.2.3`, `log`. */
  imports: readonly string[]
  /** Exports by their JavaScript name. */
  exports: readonly (readonly [name: string, kind: 'function' | 'instance'])[]
  /** TypeScript declarations by file name; the first-level one is `<name>.d.ts`. */
  declarations: Readonly<Record<string, string>>
}

/** What bounds the transpilation of one file. */
export interface TranspileLimits {
  /** From hand-over to answer, start of the worker included. */
  timeoutMs: number
  maxOutputBytes: number
  /** How much the whole process may grow meanwhile. */
  maxMemoryBytes: number
}

/** See {@link createTranspiler}. */
export interface Transpiler {
  /**
   * Runs jco on a verified component.
   * @param bytes copied before this returns, so later changes have no effect
   * @param about `name` for the generated files, without extension; `file` is the display path for errors
   * @returns from memory when the same bytes were transpiled under the same name before, else from the cache on disk
   *   where there is one, else from jco; the same in each case
   * @throws Diagnostic `UNSAFE_NAME`, `NESTING_TOO_DEEP`, `WASM_MALFORMED`, `TRANSPILE_FAILED`,
   *   `TRANSPILE_TIMEOUT`, `TRANSPILE_MEMORY`, `TRANSPILE_TOO_LARGE`, `SEAM_CHANGED`
   */
  transpile(bytes: Uint8Array, about: { name: string; file: string }): Promise<Transpiled>
  /** Ends the worker; jobs that wait or run are rejected. */
  close(): Promise<void>
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

/** What jco made, not yet looked at. */
export interface Output {
  /** By name, in the order of jco. */
  files: Record<string, Uint8Array>
  imports: string[]
  exports: [string, 'function' | 'instance'][]
}

/**
 * Makes a transpiler with a worker of its own, which starts with the first job and never keeps the
 * process alive between jobs.
 * @param setup.jco options handed to jco; those that the seam depends on are set here
 * @param setup.cache where outputs of earlier processes are; none of them is taken on trust
 * @param setup.worker another worker script, for tests
 */
export function createTranspiler(setup: {
  jco: JcoOptions
  limits: TranspileLimits
  cache?: OutputCache | undefined
  worker?: URL
}): Transpiler {
  const jobs = startQueue(setup.worker ?? workerUrl(), setup.limits)
  const memory = createMemory()

  const transpile = async (bytes: Uint8Array<ArrayBuffer>, name: string) => {
    const { imports } = scanNames(bytes)
    const options = transpileOptions(setup.jco, { name: safeName(name), imports })
    const job = { bytes, options, maxOutputBytes: setup.limits.maxOutputBytes }
    const entry = setup.cache?.entry(job)
    const stored = takeStored(entry, safeName(name))
    if (stored !== undefined) return stored
    // The worker gets a buffer for itself, and what it made of it is compared with these bytes.
    const output = await jobs.run(entry === undefined ? job : { ...job, bytes: bytes.slice() })
    const transpiled = checkOutput(output, safeName(name))
    entry?.write(output)
    return transpiled
  }

  return {
    transpile(bytes, { name, file }) {
      const copy = new Uint8Array(bytes)
      return memory(`${safeName(name)} ${toHex(sha256(copy))}`, () => transpile(copy, name)).catch(
        (error: unknown) => {
          throw error instanceof Diagnostic ? error.at(file) : error
        },
      )
    },
    close: jobs.close,
  }
}

/** What is stored goes through the same checks as what jco has just made; what fails them is made anew. */
function takeStored(entry: CacheEntry | undefined, name: string): Transpiled | undefined {
  const output = entry?.read()
  if (output === undefined) return undefined
  try {
    return checkOutput(output, name)
  } catch (error) {
    if (error instanceof Diagnostic) return undefined
    throw error
  }
}

/** The name goes into generated code and file names; core modules are asked for by it. */
function safeName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '-') || 'component'
}

/**
 * A fresh object for each job, because jco writes into it.
 *
 * - `map` names each import by its full name; jco's default drops versions, so that two versions of one
 *   interface collide.
 * - `nodejsCompat: false` leaves out an `import('node:fs/promises')` that bundlers for browsers refuse.
 * - `noComponentErrorWrapping: false` is the default of jco itself, which jco-transpile turned round.
 */
function transpileOptions(
  jco: JcoOptions,
  about: { name: string; imports: readonly string[] },
): JcoTranspileOptions {
  return {
    ...jco,
    asyncImports: [...(jco.asyncImports ?? [])],
    asyncExports: [...(jco.asyncExports ?? [])],
    name: about.name,
    instantiation: 'async',
    map: Object.fromEntries(about.imports.map((name) => [name, name])),
    nodejsCompat: false,
    noComponentErrorWrapping: false,
  }
}

// A worker needs a file that Node can run. Beside compiled code there is one; sources, run by a test runner, use it too.
function workerUrl(): URL {
  const fromSources = import.meta.url.endsWith('.ts')
  return new URL(
    fromSources ? '../../dist/build/transpile-worker.js' : './transpile-worker.js',
    import.meta.url,
  )
}

/** Remembers results by key, oldest forgotten first; failures are not remembered. */
function createMemory(maxBytes = 256 * 2 ** 20) {
  const entries = new Map<string, { result: Promise<Transpiled>; bytes: number }>()

  const evict = () => {
    let total = [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0)
    for (const [key, { bytes }] of entries) {
      if (total <= maxBytes) return
      entries.delete(key)
      total -= bytes
    }
  }

  return (key: string, start: () => Promise<Transpiled>): Promise<Transpiled> => {
    const known = entries.get(key)
    if (known) return known.result
    const entry = { result: start(), bytes: 0 }
    entries.set(key, entry)
    entry.result.then(
      (transpiled) => {
        entry.bytes = sizeOf(transpiled)
        evict()
      },
      () => entries.delete(key),
    )
    return entry.result
  }
}

function sizeOf({ js, cores }: Transpiled): number {
  return Object.values(cores).reduce((sum, core) => sum + core.length, js.length)
}

/** Runs jobs one after another; a worker that failed in any way is not used again. */
function startQueue(url: URL, limits: TranspileLimits) {
  let worker: Worker | undefined
  let last: Promise<unknown> = Promise.resolve()
  let closed = false

  const discard = async () => {
    const failed = worker
    worker = undefined
    // A file that is refused must not keep the build waiting: V8 sees the request only where a loop makes a call.
    await Promise.race([failed?.terminate(), setTimeout(LONGEST_END_MS, undefined, { ref: false })])
  }

  const runNow = async (job: Job): Promise<Output> => {
    if (closed) throw problem('TRANSPILE_FAILED', { reason: 'the build has ended' })
    worker ??= startWorker(url, limits, (ended) => {
      if (worker === ended) worker = undefined
    })
    try {
      const answer = await ask(worker, job, limits)
      if (answer.status === 'done') return answer.output
      if (answer.status === 'too large') {
        throw problem('TRANSPILE_TOO_LARGE', {
          outputBytes: answer.outputBytes,
          maxOutputBytes: job.maxOutputBytes,
        })
      }
      throw problem('TRANSPILE_FAILED', { reason: answer.reason })
    } catch (error) {
      await discard()
      throw error
    }
  }

  return {
    run(job: Job): Promise<Output> {
      const result = last.then(() => runNow(job))
      last = result.catch(() => {}) // The caller has the failure; the queue goes on.
      return result
    },
    async close() {
      closed = true
      await discard()
    },
  }
}

/** How long a worker may take to end. */
const LONGEST_END_MS = 5000

/** With much less, V8 ends the process instead of the worker. */
const MIN_HEAP_MB = 128

function startWorker(url: URL, limits: TranspileLimits, onExit: (worker: Worker) => void): Worker {
  const worker = new Worker(url, {
    // Neither the flags of whoever runs us (loaders, inspectors) nor the environment concern jco.
    execArgv: [],
    env: {},
    // A panic is printed before it is thrown. Kept from the terminal and never read, since reading would
    // keep the process alive, and what is thrown says enough.
    stdout: true,
    stderr: true,
    // Memory is watched in `ask`, that of wasm, which is where jco works, as well as that of JavaScript. This is for
    // what gets past the watch, since V8 may answer it by ending the process.
    resourceLimits: { maxOldGenerationSizeMb: Math.max(MIN_HEAP_MB, (2 * limits.maxMemoryBytes) / 2 ** 20) },
  })
  worker.unref()
  worker.on('error', () => {}) // Without a listener it would end this process. `ask` hears of it, and `onExit`.
  worker.once('exit', () => onExit(worker))
  return worker
}

/** One job, one answer; the worker keeps the process alive until then. */
async function ask(
  worker: Worker,
  job: Job,
  { timeoutMs, maxMemoryBytes }: TranspileLimits,
): Promise<Answer> {
  const settled = new AbortController()
  const { signal } = settled
  const answered = once(worker, 'message', { signal }).then(([answer]) => answer as Answer)
  const ended = once(worker, 'exit', { signal }).then(() => {
    throw problem('TRANSPILE_FAILED', { reason: 'its worker ended' })
  })
  const late = setTimeout(Math.min(timeoutMs, LONGEST_TIMER_MS), undefined, { signal }).then(() => {
    throw problem('TRANSPILE_TIMEOUT', { timeoutMs })
  })
  const grown = untilGrown(maxMemoryBytes, signal).then(() => {
    throw problem('TRANSPILE_MEMORY', { maxMemoryBytes })
  })
  worker.ref()
  worker.postMessage(job, [job.bytes.buffer])
  try {
    return await Promise.race([answered, ended, late, grown])
  } catch (error) {
    throw workerProblem(error, maxMemoryBytes)
  } finally {
    settled.abort()
    worker.unref()
  }
}

/** A longer timer would fire at once. @see Node.js documentation, "setTimeout" */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** How often memory is looked at while jco runs. */
const SAMPLE_MS = 50

/** Resolves when the process has grown by more than that since the call. */
async function untilGrown(maxMemoryBytes: number, signal: AbortSignal): Promise<void> {
  const start = process.memoryUsage.rss()
  do await setTimeout(SAMPLE_MS, undefined, { signal })
  while (process.memoryUsage.rss() - start <= maxMemoryBytes)
}

function workerProblem(error: unknown, maxMemoryBytes: number): Diagnostic {
  if (error instanceof Diagnostic) return error
  const { code, message } = Object(error) as { code?: unknown; message?: unknown }
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return problem('TRANSPILE_MEMORY', { maxMemoryBytes }, { cause: error })
  return problem('TRANSPILE_FAILED', { reason: String(message) }, { cause: error })
}

/** Takes nothing from jco that could lead out of a folder or that no JavaScript engine reads. */
function checkOutput({ files, imports, exports }: Output, name: string): Transpiled {
  const unsafe = Object.keys(files).find(leadsOutside)
  if (unsafe !== undefined)
    throw problem('UNSAFE_NAME', { name: unsafe, reason: 'a generated file must stay in its folder' })
  const main = files[`${name}.js`]
  if (main === undefined) throw problem('TRANSPILE_FAILED', { reason: 'it made no JavaScript' })
  const js = decoder.decode(main)
  checkSyntax(cutSeams(js).toString())
  const endingWith = (extension: string) => Object.entries(files).filter(([file]) => file.endsWith(extension))
  return {
    js,
    cores: Object.fromEntries(endingWith('.wasm')),
    imports,
    exports,
    declarations: Object.fromEntries(endingWith('.d.ts').map(([file, text]) => [file, decoder.decode(text)])),
  }
}

const decoder = new TextDecoder()

function leadsOutside(file: string): boolean {
  return /[\\\0]|^\/|^[a-z]:|(?:^|\/)\.\.(?:\/|$)/i.test(file)
}

/** Compiles without running. Names from the component stand in this code: see format/names.ts, which comes first. */
function checkSyntax(js: string): void {
  try {
    compileFunction(`"use strict";${js}`, [], { filename: 'bindings.js' })
  } catch (error) {
    const reason = `its bindings are not valid JavaScript: ${(error as Error).message}`
    throw problem('TRANSPILE_FAILED', { reason }, { cause: error })
  }
}
