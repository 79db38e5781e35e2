/// <reference types="node" />
/** The TypeScript of a project, asked what one of its tsconfigs really takes in. */

import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

/** What a tsconfig comes to. All paths are absolute. */
export interface Program {
  /** The files that it names or includes, without those that they refer to. */
  files: readonly string[]
  allowsArbitraryExtensions: boolean
  /** How imports begin that `paths` leads elsewhere, as `@/`. */
  aliases: readonly string[]
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
      compilerOptions?: { allowArbitraryExtensions?: boolean; paths?: Record<string, unknown> }
    }
    return {
      files: files.map((file) => path.resolve(path.dirname(config), file)),
      allowsArbitraryExtensions: compilerOptions.allowArbitraryExtensions === true,
      aliases: Object.keys(compilerOptions.paths ?? {}).flatMap((key) => /^(.*\/)\*$/.exec(key)?.[1] ?? []),
    }
  } catch {
    return undefined // something is wrong with the tsconfig, as TypeScript itself will say
  }
}

/** Nothing that is about output; and little of the standard library, which takes most of the time. */
const PROBE_OPTIONS = {
  noEmit: true,
  composite: false,
  incremental: false,
  declaration: false,
  declarationMap: false,
  emitDeclarationOnly: false,
  isolatedDeclarations: false,
  allowJs: false,
  checkJs: false,
  rootDir: null,
  outDir: null,
  outFile: null,
  declarationDir: null,
  tsBuildInfoFile: null,
  skipLibCheck: true,
  lib: ['es2022'],
}

/**
 * Compiles a text with the options of a tsconfig and its declarations, and nothing else of its program.
 * @param config absolute path of the tsconfig
 * @returns the lines that have errors, counted from 1; `undefined` where there is nothing to compile it with
 */
export async function compileProbe(
  config: string,
  { files }: Pick<Program, 'files'>,
  text: string,
): Promise<ReadonlySet<number> | undefined> {
  const compiler = findCompiler(config)
  // From elsewhere the packages in "types" would not be found.
  const modules = createRequire(config)
    .resolve.paths('x')
    ?.find((folder) => existsSync(folder))
  if (compiler === undefined || modules === undefined) return undefined
  let folder: string | undefined
  try {
    folder = mkdtempSync(path.join(modules, '.signed-wasm-'))
    const probe = path.join(folder, 'probe.ts')
    writeFileSync(probe, text)
    const own = path.join(folder, 'tsconfig.json')
    const declarations = files.filter((file) => /\.d\.[cm]?ts$/.test(file))
    const settings = { extends: config, compilerOptions: PROBE_OPTIONS, references: [], include: [] }
    writeFileSync(own, JSON.stringify({ ...settings, files: [...declarations, probe] }))
    const said = await run([compiler, '--pretty', 'false', '-p', own])
    return new Set([...said.matchAll(/probe\.ts\((\d+),/g)].map(([, line]) => Number(line)))
  } catch {
    return undefined // a folder that is not to be written into
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
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
