/** Bindings made by us and by jco itself, as files that plain Node runs. */

import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { transpile as jcoTranspile } from '@bytecodealliance/jco'
import { type Host, planImports } from '../../src/bindings/hosts.js'
import type { JcoOptions } from '../../src/bindings/jco/options.js'
import type { Transpiled } from '../../src/bindings/jco/transpiled.js'
import type { ModuleForm, Recheck } from '../../src/bindings/module/input.js'
import { REPOSITORY } from './project.js'
import { createTranspiler, generateModule } from './sources.js'

/** The defaults of the plugin. */
export const LIMITS = { timeoutMs: 30_000, maxOutputBytes: 50 * 2 ** 20, maxMemoryBytes: 2 ** 30 }

/** The folder of the built runtime, by a path that Node and bundlers take. */
export const RUNTIME = path.join(REPOSITORY, 'dist/runtime').replaceAll('\\', '/')

/** URL of the folder with the built files. */
export const DIST = pathToFileURL(path.join(REPOSITORY, 'dist')).href

/** A transpiler with the plugin's defaults. */
export const transpiler = (jco: JcoOptions = {}) => createTranspiler({ jco, limits: LIMITS })

/** Writes files into a folder, which is made. */
export function writeFiles(folder: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), content)
  }
}

/** Writes our module `index.js` and, beside it, the signed file that it reads. */
export function writeOurs(
  folder: string,
  parts: {
    transpiled: Transpiled
    bytes: Uint8Array
    form: ModuleForm
    hosts?: Record<string, string>
    inline?: boolean
    plan?: ReadonlyMap<string, Host>
    recheck?: Recheck
    tracing?: boolean
  },
): string {
  const { transpiled, bytes, form } = parts
  const { code } = generateModule({
    transpiled,
    bytes,
    form,
    source: parts.inline
      ? { kind: 'inline' }
      : { kind: 'url', expression: "new URL('./component.wasm', import.meta.url)" },
    recheck: parts.recheck ?? { kind: 'off' },
    runtime: RUNTIME,
    tracing: parts.tracing,
    hosts: parts.plan ?? planImports(transpiled.imports, parts.hosts ?? {}).hosts,
  })
  writeFiles(folder, { 'index.js': code, 'component.wasm': bytes })
  return code
}

/** Writes what jco's own defaults make, as `index.js` and its core modules. */
export async function writeJcos(
  folder: string,
  bytes: Uint8Array,
  hosts: Record<string, string> = {},
): Promise<void> {
  const { files } = await jcoTranspile(bytes, { name: 'index', map: { ...hosts } })
  writeFiles(folder, files)
}

/** Runs the statements of an ES module in plain Node; they end with `report(value)`. */
export async function runModule(folder: string, source: string): Promise<unknown> {
  return (await observeModule(folder, source)).value
}

/** As {@link runModule}, with what the process wrote to its standard error. */
export async function observeModule(
  folder: string,
  source: string,
): Promise<{ value: unknown; stderr: string }> {
  writeFiles(folder, { 'run.mjs': `${REPORT}\n${source}` })
  const run = promisify(execFile)(process.execPath, [path.join(folder, 'run.mjs')], { maxBuffer: 2 ** 26 })
  const { stdout, stderr } = await run
  return {
    value: JSON.parse(stdout.slice(stdout.lastIndexOf('\u0001') + 1, stdout.lastIndexOf('\u0002'))),
    stderr,
  }
}

/** Source of `outcome(call)` and of `spell`: values that JSON has no words for, so that nothing compares equal by accident. */
export const SPELL = String.raw`
const spell = (_, value) =>
  typeof value === 'bigint' ? value + 'n'
  : typeof value === 'function' ? 'function ' + value.name
  : value === undefined ? 'undefined'
  : Object.is(value, -0) ? '-0'
  : typeof value === 'number' && !Number.isFinite(value) ? String(value)
  : ArrayBuffer.isView(value) ? [value.constructor.name, ...value].map(String)
  : value instanceof Error ? { error: String(value.message), payload: value.payload }
  : value
const outcome = async (call) => { try { return { returned: await call() } } catch (error) { return { threw: error } } }
`

const REPORT = String.raw`
${SPELL}
const report = (value) => process.stdout.write('\u0001' + JSON.stringify(value, spell) + '\u0002')
`
