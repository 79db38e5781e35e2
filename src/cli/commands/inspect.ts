/** `signed-wasm inspect`: what a file says, without any judgement of it. */

import { SIDECAR_ENDINGS } from '../../disk/sidecars.js'
import { about } from '../../errors/raise.js'
import { printable } from '../../errors/text.js'
import { inspect as inspectBytes, type InspectedSet, type Inspection } from '../../format/inspect.js'
import { defineCommand } from '../define-command.js'
import { EXIT } from '../exit.js'
import { type InspectedBundle, inspectBundle } from '../inspect-bundle.js'
import { INPUT, inputFile, readInput } from '../input.js'
import type { Io } from '../io.js'

/** `signed-wasm inspect`. */
export const inspect = defineCommand({
  usage: '<file>',
  options: { ...INPUT, json: { type: 'boolean', default: false, help: 'print JSON' } },
  examples: ['npx unplugin-signed-wasm inspect hello.wasm'],
  run(invocation) {
    const { values, io } = invocation
    const file = inputFile(invocation)
    const inspection = about(file, () => inspectBytes(readInput(file, invocation)))
    const bundle = bundleBeside(file, io)
    if (values.json) io.print(JSON.stringify({ ...inspection, ...(bundle && { bundle }) }, null, 2))
    else io.out(...describe(file, inspection), ...(bundle ? describeBundle(bundle) : []))
    return EXIT.ok
  },
})

function describe(
  file: string,
  { layer, bytes, sections, signatures, imports, exports, problems, more = {} }: Inspection,
): string[] {
  return [
    `${file}: ${layer}, ${bytes} bytes`,
    '',
    'sections (offset, size, kind)',
    ...sections.map(
      ({ offset, size, kind, name }) =>
        `  ${String(offset).padStart(9)} ${String(size).padStart(9)}  ${kind}${name === undefined ? '' : ` "${name}"`}`,
    ),
    ...describeMore(more.sections),
    '',
    ...(signatures ?? []).flatMap(describeSet),
    ...describeMore(more.signatures, ' sets'),
    ...((signatures ?? problems).length === 0 ? ['no signatures'] : []),
    ...describeNames('imports', imports, more.imports),
    ...describeNames('exports', exports, more.exports),
    ...problems.flatMap((text) => ['', ...text.split('\n')]),
  ]
}

/** The Sigstore bundle beside a file, where there is one. */
function bundleBeside(file: string, io: Io): InspectedBundle | undefined {
  const beside = file + SIDECAR_ENDINGS.bundle
  return io.exists(beside) ? inspectBundle(io.read(beside), beside) : undefined
}

function describeBundle({ file, problem, ...claims }: InspectedBundle): string[] {
  const lines = Object.entries(claims).map(([name, value]) => `  ${name.padEnd(10)} ${printable(value, 300)}`)
  return ['', `${file}, of which nothing is checked here`, ...lines, ...(problem ? [`  ${problem}`] : [])]
}

function describeMore(count = 0, what = ''): string[] {
  return count > 0 ? [`  and ${count} more${what}`] : []
}

function describeSet({ hashes, records, more }: InspectedSet, index: number): string[] {
  return [
    `signature set ${index + 1}`,
    ...hashes.map(({ sha256, covers }) => `  sha256 ${sha256}  ${covers}`),
    ...records.map(
      ({ keyId, algorithm, certificates }) =>
        `  ${algorithm}, key id ${keyId || '(none)'}${certificates ? `, ${certificates} certificates` : ''}`,
    ),
    ...describeMore(more, ' records'),
  ]
}

function describeNames(title: string, names: readonly string[] | undefined, more?: number): string[] {
  if (names === undefined) return []
  const lines = names.length === 0 ? ['  none'] : names.map((name) => `  ${printable(name)}`)
  return ['', title, ...lines, ...describeMore(more)]
}
