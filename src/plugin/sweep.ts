/// <reference types="node" />
/** The sweep: after the build, every wasm in the output is one that was admitted in it, or passes now. */

import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { realPath, toSlashes } from '../disk/paths.js'
import { problem } from '../errors/raise.js'
import { isInert } from '../format/inert.js'
import { PREAMBLES } from '../format/wasm.js'
import { isSame } from './admissions.js'
import type { BuildLog } from './contexts.js'
import type { CoreFile } from './core-file.js'
import { type ExternalImport, judgeExternals } from './externals.js'
import { findWasm, type FoundWasm, type OutputFile } from '../disk/find-wasm.js'
import type { Gate, Refused } from './gate.js'
import { Holders, packagesIn } from './holders.js'
import { isInPackage, PackageWasm } from './package-wasm.js'

type Sidecars = ReturnType<Gate['project']['readSidecars']>

/** A finished output. */
export interface Output {
  files: Iterable<OutputFile>
  /**
   * The modules that import a core module of a package as a module, by real path. Where one of the project does, the file
   * has to be verified like a component, whose place it could have taken. Where the bundler does not tell, a name that is
   * in no package.
   */
  importersOf(file: string): readonly string[]
  /** The imports that stay in it. */
  externals: Iterable<ExternalImport>
  /** By the name of the file, what has to be in it and nothing else: core modules that it imports. @default nothing */
  held?: ReadonlyMap<string, CoreFile> | undefined
}

/**
 * Judges what the finished output holds.
 *
 * What the bundler has names for must pass under every one of them, by the policy of that name: the file that an output
 * was copied from, or the module that holds it. Core modules of packages are theirs. Where there is no name, the
 * bytes must have been admitted in this build under the names that had them, or be signed. Modules of which nothing can run
 * need no permission.
 * @throws Diagnostic `UNVERIFIED_WASM` and `WASM_EXTERNAL` in strict mode, `PACKAGE_UNVERIFIED` where packages are verified
 */
export function sweep(output: Output, gate: Gate, log: BuildLog): void {
  if (gate.policy.mode === 'off') return
  sweepPart(output, gate, log)
  concludePackages(gate, log)
}

/**
 * Judges an output that is to be part of another, such as a worker of which that one will not tell the modules. What packages
 * bring is noted, and concluded at the end of the whole. See {@link sweep}.
 */
export function sweepPart({ files, importersOf, externals, held }: Output, gate: Gate, log: BuildLog): void {
  if (gate.policy.mode === 'off') return
  if (held !== undefined) checkHeld(files, held)
  judgeExternals(externals, gate, log)
  const holders = new Holders(gate.project.root)
  const unnamed: FoundWasm[] = []
  for (const found of findWasm(files, ({ name }) => log.inform(describeLimit(name)))) {
    if (gate.admissions.hasCore(found.bytes) || isInert(found.bytes)) continue
    const names = holders.of(found)
    if (names.length === 0) unnamed.push(found)
    for (const name of names) sweepNamed(resolve(gate.project.root, name), found, { gate, log })
  }
  // By now it is known what packages hold, which workers and source maps repeat.
  for (const found of unnamed) sweepUnnamed(found, gate, log)
  if (gate.hasRules) gate.ledger.bundled(() => packagesIn(files))
  for (const { file, objection } of gate.packageWasm.imported)
    if (!importersOf(file).every(isInPackage)) throw objection
}

/** Each is a part of one verified file, and no other part stands in its place. */
function checkHeld(files: Output['files'], held: ReadonlyMap<string, CoreFile>): void {
  for (const { name, content } of files) {
    const file = held.get(name)
    if (file === undefined || (typeof content !== 'string' && isSame(file.core.bytes, content))) continue
    const reason = `it has to be a core module of ${file.of.admitted.name}, and is another`
    throw problem('UNVERIFIED_WASM', { file: name, reason })
  }
}

function describeLimit(name: string): string {
  return `[signed-wasm] ${name} holds more compressed data than is looked into; the rest of it was not searched`
}

