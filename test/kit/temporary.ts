/** The folders of one run of the tests, which go away after it, and what runs that were killed have left. */

import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where projects of this run are made: inside the repository, so that bare imports of bundlers and shims resolve. */
    projects: string
  }
}

const INSIDE = fileURLToPath(new URL('../.tmp', import.meta.url))
/** For what must not find the packages of this repository. */
const OUTSIDE = path.join(tmpdir(), 'signed-wasm-tests')

/** Called by vitest before all workers start. @returns what to do after they have ended */
export default function prepare({ provide }: TestProject): () => void {
  for (const parent of [INSIDE, OUTSIDE]) removeLeft(parent)
  const folders = [INSIDE, OUTSIDE].map((parent) => path.join(parent, String(process.pid)))
  for (const folder of folders) mkdirSync(folder, { recursive: true })
  provide('projects', folders[0]!)
  // What the workers and the programs that they start ask for a temporary folder, by its name on each system.
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folders[1]!
  // What the plugin keeps of a user is none of whoever runs the tests.
  process.env['XDG_STATE_HOME'] = path.join(folders[1]!, 'state')
  return () => {
    if (process.env['SIGNED_WASM_KEEP'] === '1') return
    for (const folder of folders) remove(folder)
  }
}

/** Each run has a folder that is named by its process. One in which there is none to match was killed. */
function removeLeft(parent: string): void {
  if (!existsSync(parent)) return
  for (const name of readdirSync(parent)) if (!isRunning(Number(name))) remove(path.join(parent, name))
}

function isRunning(processId: number): boolean {
  if (!Number.isInteger(processId)) return false
  try {
    return process.kill(processId, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  try {
    rmdirSync(path.dirname(folder))
  } catch {
    // Another run has its folder there.
  }
}
