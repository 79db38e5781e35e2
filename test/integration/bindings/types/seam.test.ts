/** What is read of jco's declarations: no change in them goes by and leaves types that say less. */

import { afterAll, describe, expect, it } from 'vitest'
import { generateTypes } from '../../../../src/bindings/types/entries.js'
import { planDeclarations } from '../../../../src/bindings/types/plan.js'
import { restoreNames, type TypesInput } from '../../../../src/bindings/types/world.js'
import { evilDocs } from '../../../fixtures/components/hostile.mjs'
import { transpiler as makeTranspiler } from '../../../kit/bindings.js'
import { fixture } from '../../../kit/project.js'
import { assemble, SHAPES } from '../../../kit/shapes.js'
import { EXPORTS } from '../../../kit/texts/exports.js'
import { FUTURES } from '../../../kit/texts/futures.js'
import { build } from '../../../kit/texts/text.js'
import { versionsComponent } from '../../../kit/wat.js'

const transpiler = makeTranspiler()
afterAll(() => transpiler.close())

async function inputOf(bytes: Uint8Array): Promise<TypesInput> {
  const about = { name: 'component', file: 'it.wasm' }
  const { exports, imports, hasUtil } = await transpiler.transpile(bytes, about)
  const { copy, renamed } = planDeclarations(bytes)
  const { declarations } = await transpiler.transpile(copy ?? bytes, about)
  const names = exports.map(([name]) => name)
  return {
    name: 'it.wasm',
    declarations,
    renamed,
    imports,
    exports: names,
    hasUtil,
    provided: new Set(),
    asyncExports: [],
  }
}

/** A resource that the world imports by itself. */
const WORLD_RESOURCE = `(component
  (import "thing" (type $thing (sub resource)))
  (import "use-thing" (func $use (param "it" (borrow $thing))))
  (core func $use (canon lower (func $use)))
  (core func $drop (canon resource.drop $thing))
  (core module $m
    (import "" "use" (func $use (param i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (param i32) (call $use (local.get 0)) (call $drop (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance (export "use" (func $use)) (export "drop" (func $drop))))))
  (func (export "run") (param "it" (own $thing)) (canon lift (core func $i "run"))))`

const COMPONENTS: Record<string, () => Promise<TypesInput>> = {
  'an interface and functions': () => inputOf(fixture('hello')),
  'imports of both kinds': () => inputOf(fixture('host')),
  'an exported resource': () => inputOf(fixture('counter')),
  'reserved names': async () => inputOf(await build(EXPORTS['names that JavaScript reserves']!)),
  'exports of every kind': async () => inputOf(await build(EXPORTS['exports of every kind']!)),
  'two versions of an interface': async () => inputOf(await versionsComponent()),
  'an imported resource': async () => inputOf(await assemble(WORLD_RESOURCE)),
  'several imports': async () => inputOf(await assemble(SHAPES['host imports']!.wat)),
  futures: async () => inputOf(await assemble(FUTURES['futures handed out']!.wat)),
}

interface Change {
  line: string
  changed: string
  text: string
}

/** The text with each word of each line changed in each way, one at a time. Comments are left out. */
function* changes(text: string): Generator<Change> {
  const lines = text.split('\n')
  for (const [number, line] of lines.entries()) {
    if (/^\s*(?:\/\*\*|\*|$)/.test(line)) continue
    for (const { 0: word, index } of line.matchAll(/[\w$]+|[^\s\w$]+/g)) {
      for (const other of [`${word}X`, `X${word}`, '', ` ${word}`, `${word}${word}`]) {
        const changed = line.slice(0, index) + other + line.slice(index + word.length)
        yield { line, changed, text: lines.with(number, changed).join('\n') }
      }
    }
  }
}

/** What `generateTypes` makes, as one text, or the code of what it throws. */
function outcome(input: TypesInput): string {
  try {
    return JSON.stringify(Object.entries(generateTypes(input)), undefined, 1).replaceAll('\\n', '\n')
  } catch (error) {
    return (error as { code: string }).code
  }
}

/** Without white space, which says nothing. */
const squeeze = (text: string) => text.replace(/\s+/g, '')

