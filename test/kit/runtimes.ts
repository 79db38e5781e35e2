/** Bun and Deno, in exact versions, installed for the tests. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import { command, type Ended } from './run.js'
import { withoutSlow } from './slow.js'

/** Whether tests may install them, and what else npm would have to get. */
export const IS_WANTED = process.env['SIGNED_WASM_FRAMEWORKS'] === '1'

const VERSIONS = { bun: '1.4.5', deno: '2.9.6' } as const
/** What puts the program of the machine in its place, which npm does not always let packages do. */
const SCRIPTS = { bun: 'install.js', deno: 'install.cjs' } as const

/** Another runtime. */
export type Runtime = keyof typeof VERSIONS

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })))

/** Installs one. @returns the path of the program */
export async function installRuntime(name: Runtime): Promise<string> {
  if (!IS_WANTED) return ''
  const folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm-'))
  folders.push(folder)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
  const run = async (file: string, args: readonly string[]) => {
    const ended = await command(file, args, { cwd: folder, timeoutMs: 200_000 })
    if (ended.code !== 0) throw new Error(`${file} ${args.join(' ')}: ${ended.output}`)
  }
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts']
  await run('npm', ['install', ...quiet, `${name}@${VERSIONS[name]}`])
  await run(process.execPath, [path.join('node_modules', name, SCRIPTS[name])])
  return path.join(folder, 'node_modules/.bin', name)
}

/** Says, where a runtime is not wanted, what is skipped. */
export function sayIfSkipped(name: string): void {
  if (!IS_WANTED)
    console.warn(`\n  SKIPPED: ${name}, which npm would have to install. Set SIGNED_WASM_FRAMEWORKS=1.\n`)
}

/** What a program printed, and what else was said. */
export function said({ code, stdout, output }: Ended) {
  return { code, out: withoutSlow(stdout).trim(), err: withoutSlow(output.slice(stdout.length)).trim() }
}
