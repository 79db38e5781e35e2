/// <reference types="node" />
/** The sweep: after the build, every wasm in the output is one that was admitted in it, or passes now. */

import { resolve } from 'node:path'
import { realPath, toSlashes } from '../disk/paths.js'
import { problem } from '../errors/raise.js'
import type { Sidecars } from '../trust/evidence/frame.js'
import type { BuildLog } from './contexts.js'
import { findWasm, type FoundWasm, type OutputFile } from './find-wasm.js'
import type { Gate } from './gate.js'

/**
 * Judges what the finished output holds.
 *
 * What the bundler has names for must pass under every one of them, by the policy of that name. Where it has none, the
 * bytes must have been admitted in this build under the names that had them, or be signed.
 * @throws Diagnostic `UNVERIFIED_WASM` in strict mode
 */
export function sweep(outputs: Iterable<OutputFile>, gate: Gate, log: Pick<BuildLog, 'warn'>): void {
  if (gate.policy.mode === 'off') return
  for (const found of findWasm(outputs)) {
    if (gate.ignores(found.layer) || gate.admissions.hasAdapter(found.bytes)) continue
    const names = found.output.sources ?? []
    if (names.length === 0) sweepUnnamed(found, gate, log)
    else for (const name of names) sweepNamed(resolve(gate.project.root, name), found, { gate, log })
  }
}

function sweepNamed(
  path: string,
  found: FoundWasm,
  { gate, log }: { gate: Gate; log: Pick<BuildLog, 'warn'> },
): void {
  const { project, admissions } = gate
  const file = realPath(path) ?? toSlashes(path)
  if (!project.covers(file) || admissions.has(file, found.bytes)) return
  judgeFound(found, { gate, log, sidecars: project.readSidecars(path, project.display(file)) })
}

function sweepUnnamed(found: FoundWasm, gate: Gate, log: Pick<BuildLog, 'warn'>): void {
  const { project, admissions } = gate
  if (!admissions.hasSomewhere(found.bytes) && !project.excludes(found.bytes))
    judgeFound(found, { gate, log, sidecars: {} })
}

function judgeFound(
  { output, bytes, layer }: FoundWasm,
  { gate, log, sidecars }: { gate: Gate; log: Pick<BuildLog, 'warn'>; sidecars: Sidecars },
): void {
  const objection = gate.objection({ name: output.name, bytes, layer, sidecars })
  if (objection === undefined) return
  const error = problem('UNVERIFIED_WASM', { file: output.name, reason: objection.problem.what })
  if (objection.action === 'refuse') throw error
  log.warn(error.message)
}
