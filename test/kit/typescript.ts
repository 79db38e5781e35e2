/** The compilers that generated declarations have to please. */

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Project } from './project.js'
import { REPOSITORY } from './project.js'
import { tool } from './run.js'

export interface Compiler {
  name: string
  script: string
}

/** Packages in which a version may be found. jco brings TypeScript 6 under a name of its own. */
const PACKAGES = { 7: ['typescript'], 6: ['typescript-6', 'typescript-compiler-api', 'typescript'] }

function find(version: keyof typeof PACKAGES): Compiler[] {
  const found = PACKAGES[version].find((name) => {
    const manifest = path.join(REPOSITORY, 'node_modules', name, 'package.json')
    if (!existsSync(manifest)) return false
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version.startsWith(
      `${version}.`,
    )
  })
  if (found !== undefined) return [{ name: `TypeScript ${version}`, script: `${found}/bin/tsc` }]
  const message = `TypeScript ${version} is not installed: npm install -D typescript-${version}@npm:typescript@${version}`
  if (process.env['CI']) throw new Error(message)
  console.warn(`SKIPPED: ${message}`)
  return []
}

export const COMPILERS = [...find(7), ...find(6)]

export const RESOLUTIONS = ['bundler', 'nodenext'] as const

export interface Check {
  compiler: Compiler
  resolution: (typeof RESOLUTIONS)[number]
  /** Beside those that starters have. */
  compilerOptions?: Record<string, unknown>
}

/** What finds the mirrored folder, as was asked of projects once. */
export const ROOT_DIRS = { allowArbitraryExtensions: true, rootDirs: ['.', '.signed-wasm/types'] }

/** Type-checks `src` of a project. @returns what was said, '' when all is well */
export async function typeCheck(
  project: Project,
  { compiler, resolution, compilerOptions }: Check,
): Promise<string> {
  const options = {
    strict: true,
    noEmit: true,
    target: 'es2022',
    lib: ['es2022', 'dom'],
    types: [],
    module: resolution === 'bundler' ? 'esnext' : 'nodenext',
    moduleResolution: resolution,
    // Stricter than starters are.
    skipLibCheck: false,
    ...compilerOptions,
  }
  project.write({ 'tsconfig.json': JSON.stringify({ compilerOptions: options, include: ['src'] }) })
  const { code, output } = await tool(compiler.script, ['-p', '.'], { cwd: project.root })
  return code === 0 ? '' : output
}
