/** Entries of the cache on disk, and a jco that counts how often it runs. */

import { createHash, createHmac } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { userKey } from '../../src/disk/user-key.js'
import type { CacheJob } from '../../src/bindings/jco/cache-entry.js'
import { createCache } from '../../src/bindings/jco/cache.js'
import type { JcoOptions } from '../../src/bindings/jco/options.js'
import { createTranspiler } from './sources.js'
import { type TranspileLimits } from '../../src/bindings/jco/job.js'
import { type Output } from '../../src/bindings/jco/output.js'
import { LIMITS } from './bindings.js'
import type { Project } from './project.js'

/** What an entry says below its first line. */
export interface Content {
  key: string
  files: [name: string, base64: string | null][]
  imports: string[]
  exports: [string, string][]
}

/** Paths of the files in a cache folder. */
export const entriesOf = (folder: string): string[] =>
  readdirSync(folder)
    .toSorted()
    .map((name) => path.join(folder, name))

/** Reads an entry. */
export function readContent(file: string): Content {
  const [, , ...rest] = readFileSync(file, 'latin1').split('\n')
  const [, header = ''] = readFileSync(file, 'utf8').split('\n')
  const bytes = Buffer.from(rest.join('\n'), 'latin1')
  const { files, ...about } = JSON.parse(header) as Omit<Content, 'files'> & {
    files: [string, number | null][]
  }
  let at = 0
  const taken = files.map(([name, length]): [string, string | null] => {
    if (length === null) return [name, null]
    at += length
    return [name, bytes.subarray(at - length, at).toString('base64')]
  })
  return { ...about, files: taken }
}

/** Writes an entry as one does who knows how entries are written. @param secret by default that of the user who reads it */
export function writeContent(file: string, content: unknown, secret: Uint8Array = userKey()!): void {
  const rest = encodeContent(content)
  const digest = createHash('sha256').update(rest).digest()
  const first = `${createHmac('sha256', secret).update(digest).digest('hex')}\n`
  writeFileSync(file, Buffer.concat([Buffer.from(first), rest]))
}

/** What stands below the first line: a line of JSON, and the files. What is no base64 is said in place of a length. */
export function encodeContent(content: unknown): Buffer {
  if (typeof content === 'string' || content instanceof Uint8Array) return Buffer.from(content as Uint8Array)
  const { files } = Object(content) as { files?: unknown }
  if (!Array.isArray(files)) return Buffer.from(`${JSON.stringify(content)}\n`)
  const bytes: Buffer[] = []
  const lengths = files.map(([name, base64]: [unknown, unknown]) => {
    if (typeof base64 !== 'string') return [name, base64]
    bytes.push(Buffer.from(base64, 'base64'))
    return [name, bytes.at(-1)!.length]
  })
  const header = JSON.stringify({ ...(content as object), files: lengths })
  return Buffer.concat([Buffer.from(`${header}\n`), ...bytes])
}

/** The job for a component, and what jco made of it. */
export async function recordOutput(bytes: Uint8Array, jco: JcoOptions = {}) {
  let recorded: { job: CacheJob; output: Output } | undefined
  const cache = {
    entry: (job: CacheJob) => ({
      read: () => undefined,
      write: (output: Output) => (recorded = { job, output }),
    }),
    prune: () => {},
    lack: () => undefined,
  }
  const transpiler = createTranspiler({ jco, limits: LIMITS, cache })
  await transpiler.transpile(bytes, { name: 'component', file: 'x.wasm' })
  await transpiler.close()
  return recorded!
}

/** A worker script that answers every job with this output, and keeps count in a file. */
export function recordedJco(project: Project, output: Output) {
  const files = Object.entries(output.files).map(([name, bytes]) => [
    name,
    Buffer.from(bytes).toString('base64'),
  ])
  project.write({
    'runs.txt': '',
    'jco.mjs': `
      import { appendFileSync } from 'node:fs'
      import { parentPort } from 'node:worker_threads'
      const { files, ...rest } = ${JSON.stringify({ ...output, files })}
      const output = { ...rest, files: Object.fromEntries(files.map(([name, text]) => [name, new Uint8Array(Buffer.from(text, 'base64'))])) }
      parentPort.on('message', () => {
        appendFileSync(${JSON.stringify(project.at('runs.txt'))}, '.')
        parentPort.postMessage({ status: 'done', output })
      })`,
  })
  return { worker: pathToFileURL(project.at('jco.mjs')), runs: () => project.read('runs.txt').length }
}

/** Where jco cannot run. */
export const NO_JCO = new URL('data:text/javascript,throw new Error("jco ran")')

/** Transpiles in a process, as it were, of its own: nothing is remembered but on disk. */
export async function transpileWith(
  folder: string,
  bytes: Uint8Array,
  {
    worker,
    jco = {},
    limits = {},
    name = 'component',
  }: { worker?: URL; jco?: JcoOptions; limits?: Partial<TranspileLimits>; name?: string } = {},
) {
  const transpiler = createTranspiler({
    jco,
    limits: { ...LIMITS, ...limits },
    cache: createCache(() => folder),
    ...(worker && { worker }),
  })
  try {
    return await transpiler.transpile(bytes, { name, file: 'x.wasm' })
  } finally {
    await transpiler.close()
  }
}