function sweepNamed(path: string, found: FoundWasm, { gate, log }: { gate: Gate; log: BuildLog }): void {
  const { project, admissions } = gate
  const file = realPath(path) ?? toSlashes(path)
  if (PackageWasm.owns(file, found.layer)) gate.packageWasm.hold(found.bytes, file)
  if (!project.covers(file) || admissions.has(file, found.bytes)) return
  const sidecars = project.readSidecars(path, project.display(file))
  if (gate.hasRules) return sweepByRules(file, found, { gate, log, sidecars })
  const objection = objectionTo(found, gate, sidecars)
  if (objection === undefined) return
  // Bundlers write small files into the script that refers to them.
  if (found.encoding !== undefined && project.excludes(found.bytes)) return
  if (!gate.leavesToPackage(file, found.layer, objection) && !gate.leavesCopy(found))
    raise(objection, found, { gate, log })
}

/** What stands in a script or a pack goes by the name of that, and a pin holds all of that. */
function sweepByRules(
  file: string,
  { bytes, layer, encoding }: FoundWasm,
  { gate, log, sidecars }: { gate: Gate; log: BuildLog; sidecars: Sidecars },
): void {
  const whole = encoding === undefined ? undefined : contentOf(file)
  const holder = whole !== undefined && !isSame(whole, bytes) ? whole : undefined
  const subject = { name: gate.project.display(file), bytes, layer, sidecars, holder }
  const found = gate.objection(subject, file)
  // What no engine takes has no content that could be judged; a pin holds all of the script that it stands in.
  const isUnreadable = holder !== undefined && found?.verdict.status === 'malformed'
  const objection = isUnreadable
    ? gate.objection({ ...subject, bytes: EMPTY, layer: undefined }, file)
    : found
  if (objection === undefined || gate.leavesToPackage(file, layer, objection)) return
  gate.note({ ...objection, bytes })
  if (objection.action === 'refuse') throw objection.problem
  log.warn(objection.problem.message)
}

/** A module with nothing in it. */
const EMPTY = PREAMBLES['core module']

function contentOf(file: string): Uint8Array | undefined {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file) : undefined
}

function sweepUnnamed(found: FoundWasm, gate: Gate, log: BuildLog): void {
  const { project, admissions, packageWasm } = gate
  if (admissions.hasSomewhere(found.bytes) || project.excludes(found.bytes)) return
  const names = gate.hasRules
    ? [...packageWasm.originalsOf(found, project.root), ...project.filesWith(found.bytes)]
    : []
  for (const name of names) sweepNamed(name, found, { gate, log })
  if (names.length > 0) return
  const objection = objectionTo(found, gate, {})
  if (objection !== undefined && !gate.leavesCopy(found)) raise(objection, found, { gate, log })
}

function objectionTo(
  { output, bytes, layer }: FoundWasm,
  gate: Gate,
  sidecars: Sidecars,
): Refused | undefined {
  return gate.objection({ name: output.name, bytes, layer, sidecars })
}

function raise(
  objection: Refused,
  { output, bytes }: FoundWasm,
  { gate, log }: { gate: Gate; log: BuildLog },
): void {
  const { action, problem: reason } = objection
  const error = problem('UNVERIFIED_WASM', { file: output.name, reason: reason.what })
  gate.note({ ...objection, problem: error, bytes })
  if (action === 'refuse') throw error
  log.warn(error.message)
}

/** Lists what packages bring, or refuses all of it at once. */
function concludePackages(gate: Gate, log: BuildLog): void {
  const { packageWasm, project, policy, hasRules } = gate
  if (hasRules) {
    const refused = packageWasm.refusalByRules(project.root)
    for (const found of packageWasm.findings.values()) gate.note({ action: 'refuse', problem: found })
    if (refused !== undefined) throw refused
    const summary = gate.ledger.summarizeNews(policy)
    if (summary !== undefined) log.inform(summary)
    return
  }
  if (packageWasm.isEmpty) return
  if (!project.verifiesPackages) {
    const news = packageWasm.describeNews()
    if (news !== undefined) log.inform(news)
    return
  }
  const refusal = packageWasm.refusal()
  gate.note({ action: policy.mode === 'strict' ? 'refuse' : 'warn', problem: refusal })
  if (policy.mode === 'strict') throw refusal
  log.warn(refusal.message)
}
