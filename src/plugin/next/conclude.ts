/// <reference types="node" />
/** The end of a production build of Next.js, before types are checked: what nobody else has looked at, and declarations. */

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { findComponents } from '../../disk/components.js'
import { toSlashes } from '../../disk/paths.js'
import { walk } from '../../disk/walk.js'
import { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import { isInert } from '../../format/inert.js'
import { admitFolder } from '../admit-folder.js'
import type { BuildLog, FileContext } from '../contexts.js'
import { findWasm, type FoundWasm, type OutputFile } from '../../disk/find-wasm.js'
import type { Gate } from '../gate.js'
import type { Options } from '../options.js'
import { Pipeline } from '../pipeline.js'

/** Where Next.js has built what; absolute paths. */
export interface Place {
  projectDir: string
  distDir: string
}

/** How the build has gone so far. */
export interface Build {
  /** Whether the bundler's own plugin has looked at what it has made. */
  isSwept: boolean
  /** Names of folders without sources. */
  skip: readonly string[]
}

/**
 * Judges the public folder, which no bundler sees, and what Turbopack has made, which tells no plugin; writes declarations.
 * @throws Diagnostic when something is refused
 */
export async function concludeBuild(place: Place, options: Options, { isSwept, skip }: Build): Promise<void> {
  const pipeline = new Pipeline(options)
  pipeline.configure({ root: place.projectDir })
  pipeline.start(LOG)
  const { gate } = pipeline
  if (gate.policy.mode !== 'off') admitFolder(join(place.projectDir, 'public'), gate, CONTEXT)
  if (isSwept) return
  for (const file of findComponents(place.projectDir, skip)) await declare(file, pipeline)
  if (gate.policy.mode !== 'off') sweepFolder(place.distDir, gate)
}

const say = (line: string) => void process.stderr.write(`${line}\n`)
const LOG: BuildLog = { inform: say, warn: say }
const CONTEXT: FileContext = { watch: () => {}, warn: say }

/** Those that are refused were not imported, or have failed the build by now. */
async function declare(file: string, pipeline: Pipeline): Promise<void> {
  try {
    await pipeline.declare(file, '', { watch: () => {}, warn: () => {} })
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
  }
}

/** What pages and servers are made of; the rest is caches and reports. */
const PARTS = ['server', 'static']

/** Of what is refused, all goes. */
function sweepFolder(folder: string, gate: Gate): void {
  const refused = new Map<string, Diagnostic>()
  const files = PARTS.flatMap((part) => [...walk(join(folder, part))])
  for (const found of findWasm(outputsOf(files, folder))) {
    const objection = isOurs(found) ? objectionTo(found, gate) : undefined
    if (objection === undefined) continue
    const { name } = found.output
    const error = problem('UNVERIFIED_WASM', { file: name, reason: objection.problem.what })
    if (objection.action === 'refuse') refused.set(name, error)
    else say(error.message)
  }
  for (const name of refused.keys()) rmSync(join(folder, name), { force: true })
  for (const error of refused.values()) throw error
}

function* outputsOf(files: readonly string[], folder: string): Generator<OutputFile> {
  for (const file of files)
    if (existsSync(file)) yield { name: toSlashes(relative(folder, file)), content: readFileSync(file) }
}

/** Core modules in scripts are what packages bring, and those that jco has made: nobody tells from where they are. */
function isOurs({ layer, encoding }: FoundWasm): boolean {
  return layer === 'component' || encoding === undefined
}

function objectionTo({ output, bytes, layer }: FoundWasm, gate: Gate) {
  const { admissions, project } = gate
  if (isInert(bytes) || admissions.hasSomewhere(bytes) || project.excludes(bytes)) return undefined
  const objection = gate.objection({ name: output.name, bytes, layer, sidecars: {} })
  return objection && gate.leavesCopy({ bytes, layer, output }) ? undefined : objection
}
