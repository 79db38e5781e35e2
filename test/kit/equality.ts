/** Runs a component with our bindings and with jco's own, and says what each did. */

import path from 'node:path'
import { planImports } from '../../src/bindings/hosts.js'
import type { Transpiled } from '../../src/bindings/jco/transpiled.js'
import { build } from 'esbuild'
import { runModule, SPELL, writeFiles, writeJcos, writeOurs } from './bindings.js'
import { runInBrowser } from './run.js'

/** How to use one component. */
export interface Usage {
  /** Source of a host module by import name. */
  hosts?: Record<string, string>
  /**
   * An imported interface that the component also exports as `test`: its host is a second instance of
   * the same component, and every call is written down and played back to the first one.
   */
  mirror?: string
  /** Source of functions that the mirror has instead, where the importing side expects other answers. */
  overrides?: Record<string, string>
  /** JavaScript array of functions that call the component, the namespace `m`. */
  probes: string
}

/** What a use of a component brought to light. */
export interface Behaviour {
  /** Named exports, or why there are none. */
  names: unknown
  /** What each probe returned or threw, and the calls that the mirror saw. */
  outcomes: unknown[]
  calls: unknown[]
}

/** A component, transpiled by us, and how to use it. */
export interface Component {
  bytes: Uint8Array
  transpiled: Transpiled
  usage: Usage
}

/** Behaviour of a component bound by us and by jco. */
export async function compare(
  folder: string,
  component: Component,
): Promise<{ ours: Behaviour; jcos: Behaviour }> {
  const [ours, jcos] = [path.join(folder, 'ours'), path.join(folder, 'jcos')]
  await writeBoth(folder, component, (side) => mirrorHost(component, `../${side}-second/index.js`))
  const second = { ...component, usage: { ...component.usage } }
  if (component.usage.mirror) await writeBoth(folder, second, () => stubHost(component), '-second')
  const script = probeScript(component.usage.probes)
  return {
    ours: (await runModule(ours, script)) as Behaviour,
    jcos: (await runModule(jcos, script)) as Behaviour,
  }
}

/** As {@link compare}, in Chromium, which has JSPI. Without mirrors. */
export async function compareInBrowser(
  folder: string,
  component: Component,
): Promise<{ ours: Behaviour; jcos: Behaviour }> {
  await writeBoth(folder, component, () => '')
  for (const side of ['ours', 'jcos']) {
    const at = (name: string) => path.join(folder, side, name)
    await build({
      entryPoints: [at('index.js')],
      outfile: at('bundle.js'),
      bundle: true,
      format: 'esm',
      external: ['node:*'],
      logLevel: 'error',
    })
    const report = `const report = (value) => (globalThis.answers = JSON.parse(JSON.stringify(value, spell)))`
    const script = probeScript(component.usage.probes, './bundle.js')
    writeFiles(path.join(folder, side), { 'main.js': [SPELL, report, script].join('\n') })
  }
  const outcomes = await runInBrowser(folder, ['ours/main.js', 'jcos/main.js'])
  const [ours, jcos] = outcomes.map((outcome) => {
    if ('error' in outcome) throw new Error(outcome.error)
    return outcome.answers as Behaviour
  })
  return { ours: ours!, jcos: jcos! }
}

async function writeBoth(
  folder: string,
  { bytes, transpiled, usage }: Component,
  mirrored: (side: string) => string,
  suffix = '',
): Promise<void> {
  for (const side of ['ours', 'jcos']) {
    const target = path.join(folder, side + suffix)
    const sources = { ...usage.hosts, ...(usage.mirror && { [usage.mirror]: mirrored(side) }) }
    const specifiers = Object.fromEntries(
      Object.keys(sources).map((name, index) => [name, `./host${index}.js`]),
    )
    writeFiles(
      target,
      Object.fromEntries(Object.values(sources).map((source, index) => [`host${index}.js`, source])),
    )
    if (side === 'jcos') await writeJcos(target, bytes, specifiers)
    else
      writeOurs(target, {
        bytes,
        transpiled,
        form: 'exports',
        plan: planImports(transpiled.imports, specifiers).hosts,
      })
  }
}

/** Functions and classes that jco's declarations name for the mirrored interface. */
function members({ transpiled, usage }: Component): { kind: string; name: string }[] {
  const file = `interfaces/${usage.mirror!.replace(/@.*/, '').replace(/[:/]/g, '-')}.d.ts`
  const found = transpiled.declarations[file]!.matchAll(/^export (function|class) (\w+)/gm)
  return [...found].map(([, kind, name]) => ({ kind: kind!, name: name! }))
}

function mirrorHost(component: Component, second: string): string {
  const { overrides = {} } = component.usage
  const lines = members(component).map(({ kind, name }) =>
    kind === 'class'
      ? `export const ${name} = test.${name}`
      : `export const ${name} = (...args) => { calls.push([${JSON.stringify(name)}, args]); return (${overrides[name] ?? `test.${name}`})(...args) }`,
  )
  return [
    `import { test } from ${JSON.stringify(second)}`,
    'const calls = (globalThis.calls ??= [])',
    ...lines,
  ].join('\n')
}

function stubHost(component: Component): string {
  return members(component)
    .map(({ kind, name }) =>
      kind === 'class'
        ? `export class ${name} {}`
        : `export const ${name} = () => { throw new Error('stub') }`,
    )
    .join('\n')
}

// Every probe has an instance of its own, since a trap is the end of one. A component that ends the process is held back.
const probeScript = (probes: string, entry = './index.js') => `
  const calls = (globalThis.calls ??= [])
  const { process = {} } = globalThis
  const exit = process.exit
  process.exit = (code) => { throw new Error('exit ' + code) }
  let instances = 0
  const load = () => import('${entry}?' + instances++)
  const use = (probe) => outcome(async () => probe(await load()))
  const names = await outcome(async () => Object.keys(await load()).filter((name) => name !== 'default' && name !== '_util').sort())
  const outcomes = []
  for (const probe of ${probes}) outcomes.push(await use(probe))
  const seen = calls.slice()
  for (const [name, args] of seen) outcomes.push(await use((m) => m.test[name](...args)))
  report({ names, outcomes, calls: seen })
  process.stdout?.write('', () => exit())
`
