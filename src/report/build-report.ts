/** The report of a build as a file: what was let in by whom, and what its outputs hold. Its declaration, its text, and what is read of it. */

import { problem } from '../errors/raise.js'
import { placeOf, readJson } from '../format/json.js'
import {
  choice,
  count,
  type Fields,
  list,
  object,
  placed,
  type Shape,
  text,
  type TypeOf,
} from '../policy/declare.js'

/** Raised when a field changes its meaning. */
const VERSION = 1

const ANY = text({ pattern: /^[^]*$/, must: 'a text' })
const NAME = text({ must: 'a name' })
const DIGEST = text({ pattern: /^sha256-[A-Za-z\d+/]{43}=$/, must: 'a digest as sha256-<base64>' })

const TOOL = object('the name and version of a tool', {
  name: { shape: choice('signed-wasm'), help: 'Always the same.', isRequired: true },
  version: { shape: ANY, help: 'Of unplugin-signed-wasm.', isRequired: true },
})

const POLICY = object('a policy', {
  id: { shape: DIGEST, help: 'Changes when anything in the policy or the lock does.', isRequired: true },
  mode: { shape: choice('strict', 'lenient', 'off'), help: 'How strict the build was.', isRequired: true },
  file: { shape: NAME, help: 'The policy file, where there is one, from the root of the project.' },
})

const SIGNER = object('a signer', {
  name: { shape: NAME, help: 'By which options or policy know it.', isRequired: true },
  id: {
    shape: NAME,
    help: 'What tells it apart: the fingerprint of a key, or issuer, identity and repository as a list of JSON.',
    isRequired: true,
  },
})

const FILE = object('a file', {
  names: { shape: list(NAME, 1), help: 'By which rules know it, the innermost first.', isRequired: true },
  contents: {
    shape: list(DIGEST, 1),
    help: 'Of all that follows the signature section; several where a script holds several.',
    isRequired: true,
  },
  signers: { shape: list(SIGNER), help: 'Who has signed it.', isRequired: true },
  rules: { shape: list(NAME), help: 'The rules that name it.', isRequired: true },
  imports: { shape: list(ANY), help: 'What it imports.', isRequired: true },
  unsigned: { shape: list(ANY, 1), help: 'Why it is shipped unsigned, by each rule that pins it.' },
})

const HELD = object('wasm in an output', {
  digest: { shape: DIGEST, help: 'Of every byte of it.', isRequired: true },
  encoding: { shape: NAME, help: 'How it stands in the output, where it is not all of it.' },
  from: {
    shape: list(NAME),
    help: 'The files that it is, or is a part of; none where the transpiler has made it.',
    isRequired: true,
  },
})

const OUTPUT = object('an output', {
  name: {
    shape: placed(NAME),
    help: 'From the folder of the output; of several, from the one that all of them are in.',
    isRequired: true,
  },
  wasm: { shape: list(HELD, 1), help: 'All of it that was found.', isRequired: true },
})

const WARNING = object('a warning', {
  code: { shape: NAME, help: 'Of the message.', isRequired: true },
  file: { shape: ANY, help: 'That it was about.' },
})

const FIELDS = {
  version: { shape: placed(count(1)), help: 'Of this format.', isRequired: true },
  tool: { shape: TOOL, help: 'What has written it.', isRequired: true },
  jco: { shape: ANY, help: 'The version of the transpiler.', isRequired: true },
  policies: { shape: list(POLICY, 1), help: 'What was demanded.', isRequired: true },
  files: { shape: list(FILE), help: 'What was let in.', isRequired: true },
  outputs: { shape: list(OUTPUT), help: 'The files of the output that hold wasm.', isRequired: true },
  unverified: {
    shape: list(NAME),
    help: 'What packages have brought that is as trusted as their JavaScript, where no policy file says more.',
    isRequired: true,
  },
  unsearched: {
    shape: list(NAME),
    help: 'Outputs with more compressed data than is looked into.',
    isRequired: true,
  },
  warnings: { shape: list(WARNING), help: 'What was let pass all the same.', isRequired: true },
} as const satisfies Fields

