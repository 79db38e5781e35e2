/** What stands in the report of a build: files that were let in, and outputs that hold wasm. */

import { findWasm, type OutputFile } from '../disk/find-wasm.js'
import { Diagnostic } from '../errors/diagnostic.js'
import { has } from '../errors/check.js'
import { encodeUtf8 } from '../format/encoding.js'
import type { Admitted } from '../policy/admitted.js'
import { formatName } from '../policy/file-name.js'
import { sri } from '../policy/lock-entry.js'
import type { Policy } from '../policy/policy.js'
import { describeRule } from '../policy/rule.js'
import type { BuildReport, HeldWasm, ReportedFile } from '../report/build-report.js'
import { sha256 } from '../trust/crypto/rule.js'
import { signerId } from '../trust/statement.js'

/** An output that holds wasm. */
export interface ReportedOutput {
  name: string
  wasm: readonly HeldWasm[]
}

/** What one output adds to the report. */
export interface ReportPart {
  /** Absolute path of the folder of the output. */
  folder: string
  /** Whether the outputs lie there, rather than being handed to somebody. */
  isWritten: boolean
  /** Names count from that folder. */
  outputs: readonly ReportedOutput[]
  facts: Omit<BuildReport, 'outputs' | 'version' | 'jco'>
}

/** An output that has passed. */
export interface Emitted extends Pick<ReportPart, 'folder' | 'isWritten'> {
  files: readonly OutputFile[]
  policy: Policy
  /** The policy file, from the root of the project. */
  policyFile: string | undefined
  /** See `BuildReport`. */
  unverified: readonly string[]
}

/**
 * Makes of an output what is reported of it.
 * @param passed what was let in, by its file
 */
export function reportPart(
  { folder, isWritten, files, policy, policyFile, unverified }: Emitted,
  passed: readonly (readonly Admitted[])[],
  warnings: BuildReport['warnings'],
): ReportPart {
  const unsearched: string[] = []
  const outputs = reportedOutputs(files, passed.flat(), (name) => unsearched.push(name))
  const { mode, id } = policy
  const policies = [
    { id: sri(sha256(encodeUtf8(id))), mode, ...(policyFile !== undefined && { file: policyFile }) },
  ]
  const facts = { policies, files: passed.map(reportedFile), unverified, unsearched, warnings }
  return { folder, isWritten, outputs, facts }
}

/** One name, with all that was let in under it. */
function reportedFile(all: readonly Admitted[]): ReportedFile {
  const [{ verdict, rules }] = all as [Admitted]
  const unsigned = rules.flatMap((rule) => rule.unsigned ?? [])
  const signers = has(verdict, 'signers') ? verdict.signers : []
  return {
    names: namesOf(all[0]!),
    contents: sorted(all.map(({ contentDigest }) => sri(contentDigest))),
    signers: signers.map((signer) => ({ name: signer.name, id: signerId(signer) })),
    rules: sorted(rules.map(describeRule)),
    imports: sorted(all.flatMap(importsOf)),
    ...(unsigned.length > 0 && { unsigned: sorted(unsigned) }),
  }
}

const namesOf = ({ name, names }: Admitted) => (names.length > 0 ? names.map(formatName) : [name])

/** `lenient` and `off` let pass what nobody can read. */
function importsOf(admitted: Admitted): readonly string[] {
  try {
    return admitted.surface.imports
  } catch (error) {
    if (error instanceof Diagnostic) return []
    throw error
  }
}

const sorted = (texts: readonly string[]) => [...new Set(texts)].toSorted()

/**
 * What outputs hold.
 * @param passed what it may be, or be a part of
 * @param onLimit hears of outputs in which something was left compressed
 */
function reportedOutputs(
  files: readonly OutputFile[],
  passed: readonly Admitted[],
  onLimit: (name: string) => void,
): ReportedOutput[] {
  const origins = originsOf(passed)
  return files.flatMap((file) => {
    const wasm = [...findWasm([file], ({ name }) => onLimit(name))].map(({ bytes, encoding }): HeldWasm => {
      const digest = sri(sha256(bytes))
      return {
        digest,
        ...(encoding !== undefined && { encoding }),
        from: sorted([...(origins.get(digest) ?? [])]),
      }
    })
    return wasm.length > 0 ? [{ name: file.name, wasm }] : []
  })
}

/** By the digests of files and of the core modules in them: their innermost names. */
function originsOf(passed: readonly Admitted[]): Map<string, Set<string>> {
  const origins = new Map<string, Set<string>>()
  for (const admitted of passed) {
    const cores = admitted.layer === 'component' ? admitted.cores : []
    const parts = cores.map(({ start, end }) => sha256(admitted.bytes.subarray(start, end)))
    for (const digest of [admitted.digest, ...parts].map(sri))
      origins.set(digest, (origins.get(digest) ?? new Set()).add(namesOf(admitted)[0]!))
  }
  return origins
}
