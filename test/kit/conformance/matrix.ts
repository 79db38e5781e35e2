/** Every state of a file, under every policy, on both targets: built with the real bundler, then run. */

import { beforeAll, describe, expect, it } from 'vitest'
import type { Mode } from '../../../src/policy/policy.js'
import { build, type BundlerName, entryIn, namedInterface, WITH_MODES } from '../bundlers.js'
import { fixture, inState, makeProject, type Project, type Status, TRUSTED_PEM } from '../project.js'
import { HAS_BROWSER, type Outcome, runInBrowser, runInNode } from '../run.js'
import type { Habits } from './habits.js'

const mainFor = (name: BundlerName) => `
import hello, { greet, answer } from './hello.wasm'
${namedInterface(name, 'greeter', 'docs:hello/greeter@0.1.0', './hello.wasm')}
globalThis.answers = [greet('you'), answer(), hello.answer(), greeter.greet('me')]
`
const ANSWERS = ['Hello, you!', 42, 42, 'Hello, me!']

const REASONS: Record<Exclude<Status, 'signed'>, string> = {
  tampered: 'CONTENT_MODIFIED',
  unsigned: 'COMPONENT_UNSIGNED',
  'unknown signer': 'SIGNER_UNTRUSTED',
}

interface Cell {
  policy: Mode
  status: Status
  target: 'node' | 'browser'
  mode: 'production' | 'development'
}

type Result = { out: string; warnings: string[]; outcome?: Outcome } | { out: string; refusal: string }

const POLICIES: readonly Mode[] = ['strict', 'lenient', 'off']
const STATUSES: readonly Status[] = ['signed', 'tampered', 'unsigned', 'unknown signer']

function cellsOf(name: BundlerName): Cell[] {
  const modes = WITH_MODES.includes(name)
    ? (['production', 'development'] as const)
    : (['production'] as const)
  const targets = HAS_BROWSER ? (['node', 'browser'] as const) : (['node'] as const)
  const all = POLICIES.flatMap((policy) =>
    STATUSES.flatMap((status) =>
      targets.flatMap((target) => modes.map((mode): Cell => ({ policy, status, target, mode }))),
    ),
  )
  // `off` treats every state alike, so development mode sees it once.
  return all.filter(
    ({ policy, status, mode }) => mode === 'production' || policy !== 'off' || status === 'tampered',
  )
}

/** Declares the matrix for one bundler. */
export function describeMatrix({ name }: Habits): void {
  describe(`${name}: what is built, and what is refused`, () => {
    const cells = cellsOf(name)
    const results = new Map<Cell, Result>()
    let project: Project

    beforeAll(async () => {
      const hello = fixture('hello')
      const states = STATUSES.flatMap((status) => [
        [`${status}/main.js`, mainFor(name)],
        [`${status}/hello.wasm`, inState(hello, status)],
      ])
      project = makeProject(Object.fromEntries(states) as Record<string, string | Uint8Array>)
      for (const [index, cell] of cells.entries())
        results.set(cell, await attempt(name, project, cell, `out/${index}`))
      await runAll(name, project, cells, results)
    }, 240_000)

    it.each(cells.filter((cell) => isAccepted(cell)))(
      '$policy, $status, $target, $mode: runs, with the signed file beside it',
      (cell) => {
        const result = results.get(cell)!
        if ('refusal' in result) throw new Error(result.refusal)
        expect(result.outcome).toEqual({ answers: ANSWERS })
        const assets = project.files(result.out).filter((file) => file.endsWith('.wasm'))
        expect(assets).toHaveLength(1)
        expect(project.read(`${result.out}/${assets[0]}`)).toEqual(project.read(`${cell.status}/hello.wasm`))
        expect(assets[0]).toMatch(/[\w-]{8,}\.wasm$/)
        expect(result.warnings.map((warning) => /\[signed-wasm\] (\w+)/.exec(warning)?.[1])).toEqual(
          expectedWarnings(cell),
        )
        if (cell.mode === 'production') expect(pathsIn(project, result.out)).toEqual([])
      },
    )

    it.each(cells.filter((cell) => !isAccepted(cell)))(
      '$policy, $status, $target, $mode: is refused and ships nothing',
      (cell) => {
        const result = results.get(cell)!
        if (!('refusal' in result)) throw new Error('it was built')
        expect(result.refusal).toContain(`[signed-wasm] ${REASONS[cell.status as keyof typeof REASONS]}`)
        expect(result.refusal).toContain('hint: ')
        const shipped = project
          .files(result.out)
          .map((file) => Buffer.from(project.read(`${result.out}/${file}`)))
        for (const content of shipped) {
          expect(content.includes(Buffer.from('\0asm', 'latin1'))).toBe(false)
          expect(content.includes('AGFzbQ')).toBe(false)
        }
      },
    )
  })
}

function isAccepted({ policy, status }: Cell): boolean {
  return policy !== 'strict' || status === 'signed'
}

function expectedWarnings({ policy, status }: Cell): string[] {
  if (policy === 'off') return ['VERIFICATION_OFF']
  return status === 'signed' ? [] : [REASONS[status]]
}

async function attempt(
  name: BundlerName,
  project: Project,
  { policy, status, target, mode }: Cell,
  out: string,
): Promise<Result> {
  try {
    const options = { mode: policy, ...(policy === 'off' ? {} : { keys: TRUSTED_PEM }) }
    const { warnings } = await build[name]({
      project,
      options,
      target,
      mode,
      entry: `${status}/main.js`,
      out,
    })
    return { out, warnings }
  } catch (error) {
    return { out, refusal: String(error) }
  }
}

async function runAll(
  name: BundlerName,
  project: Project,
  cells: readonly Cell[],
  results: Map<Cell, Result>,
): Promise<void> {
  for (const target of ['node', 'browser'] as const) {
    const built = cells.filter((cell) => cell.target === target && 'warnings' in results.get(cell)!)
    const entries = built.map((cell) => entryIn(results.get(cell)!.out, name, target))
    const outcomes =
      target === 'node'
        ? await runInNode(entries.map((entry) => project.at(entry)))
        : await runInBrowser(project.root, entries)
    for (const [index, cell] of built.entries())
      Object.assign(results.get(cell)!, { outcome: outcomes[index] })
  }
}

/** Files of the output that name the folder they were built in. */
export function pathsIn(project: Project, out: string): string[] {
  return project
    .files(out)
    .filter((file) => Buffer.from(project.read(`${out}/${file}`)).includes(project.root))
}