const REPORT = object('a report', FIELDS)

/** One file that was let in. */
export type ReportedFile = TypeOf<typeof FILE>

/** Wasm in an output. */
export type HeldWasm = TypeOf<typeof HELD>

/** A report that was put together. */
export interface BuildReport {
  /** Of this package, and of the transpiler. */
  version: string
  jco: string
  policies: readonly TypeOf<typeof POLICY>[]
  files: readonly ReportedFile[]
  outputs: readonly { name: string; wasm: readonly HeldWasm[] }[]
  unverified: readonly string[]
  unsearched: readonly string[]
  warnings: readonly TypeOf<typeof WARNING>[]
}

/** Writes a report: all in one order, with nothing in it that depends on when or where it is written. */
export function formatBuildReport({ version, jco, ...lists }: BuildReport): string {
  const { policies, files, outputs, unverified, unsearched, warnings } = lists
  const report = {
    version: VERSION,
    tool: { name: 'signed-wasm', version },
    jco,
    policies: inOrder(policies),
    files: inOrder(files),
    outputs: inOrder(outputs.map(({ name, wasm }) => ({ name, wasm: inOrder(wasm) }))),
    unverified: inOrder(unverified),
    unsearched: inOrder(unsearched),
    warnings: inOrder(warnings),
  }
  return `${JSON.stringify(report, undefined, 2)}\n`
}

/** Each once, by the texts of them. */
function inOrder<T>(items: readonly T[]): T[] {
  const texts = new Set(items.map((item) => JSON.stringify(item)))
  return [...texts].toSorted().map((one) => JSON.parse(one) as T)
}

/** What outputs hold: digests, sorted, by the name of the output. */
export interface OutputDigests {
  held: ReadonlyMap<string, readonly string[]>
  /** Names of those that were searched in part. */
  unsearched: ReadonlySet<string>
}

/**
 * What the outputs of a build were.
 * @param file as people see its path
 * @throws Diagnostic `REPORT_INVALID` with line and column
 */
export function parseBuildReport(source: string, file: string): OutputDigests {
  const fault = (at: number, reason: string) =>
    problem('REPORT_INVALID', { file, reason, place: { file, ...placeOf(source, at) } })
  const { version, outputs, unsearched } = REPORT.read(readJson(source, fault), fault)
  if (version.value !== VERSION)
    throw fault(
      version.at,
      `this version of unplugin-signed-wasm knows version ${VERSION} of the format only`,
    )
  const held = new Map<string, readonly string[]>()
  for (const { name, wasm } of outputs) {
    if (held.has(name.value)) throw fault(name.at, 'this output is there twice')
    held.set(name.value, wasm.map(({ digest }) => digest).toSorted())
  }
  return { held, unsearched: new Set(unsearched) }
}

/** How an output folder differs from what was reported of it: names, sorted, and codes; nothing for those that are as they were. */
export function compareOutputs(
  reported: OutputDigests,
  found: OutputDigests,
): { name: string; code?: 'OUTPUT_ADDED' | 'OUTPUT_CHANGED' | 'OUTPUT_MISSING' }[] {
  const names = [...reported.held.keys(), ...found.held.keys(), ...found.unsearched]
  return [...new Set(names)].toSorted().map((name) => {
    const [before, now] = [reported.held.get(name), found.held.get(name)]
    const isHidden = found.unsearched.has(name) && !reported.unsearched.has(name)
    if (before === undefined && (now !== undefined || isHidden)) return { name, code: 'OUTPUT_ADDED' }
    if (before !== undefined && now === undefined && !isHidden) return { name, code: 'OUTPUT_MISSING' }
    return isHidden || String(before) !== String(now) ? { name, code: 'OUTPUT_CHANGED' } : { name }
  })
}

/** The schema of the file. @see JSON Schema, draft-07 */
export function buildReportSchema(): Record<string, unknown> {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Report of a build with unplugin-signed-wasm',
    ...(REPORT as Shape<unknown>).schema,
  }
}