/** Whether the change is all that differs, so that whoever reads the declarations meets it. */
function isCarried(
  { before, after, renamed }: { before: string; after: string; renamed: TypesInput['renamed'] },
  { line, changed }: Change,
): boolean {
  // The lists of what is declared say a name once more.
  const lines = (text: string) =>
    text
      .split('\n')
      .map(squeeze)
      .filter((one) => !one.includes('exporttype{'))
  const [old, now] = [lines(before), lines(after)]
  // We end some lines in another way.
  return [/$^/, /,\s*$/, /\{\s*$/].some((end) => {
    const [from, to] = [line, changed].map((text) =>
      squeeze(JSON.stringify(restoreNames(text.replace(end, ''), renamed)).slice(1, -1)),
    )
    const isSame = (text: string, index: number) =>
      text === old[index] || text === old[index]!.replace(from!, () => to!)
    return to !== '' && now.length === old.length && now.every(isSame)
  })
}

describe.each(Object.entries(COMPONENTS))('declarations of a component with %s', (_, make) => {
  it('are refused where a word of jco is another, or say the same, or show the other word', async () => {
    const input = await make()
    const before = outcome(input)
    expect(before).toContain('export interface $Exports')
    const counts = { refused: 0, same: 0, carried: 0 }
    const silent: Change[] = []
    for (const [file, text] of Object.entries(input.declarations)) {
      for (const change of changes(text)) {
        const after = outcome({ ...input, declarations: { ...input.declarations, [file]: change.text } })
        if (after === 'SEAM_CHANGED') counts.refused++
        else if (squeeze(after) === squeeze(before)) counts.same++
        else if (isCarried({ before, after, renamed: input.renamed }, change)) counts.carried++
        else silent.push(change)
      }
    }
    expect(silent.map(({ line, changed }) => [line, changed])).toEqual([])
    expect(counts.refused).toBeGreaterThan(50)
  })

  it('are refused where a line is missing that declares something', async () => {
    const input = await make()
    const before = outcome(input)
    const lines = input.declarations['component.d.ts']!.split('\n')
    const end = lines.findLastIndex((line) => line === '}')
    for (const [number, line] of lines.entries()) {
      const isMember = number > lines.indexOf('export interface ImportObject {') && /^ {2}[\w'}]/.test(line)
      const isRead = !line.startsWith('import ') || before.includes(`typeof ${line.split(' ')[4]}`)
      if (number > end || !isRead || !(isMember || /^(?:import|export interface|\})/.test(line))) continue
      const text = lines.toSpliced(number, 1).join('\n')
      const after = outcome({ ...input, declarations: { ...input.declarations, 'component.d.ts': text } })
      expect([line, after === before ? 'the same' : after]).toEqual([
        line,
        expect.stringMatching(/^SEAM_CHANGED$|^the same$/),
      ])
    }
  })

  it('are refused where a file is missing', async () => {
    const input = await make()
    const refused = Object.keys(input.declarations).map((file) => {
      const declarations = Object.entries(input.declarations).filter(([other]) => other !== file)
      return outcome({ ...input, declarations: Object.fromEntries(declarations) })
    })
    expect(new Set(refused)).toEqual(new Set(['SEAM_CHANGED']))
  })
})

it.each(['an example: {', '{\n  {\n}', '```\nf() {\n  g()\n}\n```'])(
  'documentation moves nothing: %j',
  async (docs) => {
    const [plain, moved] = [await inputOf(evilDocs('Runs.')), await inputOf(evilDocs(docs))]
    const withoutDocs = (text: string) => text.replace(/^ *\/\*\*\n(?: *\*.*\n)* *\*\/\n/gm, '')
    expect(withoutDocs(outcome(moved))).toBe(withoutDocs(outcome(plain)))
    expect(outcome(moved)).toContain(docs.split('\n')[0]!.replace(/"/g, '\\"'))
  },
)

it('says which file and what is missing', async () => {
  const input = await inputOf(fixture('hello'))
  const declarations = {
    ...input.declarations,
    'component.d.ts': input.declarations['component.d.ts']!.replace('greet(', 'meet('),
  }
  expect(() => generateTypes({ ...input, declarations })).toThrow(
    "jco's code has the declaration of the export greet 0 times where one is expected",
  )
})
