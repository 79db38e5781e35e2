/// <reference types="node" />
/** The TypeScript of a project, asked what one of its tsconfigs really takes in. */

import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'

/** What a tsconfig comes to. All paths are absolute. */
export interface Program {
  /** The files that it names or includes, without those that they refer to. */
  files: readonly string[]
  allowsArbitraryExtensions: boolean
}

/** For a compiler that does not end. */
const TIMEOUT_MS = 30_000

/**
 * Asks the compiler.
 * @param config absolute path of a tsconfig
 * @returns `undefined` where there is no TypeScript, or it does not answer
 */
export async function askCompiler(config: string): Promise<Program | undefined> {
  const compiler = findCompiler(config)
  if (compiler === undefined) return undefined
  const text = await run([compiler, '--showConfig', '-p', config])
  try {
    const { files = [], compilerOptions = {} } = JSON.parse(text) as {
      files?: string[]
      compilerOptions?: { allowArbitraryExtensions?: boolean }
    }
    return {
      files: files.map((file) => path.resolve(path.dirname(config), file)),
      allowsArbitraryExtensions: compilerOptions.allowArbitraryExtensions === true,
    }
  } catch {
    return undefined // something is wrong with the tsconfig, as TypeScript itself will say
  }
}

function findCompiler(config: string): string | undefined {
  try {
    const manifest = createRequire(config).resolve('typescript/package.json')
    return path.join(path.dirname(manifest), 'bin', 'tsc')
  } catch {
    return undefined
  }
}

/** @returns what it printed, whatever its exit code */
function run(args: readonly string[]): Promise<string> {
  const options = { timeout: TIMEOUT_MS, maxBuffer: 2 ** 26 }
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (_, printed) => resolve(printed))
  })
}
